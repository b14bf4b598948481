"""The GPU backend from files to results, on a simulated GPU (fake_cupy.py), against the CPU."""

import sys

import gpuclf
import numpy as np
import pytest
from gpuclf import Experiment
from gpuclf.backend import resolve
from gpuclf.cli import main
from gpuclf.errors import BackendError

import device_costs
from conftest import grid_frames
from fake_cuml import install_cuml
from fence import FenceArray

QUICK = {"split": "stratified-kfold", "folds": 3, "repeats": 1}


@pytest.fixture
def file(tmp_path):
    """A file of three classes of six clips, of which some are misclassified."""
    path = tmp_path / "features.hdf5"
    gpuclf.write_grid(path, {"Z": grid_frames(spread=2.0)}, ["a", "b", "c"])
    return str(path)


def both(compute):
    """Return the results of a function of the backend's name on the GPU and on the CPU."""
    return compute("gpu"), compute("cpu")


SETTINGS = {
    "linear": {},
    "linear, protocol of the thesis": {"protocol": "thesis"},
    "RBF": {"kernel": "rbf", "C": 10.0},
    "RBF, protocol of the thesis": {"kernel": "rbf", "protocol": "thesis"},
    "nu": {"svm_type": "nu", "nu": 0.3},
    "nu, RBF, standardised": {"svm_type": "nu", "nu": 0.3, "kernel": "rbf", "scale": "std"},
    "single vectors": {"majority_voting": False},
    "statistics of windows": {"statistics": ("mean", "std", "max"), "scale": "std"},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_evaluation_equals_that_of_the_cpu(simulated_cupy, file, setting):
    experiment = Experiment(file=file, n_vectors=2, **QUICK, **SETTINGS[setting])
    got, expected = both(lambda name: gpuclf.evaluate(experiment, backend=name))
    assert (got.backend, got.solver) == ("gpu", "shared")
    np.testing.assert_array_equal(got.vector_scores, expected.vector_scores)
    np.testing.assert_array_equal(got.scores, expected.scores)
    np.testing.assert_array_equal(got.confusion, expected.confusion)


@pytest.mark.parametrize("setting", [{}, {"kernel": "rbf"}, {"svm_type": "linear"}], ids=str)
def test_evaluation_with_cuml_equals_that_of_the_cpu(simulated_cupy, monkeypatch, file, setting):
    install_cuml(monkeypatch, simulated_cupy)
    experiment = Experiment(file=file, n_vectors=2, solver="library", **QUICK, **setting)
    got, expected = both(lambda name: gpuclf.evaluate(experiment, backend=name))
    assert got.solver == "library"
    np.testing.assert_array_equal(got.scores, expected.scores)


def test_cuml_leaves_cupy_its_memory_pool(simulated_cupy, monkeypatch):
    install_cuml(monkeypatch, simulated_cupy)
    resolve("gpu").require_library()
    assert "cuml.svm" in sys.modules
    assert simulated_cupy.cuda.get_allocator() == simulated_cupy.get_default_memory_pool().malloc


def test_without_cuml_only_its_own_svms_are_refused(simulated_cupy, file):
    experiment = Experiment(file=file, n_vectors=2, svm_type="linear", **QUICK)
    with pytest.raises(BackendError, match="cuML is not installed"):
        gpuclf.evaluate(experiment, backend="gpu")


def test_cuml_that_cannot_be_imported_is_reported_in_one_line(simulated_cupy, monkeypatch, file):
    install_cuml(monkeypatch, simulated_cupy, error=OSError("libcuml.so: no such file\nand more"))
    experiment = Experiment(file=file, n_vectors=2, svm_type="linear", **QUICK)
    with pytest.raises(BackendError, match=r"cannot be imported \(libcuml.so: no such file\)"):
        gpuclf.evaluate(experiment, backend="gpu")
    shared = Experiment(file=file, n_vectors=2, **QUICK)
    assert gpuclf.evaluate(shared, backend="gpu").solver == "shared"


def test_predictions_of_a_trained_model_equal_those_of_the_cpu(simulated_cupy, file):
    experiment = Experiment(file=file, n_vectors=2, kernel="rbf", C=10.0)

    def predictions(name):
        model = gpuclf.train(experiment, backend=name)
        return gpuclf.predict(model, file)

    got, expected = both(predictions)
    np.testing.assert_array_equal(got.votes, expected.votes)
    np.testing.assert_array_equal(got.predicted, expected.predicted)


def test_values_of_a_sweep_are_solved_together_as_on_the_cpu(simulated_cupy, file):
    experiment = Experiment(file=file, n_vectors=2, **QUICK)
    got, expected = both(lambda name: gpuclf.sweep(experiment, "C", [0.1, 1.0], backend=name))
    for ours, theirs in zip(got.results, expected.results, strict=True):
        np.testing.assert_array_equal(ours.scores, theirs.scores)


def test_nested_search_chooses_as_on_the_cpu(simulated_cupy, file):
    experiment = Experiment(file=file, n_vectors=2, kernel="rbf", **{**QUICK, "folds": 2})
    space = {"C": [0.01, 1.0], "gamma": [0.01, 0.1]}
    got, expected = both(lambda name: gpuclf.search(experiment, space, backend=name))
    np.testing.assert_array_equal(got.scores, expected.scores)


def test_command_runs_on_the_gpu_and_names_it(simulated_cupy, file, capsys):
    with pytest.raises(SystemExit) as end:
        main(["evaluate", file, "--backend", "gpu", "--folds", "3", "--repeats", "1"])
    assert end.value.code == 0
    assert "a simulated GPU" in capsys.readouterr().out


def test_number_of_a_missing_gpu_is_one_line(simulated_cupy, file, capsys, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with pytest.raises(SystemExit) as end:
        main(["evaluate", file, "--device", "7"])
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        "gpuclf: error: device: got 7, expected 0 (1 GPU visible, CUDA_VISIBLE_DEVICES=3)\n"
    )


def test_frames_pass_through_buffers_smaller_than_the_file(simulated_cupy, tmp_path):
    gpuclf.write_grid(tmp_path / "f", {"Z": grid_frames(n_clips=30)}, list("abc"), filters={})
    with gpuclf.open_features(tmp_path / "f") as store:
        got, expected = (
            gpuclf.aggregate(store["Z"], n_vectors=2, backend=name, memory=1_100_000).X
            for name in ("gpu", "cpu")
        )
    assert isinstance(got, FenceArray)
    np.testing.assert_array_equal(got.get(), expected)


def test_device_memory_is_freed(simulated_cupy, file):
    experiment = Experiment(file=file, n_vectors=2, **QUICK)
    gpuclf.evaluate(experiment, backend="gpu")
    before = device_costs.MEMORY.used
    gpuclf.evaluate(experiment, backend="gpu")
    assert device_costs.MEMORY.used == before


def test_matrix_that_exceeds_the_memory_of_the_device_is_refused(simulated_cupy, monkeypatch, file):
    monkeypatch.setattr(device_costs, "MEMORY", device_costs.Memory(20_000))
    experiment = Experiment(file=file, n_vectors=2, solver="shared", **QUICK)
    with pytest.raises(gpuclf.errors.InputError, match="free memory"):
        gpuclf.evaluate(experiment, backend="gpu")


def test_exhausted_memory_halves_the_kernels_and_then_ends_with_one_line(
    simulated_cupy, monkeypatch, file
):
    monkeypatch.setattr("gpuclf.backend.gpu_memory.MAX_KERNELS", 4)
    experiment = Experiment(file=file, n_vectors=2, **{**QUICK, "folds": 6})
    kernel, reported = 4 * 72**2, 2**27  # bytes

    def evaluate(available):
        memory = device_costs.Memory(reported, fragmented=reported - available)
        monkeypatch.setattr(device_costs, "MEMORY", memory)
        return gpuclf.evaluate(experiment, backend="gpu").scores, memory.most_used

    scores, needed = evaluate(reported)
    with_less, used = evaluate(needed - kernel)
    np.testing.assert_array_equal(with_less, scores)
    assert used <= needed - kernel
    with pytest.raises(BackendError, match="out of memory for the SVMs of 72 vectors") as caught:
        for available in range(used - kernel, used - 5 * kernel, -kernel):
            np.testing.assert_array_equal(evaluate(available)[0], scores)
    assert "\n" not in str(caught.value)
