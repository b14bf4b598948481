"""The command search: output, files and errors."""

import json
import os
import shlex

import numpy as np
import pytest
from gpuclf import load_model, write_clips, write_grid

from conftest import grid_frames

QUICK = ("--folds", "3", "--repeats", "1", "--split", "stratified-kfold", "--inner", "2")
QUICK = (*QUICK, "--backend", "cpu")


def test_help_explains_the_syntax_of_grids(run):
    status, out, _ = run("search", "--help")
    assert status == 0
    for part in ("--grid", "NAME=VALUES", "C=0.01..100", "statistics=sum,mean+std", "--method"):
        assert part in out
    assert "optimistically" in out and "--permutations" not in out


def test_the_first_example_of_the_help_works(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_grid("features.hdf5", {"Z": grid_frames(n_clips=6, n=2)}, ["blues", "jazz", "rock"])
    _, out, _ = run("search", "--help")
    example = out.split("Examples:")[1].strip().splitlines()[0].split()[1:]
    status, out, _ = run(*example, *QUICK)
    assert status == 0 and "n_vectors" in out and "nested search" in out


def test_search_prints_settings_and_nested_accuracy_and_writes_json(run, grid_file, tmp_path):
    out_path = tmp_path / "s.json"
    grid = ("--grid", "C=0.001,1", "--grid", "scale=std,none")
    status, out, err = run("search", grid_file, *grid, *QUICK, "--json", out_path)
    assert status == 0 and "fold 44 of 44" in err
    for part in ("Settings, sorted by mean accuracy", "nested search", "flat search", "Nested"):
        assert part in out
    assert "(selected on the test clips)" in out and "optimism" in out
    written = json.loads(out_path.read_text())
    search = written["search"]
    assert [one["parameters"] for one in search["settings"]] == [
        {"C": C, "scale": scale} for C in (0.001, 1.0) for scale in ("std", "none")
    ]
    assert np.shape(written["scores"]) == (1, 3) and np.shape(search["chosen"]) == (1, 3)
    assert written["accuracy"] == search["nested_accuracy"] == np.mean(written["scores"])
    for fold, chosen in enumerate(search["chosen"][0]):
        assert written["scores"][0][fold] == search["settings"][chosen]["scores"][0][fold]
    assert search["optimism"]["difference"] == pytest.approx(
        search["flat_accuracy"] - search["nested_accuracy"]
    )
    assert written["experiment"]["folds"] == 3 and written["environment"]["command"]
    assert sorted(os.listdir(tmp_path)) == sorted([grid_file.name, "s.json"])


def test_the_printed_command_trains_the_best_setting(run, grid_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = ("--grid", "statistics=mean+std", "--grid", "rectify=false", "--grid", "C=3")
    _, out, _ = run("search", grid_file, *grid, "--kernel", "rbf", *QUICK)
    command = out.split("Next: gpuclf ")[1]
    status, _, _ = run(*shlex.split(command), "--backend", "cpu")
    assert status == 0
    model = load_model(tmp_path / "model.npz", "cpu")
    assert model.experiment["statistics"] == ["mean", "std"] and not model.experiment["rectify"]
    assert (model.classifier.kernel, model.classifier.C) == ("rbf", 3)


def test_a_flat_search_reports_the_flat_accuracy_with_a_warning(run, grid_file, tmp_path):
    out_path = tmp_path / "s.json"
    arguments = ("search", grid_file, "--grid", "C=0.001,1", *QUICK, "--json", out_path)
    status, out, err = run(*arguments, "--flat")
    assert status == 0 and "Flat search: setting with the highest accuracy" in out
    assert (
        "gpuclf: warning: " in err
        and "the best of 2 settings was selected on the test clips" in err
    )
    written = json.loads(out_path.read_text())
    assert written["accuracy"] == written["search"]["flat_accuracy"]
    _, out, err = run(*arguments)
    assert "Flat" not in out and "warning" not in err


@pytest.mark.parametrize("method", ["random", "guided"])
def test_random_and_guided_searches_sample_ranges(run, grid_file, tmp_path, method):
    outputs = []
    for name in ("a.json", "b.json"):
        arguments = ("--grid", "C=0.01..100", "--grid", "n-vectors=1..3", "--method", method)
        more = ("--trials", "3", *QUICK, "--json", tmp_path / name)
        status, out, _ = run("search", grid_file, *arguments, *more)
        assert status == 0 and "nested search" in out
        outputs.append(json.loads((tmp_path / name).read_text())["search"])
    assert outputs[0] == outputs[1] and outputs[0]["method"] == method
    for one in outputs[0]["settings"]:
        assert 0.01 <= one["parameters"]["C"] <= 100
        assert one["parameters"]["n_vectors"] in (1, 2, 3)
    assert (outputs[0]["flat_accuracy"] is None) == (method == "guided")


def test_the_best_setting_in_the_result_can_be_trained(run, grid_file, tmp_path):
    out_path = tmp_path / "s.json"
    grid = ("--grid", "C=0.1,10", "--grid", "statistics=sum,mean+std")
    assert run("search", grid_file, *grid, *QUICK, "--json", out_path)[0] == 0
    best = json.loads(out_path.read_text())["search"]["best"]
    options = ("--C", best["C"], "--statistics", ",".join(best["statistics"]))
    assert run("train", grid_file, "--model", tmp_path / "m.npz", *options)[0] == 0


INVALID = {
    ("--grid", "C"): "grid: got 'C', expected NAME=VALUES, as in C=0.1,1,10",
    ("--grid", "C=1,much"): "C: got 'much', expected a number",
    ("--grid", "C=1,-1"): "C: got -1.0, expected a number above 0",
    ("--grid", "tempo=1"): "grid: got 'tempo', expected one of dataset, n_frames",
    ("--grid", "n-vector=1,2"): "grid: got 'n_vector', expected n_vectors",
    ("--grid", "kernl=rbf"): "grid: got 'kernl', expected kernel",
    ("--grid", "solver=auto,library"): "grid: got 'solver', expected",
    ("--grid", "C=1", "--grid", "C=2"): "grid: got C twice, expected each name once",
    ("--grid", "C=0.1..10"): "grid, C: got the range 0.1..10, expected values, as in 1,10,100",
    ("--grid", "C=10..0.1", "--method", "random"): "range: got 10..0.1, expected LOW..HIGH",
    ("--grid", "C=0..1", "--method", "random"): "C: got 0.0, expected a number above 0",
    ("--grid", "kernel=linear..rbf", "--method", "random"): "expected comma-separated values",
    ("--grid", "C=1,2", "--flat", "--method", "guided"): "flat: got a guided search, expected grid",
    ("--grid", "C=1,2", "--method", "grit"): "Invalid value for '--method'",
    ("--grid", "C=1,2", "--trials", "0"): "Invalid value for '--trials'",
    ("--grid", "C=1,2", "--inner", "1"): "Invalid value for '--inner'",
    (): "Missing option '--grid'",
    ("--grid", "dataset=Z,Y"): "got 'Y', expected one of 'Z'",
    (
        "--grid",
        "C=1,2",
        "--inner",
        "5",
    ): "inner folds: got 5, expected at most 4: class 'blues' has 4 clips",
    ("--grid", "n_vectors=2,41"): "n_vectors: got 41, expected 1 to 40",
    ("--grid", "C=1,2", "--restart"): "restart: got no output file, expected",
}


@pytest.mark.parametrize("arguments", INVALID, ids=" ".join)
def test_invalid_input_is_one_line_and_writes_no_file(refused, grid_file, tmp_path, arguments):
    json_too = () if "--restart" in arguments else ("--json", tmp_path / "s.json")
    err = refused("search", grid_file, *QUICK, *json_too, *arguments)
    assert INVALID[arguments] in err
    assert os.listdir(tmp_path) == [grid_file.name]


def test_a_nu_that_is_infeasible_in_an_inner_fold_is_an_error(run, refused, tmp_path):
    frames = [np.abs(clip) for clip in grid_frames().reshape(18, 40, 8)[:15]]
    write_clips(tmp_path / "f", {"Z": frames}, ["few", "many"], [0] * 6 + [1] * 9)
    command = (tmp_path / "f", "--split", "stratified-kfold", "--folds", "3", "--repeats", "1")
    assert run("evaluate", *command, "--svm-type", "nu", "--nu", "0.8")[0] == 0
    grid = ("--grid", "svm_type=C,nu", "--grid", "nu=0.3,0.8", "--inner", "3")
    assert "nu: got 0.8, expected at most 0." in refused("search", *command, *grid)


def test_a_class_missing_in_training_is_a_warning(run, tmp_path):
    frames = [np.abs(clip) for clip in grid_frames().reshape(18, 40, 8)]
    folds = [0] * 6 + [0, 1, 2] * 4
    write_clips(tmp_path / "f", {"Z": frames}, list("abc"), np.repeat([0, 1, 2], 6), folds=folds)
    more = ("--split", "predefined", "--backend", "cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.filters", [])
        status, out, err = run("search", tmp_path / "f", "--grid", "C=1,2", *more)
    assert status == 0 and "nested search" in out
    assert "gpuclf: warning: fold 1 of repeat 1 has no clip of class 'a' to train on" in err
