"""The commands compare, sweep and audit: output, files and errors."""

import csv
import json
import os
import subprocess
import sys

import gpuclf
import numpy as np
import pytest

from conftest import grid_frames

QUICK = ("--folds", "3", "--repeats", "2", "--split", "stratified-kfold", "--backend", "cpu")


@pytest.fixture
def two_sets(tmp_path):
    """A file with a feature set, and a less informative one as its baseline."""
    frames = grid_frames(n_clips=8)
    path = tmp_path / "two.hdf5"
    gpuclf.write_grid(path, {"Z": frames, "Xs": frames[..., :2]}, ["blues", "jazz", "rock"])
    return path


def test_compare_prints_and_writes_the_difference_of_two_results(run, two_sets, tmp_path):
    for name, kernel in (("a.json", "linear"), ("b.json", "rbf")):
        more = ("--kernel", kernel, "--json", tmp_path / name)
        assert run("evaluate", two_sets, *QUICK, *more)[0] == 0
    paths = tmp_path / "a.json", tmp_path / "b.json"
    status, out, _ = run("compare", *paths, "--json", tmp_path / "c.json")
    assert status == 0 and "A - B" in out and "linear" in out and "over 6 folds" in out
    written = json.loads((tmp_path / "c.json").read_text())
    first, second = (json.loads(path.read_text())["accuracy"] for path in paths)
    assert written["means"] == [first, second]
    assert written["difference"] == pytest.approx(first - second)
    status, out, _ = run("compare", *paths, "--metric", "macro_f1")
    assert status == 0 and "macro f1" in out


def test_a_search_can_be_compared_with_a_single_setting(run, two_sets, tmp_path):
    one, other = tmp_path / "a.json", tmp_path / "b.json"
    assert run("evaluate", two_sets, *QUICK, "--json", one)[0] == 0
    grid = ("--grid", "C=0.01,1", "--inner", "2")
    assert run("search", two_sets, *grid, *QUICK, "--json", other)[0] == 0
    assert run("compare", one, other)[0] == 0


def test_compare_rejects_results_of_other_splits_files_and_formats(
    run, refused, two_sets, grid_file, tmp_path
):
    paths = [tmp_path / f"{name}.json" for name in "abc"]
    assert run("evaluate", two_sets, *QUICK, "--json", paths[0])[0] == 0
    assert run("evaluate", two_sets, *QUICK, "--seed", "1", "--json", paths[1])[0] == 0
    assert run("evaluate", grid_file, *QUICK, "--json", paths[2])[0] == 0
    assert "splits: got seed 1, expected seed 0" in refused("compare", *paths[:2])
    assert "got a result for" in refused("compare", paths[0], paths[2])
    assert "got a file that is not JSON" in refused("compare", paths[0], two_sets)
    assert "no such file" in refused("compare", paths[0], tmp_path / "none.json")
    message = "metric: got 'macrof1', expected macro_f1"
    assert message in refused("compare", paths[0], paths[0], "--metric", "macrof1")
    message = "got the path of an input"
    assert message in refused("compare", paths[0], paths[0], "--json", paths[0])


def test_a_sweep_writes_json_csv_and_a_figure(run, two_sets, tmp_path):
    outputs = [tmp_path / f"sweep.{kind}" for kind in ("json", "csv", "svg")]
    arguments = ("--param", "n-vectors", "--values", "1,2", "--baseline", "Xs")
    more = [f for kind, path in zip(("json", "csv", "figure"), outputs, strict=True)
            for f in (f"--{kind}", path)]  # fmt: skip
    status, out, _ = run("sweep", two_sets, *arguments, *QUICK, *more)
    assert status == 0 and "gain" in out and "chance level" in out
    written = json.loads(outputs[0].read_text())
    assert written["values"] == [1, 2] and np.shape(written["scores"]) == (2, 2, 3)
    assert written["baselines"]["chance"] == pytest.approx(1 / 3)
    with outputs[1].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["accuracy"]) for row in rows] == [row["accuracy"] for row in written["rows"]]
    assert "<svg" in outputs[2].read_text()
    assert sorted(os.listdir(tmp_path)) == sorted([two_sets.name, *(p.name for p in outputs)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--param", "Cs", "--values", "1"), "grid: got 'Cs', expected C"),
        (("--param", "C", "--values", "one"), "C: got 'one', expected a number"),
        (("--param", "C", "--values", "1..2"), "C: got the range 1..2, expected"),
        (("--param", "C", "--values", "1", "--baseline", "Y"), "got 'Y', expected one of"),
        (
            ("--param", "C", "--values", "1", "--baseline", "Z"),
            "baseline: got 'Z', the dataset itself",
        ),
        (("--param", "C", "--values", "1", "--figure", "a.gif"), "expected one of .svg, .pdf"),
        (("--param", "C", "--values", "1", "--csv", "no/a.csv"), "a folder that does not exist"),
        (("--values", "1"), "Missing option '--param'"),
    ],
)
def test_sweep_rejects_invalid_input(refused, two_sets, tmp_path, arguments, message):
    assert message in refused("sweep", two_sets, *arguments, *QUICK)
    assert os.listdir(tmp_path) == [two_sets.name]


def test_audit_prints_a_table_and_writes_json(run, refused, two_sets, tmp_path):
    table, out_path = tmp_path / "t.csv", tmp_path / "a.json"
    rows = [f"{label},{n},{label}{n // 2}" for label in ("blues", "jazz", "rock") for n in range(8)]
    table.write_text("\n".join(["label,clip,artist", *rows]))
    arguments = ("--groups", f"{table}:artist", "--grid", "C=0.1,1", "--inner", "2")
    status, out, err = run("audit", two_sets, *arguments, *QUICK, "--json", out_path)
    assert status == 0 and "fold 64 of 64" in err
    for leak in ("scaling over all clips", "a clip's vectors", "splitting groups", "selection on"):
        assert leak in out
    written = json.loads(out_path.read_text())
    assert len(written["leaks"]) == 4 and written["leaks"][2]["clusters"] == 12
    assert "an audit compares with an evaluation without leaks" in refused(
        "audit", two_sets, *QUICK, "--protocol", "thesis"
    )


def test_permutations_in_a_config_are_used_by_evaluate_and_ignored_by_others(
    run, two_sets, tmp_path, monkeypatch
):
    monkeypatch.setattr("warnings.filters", [])
    config = tmp_path / "e.toml"
    config.write_text("permutations = 3\n")
    status, out, _ = run("evaluate", two_sets, *QUICK, "--config", config)
    assert status == 0 and "3 permutations" in out
    command = ("sweep", two_sets, *QUICK, "--param", "C", "--values", "1", "--config", config)
    status, _, err = run(*command)
    assert status == 0 and "gpuclf: warning: permutations: not used by sweep, ignored" in err


def test_compare_imports_no_library_for_fitting_or_searching(run, two_sets, tmp_path):
    path = str(tmp_path / "a.json")
    assert run("evaluate", two_sets, *QUICK, "--json", path)[0] == 0
    code = (
        "import sys\n"
        "from gpuclf.cli import main\n"
        f"try: main(['compare', {path!r}, {path!r}])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('numba', 'sklearn', 'scipy.stats', 'optuna') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "accuracy" in done.stdout and done.stdout.splitlines()[-1] == "[]"
