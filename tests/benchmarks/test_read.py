"""Benchmark of reading: results, comparison of the feature vectors and parameters."""

import gpuclf
import measure_read as read
import numpy as np
import pytest
from gpuclf.backend import cpu
from gpuclf.config.experiment import Experiment
from gpuclf.errors import GpuclfError


def bench(grid_file, **options):
    experiment = Experiment(file=str(grid_file), n_vectors=3, statistics=("sum", "std"), **options)
    with gpuclf.open_features(grid_file) as store:
        return read.bench_read(store["Z"], experiment, backend=cpu("a test"), rounds=2)


def test_bench_read_times_all_methods_and_measures_memory(grid_file):
    measured = bench(grid_file)
    assert list(measured.rounds.seconds) == [*read.REFERENCE, *read.OURS]
    assert measured.nbytes == 18 * 40 * 8 * 4
    assert measured.difference == 0
    assert 2**20 < measured.peaks["python"] < measured.peaks["aggregate"] < 2**30
    written = measured.to_dict()
    assert set(written["ratios"]["gpuclf read"]) == set(read.REFERENCE)
    rate = written["MB_per_second"]["h5py read"]
    assert rate == pytest.approx(measured.nbytes / 1e6 / np.median(written["seconds"]["h5py read"]))


def test_different_feature_vectors_raise(grid_file, monkeypatch):
    correct = read.aggregate

    def wrong(*args, **options):
        vectors = correct(*args, **options)
        vectors.X[3, 2, 1] *= 1.01
        return vectors

    monkeypatch.setattr(read, "aggregate", wrong)
    with pytest.raises(GpuclfError, match="feature vectors of gpuclf and NumPy: got a difference"):
        bench(grid_file)


def test_aggregate_once_uses_the_parameters_of_the_experiment(grid_file, monkeypatch):
    seen = []
    monkeypatch.setattr(read, "aggregate", lambda *args, **options: seen.append((args, options)))
    experiment = Experiment(file=str(grid_file), n_clips=2, n_vectors=3, rectify=False)
    read.aggregate_once(experiment.to_dict(), "cpu", 2**24)
    ((features,), options) = seen[0]
    assert len(features) == 6 and options["n_vectors"] == 3
    assert not options["rectify"] and options["memory"] == 2**24
