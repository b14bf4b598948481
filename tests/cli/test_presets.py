"""``--preset``, and the preset that a file names."""

import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from gpuclf import write_clips

from conftest import grid_frames


def test_the_defaults_are_those_of_the_preset_in_the_file(run, grid_file, tmp_path):
    out = tmp_path / "r.json"
    with h5py.File(grid_file, "a") as file:
        file.attrs["gpuclf_preset"] = "recordings"
    quick = ("--folds", "2", "--repeats", "1", "--json", out, "--backend", "cpu")
    toml = tmp_path / "e.toml"
    toml.write_text('scale = "minmax"\n')

    def experiment(*options):
        status, shown, _ = run("evaluate", grid_file, *quick, *options)
        assert status == 0
        assert ("preset recordings" in shown) == ("thesis" not in options)
        return json.loads(out.read_text())["experiment"]

    assert experiment()["kernel"] == "rbf" and experiment()["statistics"] == ["mean", "std", "max"]
    assert experiment("--config", toml, "--kernel", "linear")["scale"] == "minmax"
    assert experiment("--preset", "thesis")["statistics"] == ["sum"]


def test_every_place_states_the_folds_of_the_file(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frames = list(grid_frames(n_clips=6).reshape(18, 40, 8))
    y, groups = np.repeat([0, 1, 2], 6), np.arange(18) // 2
    recordings = {"gpuclf_preset": "recordings"}
    write_clips("f", {"Z": frames}, list("abc"), y, groups=groups, attributes=recordings)
    text = "3 stratified folds, groups kept together"
    assert re.search(rf"default split +5 x {text}", run("info", "f")[1])
    status, out, err = run("evaluate", "f", "--json", "r", "--report", "r.html", "--backend", "cpu")
    assert status == 0 and re.search(rf"split +5 x {text}", out)
    assert f"split: 5 x {text}" in err
    result = json.loads(Path("r").read_text())
    assert result["split"] == f"5 x {text}" and np.shape(result["scores"]) == (5, 3)
    experiment = result["experiment"]
    assert [experiment[name] for name in ("split", "folds", "repeats")] == [
        *("stratified-kfold", 3, 5)
    ]
    assert f"stratified-kfold (5 x {text})" in Path("r.html").read_text()


@pytest.mark.parametrize("folds", [3, 2])
def test_predefined_folds_are_the_default_of_every_command(run, refused, tmp_path, folds):
    frames = list(grid_frames(n_clips=6).reshape(18, 40, 8))
    file, y, given = tmp_path / "f", np.repeat([0, 1, 2], 6), np.arange(18) % folds
    recordings = {"gpuclf_preset": "recordings"}
    write_clips(file, {"Z": frames}, list("abc"), y, folds=given, attributes=recordings)
    for command in (
        ("evaluate", "--permutations", "2"),
        ("search", "--grid", "C=1,10"),
        ("sweep", "--param", "C", "--values", "1,10"),
        ("audit", "--grid", "C=1,10"),
    ):
        status, out, _ = run(command[0], file, *command[1:], "--backend", "cpu")
        assert status == 0 and f"{folds} predefined folds" in out
        way_out = "expected no --folds, or --split stratified-kfold --folds 5; see: gpuclf"
        assert way_out in refused(command[0], file, *command[1:], "--folds", "5")
    inner = ("search", file, "--grid", "C=1,10", "--backend", "cpu", "--inner", "2")
    if folds > 2:
        assert "inner: got 2 with predefined folds, expected no --inner" in refused(*inner)
    else:
        assert run(*inner)[0] == 0
