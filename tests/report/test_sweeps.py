"""The tables of sweeps, audits and comparisons."""

import json
from dataclasses import replace

import gpuclf
import pytest
from gpuclf.experiment import Experiment
from gpuclf.grid import parse_axis, parse_space
from gpuclf.report.audits import audit_tables
from gpuclf.report.comparisons import comparison_tables
from gpuclf.report.record import record
from gpuclf.report.sweeps import sweep_tables

from conftest import grid_frames
from shown import shown


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "f.hdf5"
    frames = grid_frames()
    gpuclf.write_grid(path, {"Z": frames, "Xs": frames[..., :2]}, ["a", "b", "c"])
    return Experiment(file=str(path), split="stratified-kfold", folds=3, repeats=2)


def test_a_sweep_has_a_row_a_value_with_its_gain(experiment):
    swept = gpuclf.sweep(experiment, "C", parse_axis("C", "0.01,1"), baseline="Xs", backend="cpu")
    text = shown(sweep_tables(swept))
    rows = [line.split() for line in text.splitlines() if line.split()[:1] in (["0.01"], ["1"])]
    accuracy = f"{100 * swept.results[1].accuracy:.1f}"
    assert rows[1][:3] == ["1", accuracy, "%"] and len(rows) == 2
    for part in ("Xs", "gain", "2 x 3 folds", "chance", "majority class", "optimistic"):
        assert part in text
    plain = shown(sweep_tables(replace(swept, baseline=None, baselines=[])))
    assert "gain" not in plain


def test_an_audit_has_a_row_a_leak_and_says_what_is_missing(experiment):
    found = gpuclf.audit(experiment, parse_space(["C=1,10"]), inner=2, backend="cpu")
    text = shown(audit_tables(found))
    for part in (
        "scaling over all clips",
        "splitting a clip's vectors",
        "choosing on the test clips",
        "no groups are given",
        "among 2 settings",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_comparison_shows_what_differs_and_by_how_much(experiment, tmp_path):
    for name, kernel in (("a", "linear"), ("b", "rbf")):
        result = gpuclf.evaluate(replace(experiment, kernel=kernel, C=0.001), backend="cpu")
        content = record(experiment, gpuclf.resolve("cpu"), result.to_dict())
        content["experiment"]["kernel"] = kernel
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    paths = tmp_path / "a.json", tmp_path / "b.json"
    compared = gpuclf.compare(*paths)
    text = shown(comparison_tables(compared), width=200)
    assert "a.json" in text and "linear" in text and "rbf" in text
    assert f"A less B  {100 * compared.comparison.difference:+.1f} points" in text
    auc = shown(comparison_tables(gpuclf.compare(*paths, "auc_votes")), width=200)
    row = next(line.split() for line in auc.splitlines() if "auc votes" in line)
    assert row[:2] == ["auc", "votes"] and 0 <= float(row[2]) <= 1 and "points" not in auc
    same = shown(comparison_tables(gpuclf.compare(paths[0], paths[0])), width=200)
    assert "+0.0 points" in same and "p         1 " in same
