"""Several results are sorted, tested against the best, or listed apart with the reason."""

import json

import gpuclf
import numpy as np
import pytest
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError, ResultFileError
from gpuclf.metrics.multiple_tests import holm
from gpuclf.report.provenance import record
from gpuclf.workflows.leaderboard import OTHERS, Leaderboard

from conftest import grid_frames
from shown import entry

CPU = gpuclf.resolve("cpu")
QUICK = {"split": "stratified-kfold", "folds": 3, "repeats": 2}


@pytest.fixture
def file(tmp_path):
    """Feature file whose classes overlap."""
    path = tmp_path / "hard.hdf5"
    gpuclf.write_grid(path, {"Z": grid_frames(n_clips=12, spread=2.0)}, ["blues", "jazz", "rock"])
    return path


@pytest.fixture
def write(tmp_path, file):
    """Return a function that evaluates and writes a result file, as ``--json`` does."""

    def write(name, source=file, **options):
        experiment = Experiment(file=str(source), **{**QUICK, **options})
        result = gpuclf.evaluate(experiment, backend="cpu")
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(record(experiment, CPU, result.to_dict())))
        return path

    return write


@pytest.fixture
def three(write):
    return [write(f"C{C}", C=C) for C in (1e-4, 10, 1e-2)]


def scores_of(path):
    return json.loads(path.read_text())["accuracy"]


def names(entries):
    return [one.name for one in entries]


def test_results_are_sorted_from_the_best_to_the_worst(three):
    board = gpuclf.leaderboard(three)
    values = [one.value for one in board.ranked]
    assert values == sorted(map(scores_of, three), reverse=True) and not board.apart
    assert board.best.name == max(three, key=scores_of).stem
    assert board.metric == "accuracy" and board.curves == {}


def test_errors_are_sorted_from_the_smallest(three):
    values = [one.value for one in gpuclf.leaderboard(three, "brier").ranked]
    assert values == sorted(values) and values[0] < values[-1]


def test_each_result_is_compared_with_the_best_and_adjusted_by_holm(three):
    board = gpuclf.leaderboard(three)
    best, *others = board.ranked
    tests = [gpuclf.compare(one.result.path, best.result.path).comparison for one in others]
    assert [one.test for one in others] == tests
    np.testing.assert_array_equal([one.p for one in others], holm([test.p for test in tests]))
    assert np.isnan(best.p) and all(one.test.difference <= 0 for one in others)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"n_clips": 6}, "other clips: 18 instead of 36"),
        ({"n_classes": 2}, "other classes"),
        ({"seed": 1}, "other folds: seed 1 instead of seed 0"),
        ({"folds": 2}, "other folds: folds 2 instead of folds 3"),
        ({"majority_voting": False}, "scores of vectors instead of clips"),
    ],
)
def test_results_that_are_not_comparable_are_listed_apart_with_the_reason(
    write, three, options, reason
):
    board = gpuclf.leaderboard([write("other", **options), *three])
    [other] = board.apart
    assert (other.name, other.reason) == ("other", reason)
    assert np.isnan([other.p, other.test.p]).all() and len(board.ranked) == 3


def test_results_over_the_same_folds_of_another_feature_file_are_ranked_with_a_caution(
    write, tmp_path
):
    path = tmp_path / "embeddings.hdf5"
    gpuclf.write_grid(path, {"E": grid_frames(n_clips=12, n=3)}, ["blues", "jazz", "rock"])
    board = gpuclf.leaderboard([write("mel"), write("embeddings", path)])
    assert len(board.ranked) == 2
    [caution] = board.cautions
    assert "from 2 feature files" in caution


def test_optimistic_results_are_named(write, three):
    path = write("thesis", protocol="thesis")
    [caution] = gpuclf.leaderboard([path, *three]).cautions
    assert caution.startswith(f"{path} has scores of the thesis protocol")


def test_results_of_several_sizes_form_learning_curves(write):
    paths = [
        write(f"{kernel}-{n}", kernel=kernel, n_clips=n)
        for kernel in ("linear", "rbf")
        for n in (12, 4, 8)
    ]
    board = gpuclf.leaderboard([*paths, write("alone", C=7)])
    assert {label: names(curve) for label, curve in board.curves.items()} == {
        "kernel=linear": ["linear-4", "linear-8", "linear-12"],
        "kernel=rbf": ["rbf-4", "rbf-8", "rbf-12"],
        OTHERS: ["alone"],
    }
    sizes = [one.result.training_clips for one in board.curves["kernel=rbf"]]
    assert sizes == [8, 16, 24]  # two of three folds of three classes


@pytest.mark.parametrize(
    ("p_values", "verdict"),
    [
        ([], "a is comparable with no other result"),
        ([0.01], "a is better than the other one (1 result)"),
        ([0.01, 0.04], "a is better than all others (2 results)"),
        ([0.06, 0.04], "a is first: better than 1 of 2 others"),
        ([0.06], "a is first: no detectable difference from 1 other result"),
        ([0.06, np.nan], "a is first: no detectable difference from any of 2 other results"),
    ],
)
def test_the_verdict_counts_the_significant_differences(p_values, verdict):
    others = [entry(f"b{n}", 0.6, p) for n, p in enumerate(p_values)]
    board = Leaderboard("accuracy", [entry("a", 0.7), *others], [entry("c", 0.8)])
    assert board.verdict == verdict == board.to_dict()["verdict"]
    expected = f"<{verdict}; accuracy, {1 + len(p_values)} ranked, 1 not comparable>"
    assert repr(board) == expected


def test_table_and_json_have_a_row_per_result(write, three):
    board = gpuclf.leaderboard([*three, write("other", seed=1)])
    frame = board.to_frame()
    assert frame["result"].tolist() == names(board.entries)
    assert frame["rank"].tolist()[:3] == [1, 2, 3] and np.isnan(frame["rank"].iloc[3])
    assert frame["C"].tolist() == [one.settings["C"] for one in board.entries]
    content = json.loads(json.dumps(board.to_dict(), allow_nan=False))
    assert [one["result"] for one in content["ranked"]] == names(board.ranked)
    assert content["not_comparable"][0]["not_comparable"].startswith("other folds")


def test_files_of_one_name_in_several_folders_have_their_paths_as_names(write, tmp_path):
    (tmp_path / "run").mkdir()
    paths = [write("a"), write("run/a", C=10)]
    assert set(names(gpuclf.leaderboard(paths).entries)) == set(map(str, paths))


def test_fewer_than_two_results_and_the_same_file_twice_raise(write, tmp_path):
    path = write("a")
    with pytest.raises(InputError, match="results: got 1 file, expected at least two"):
        gpuclf.leaderboard([path])
    same = tmp_path / "hard.hdf5" / ".." / "a.json"
    with pytest.raises(InputError, match="got the same file twice, expected different results"):
        gpuclf.leaderboard([path, same])
    with pytest.raises(ResultFileError, match=r"none.json: got no such file"):
        gpuclf.leaderboard([path, tmp_path / "none.json"])
    with pytest.raises(InputError, match="metric: got 'acuracy', expected accuracy"):
        gpuclf.leaderboard([path, write("b")], "acuracy")
