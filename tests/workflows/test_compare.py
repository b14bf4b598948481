"""Results over the same clips and splits are compared by a corrected paired t-test."""

import json

import gpuclf
import numpy as np
import pytest
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError, ResultFileError
from gpuclf.metrics.intervals import paired_test
from gpuclf.report.provenance import record

from conftest import grid_frames
from shown import BETTER, EQUAL, compared

CPU = gpuclf.resolve("cpu")
QUICK = {"split": "stratified-kfold", "folds": 3, "repeats": 2}


@pytest.fixture
def write(tmp_path):
    """Return a function that evaluates and writes a result file, as ``--json`` does."""

    def write(name, file, **options):
        experiment = Experiment(file=str(file), **{**QUICK, **options})
        result = gpuclf.evaluate(experiment, backend="cpu")
        path = tmp_path / name
        path.write_text(json.dumps(record(experiment, CPU, result.to_dict())))
        return path, result

    return write


@pytest.fixture
def hard_file(tmp_path):
    """Feature file whose classes overlap."""
    path = tmp_path / "hard.hdf5"
    gpuclf.write_grid(path, {"Z": grid_frames(n_clips=12, spread=2.0)}, ["blues", "jazz", "rock"])
    return path


def test_difference_is_tested_over_paired_folds(write, hard_file):
    (one, first), (other, second) = (write(f"{C}.json", hard_file, C=C) for C in (1e-4, 10))
    compared = gpuclf.compare(one, other)
    ratio = first.test_to_train
    assert compared.comparison == paired_test(first.scores, second.scores, ratio)
    assert compared.means == (first.accuracy, second.accuracy)
    assert compared.different == {"C": (1e-4, 10.0)}
    swapped = gpuclf.compare(other, one).comparison
    assert swapped.difference == -compared.comparison.difference
    assert swapped.p == pytest.approx(compared.comparison.p)
    assert json.loads(json.dumps(compared.to_dict(), allow_nan=False))["metric"] == "accuracy"


def test_any_metric_of_the_result_files_is_compared(write, hard_file):
    (one, first), (other, second) = (write(f"{C}.json", hard_file, C=C) for C in (1e-4, 10))
    compared = gpuclf.compare(one, other, "auc_votes")
    means = [result.metrics["clips"]["auc_votes"].mean for result in (first, second)]
    np.testing.assert_allclose(compared.means, means)
    with pytest.raises(InputError, match="metric: got 'acuracy', expected accuracy"):
        gpuclf.compare(one, other, "acuracy")


def test_difference_of_a_result_to_itself_is_zero(write, grid_file):
    path, _ = write("a.json", grid_file)
    same = gpuclf.compare(path, path).comparison
    assert (same.difference, same.p) == (0, 1)


def test_the_data_frame_has_a_row_per_fold(write, hard_file):
    (one, first), (other, second) = (write(f"{C}.json", hard_file, C=C) for C in (1e-4, 10))
    frame = gpuclf.compare(one, other).to_frame()
    assert (
        frame["repeat"].tolist() == [0, 0, 0, 1, 1, 1] and frame["fold"].tolist() == [0, 1, 2] * 2
    )
    np.testing.assert_array_equal(frame["first"], first.scores.ravel())
    np.testing.assert_array_equal(frame["second"], second.scores.ravel())
    np.testing.assert_array_equal(frame["difference"], frame["first"] - frame["second"])


@pytest.mark.parametrize(
    ("scores", "metric", "verdict"),
    [
        (BETTER, "accuracy", "A is better than B"),
        (BETTER[::-1], "accuracy", "B is better than A"),
        (BETTER, "brier", "B is better than A"),  # an error
        (EQUAL, "accuracy", "No detectable difference"),
        (EQUAL[:1] * 2, "accuracy", "No detectable difference"),
        (([[0.75, 0.75]], [[0.5, 0.5]]), "accuracy", "The difference cannot be tested"),
        (([[0.75]], [[0.5]]), "accuracy", "The difference cannot be tested"),
    ],
)
def test_verdict_names_the_better_result_only_if_the_difference_is_significant(
    scores, metric, verdict
):
    result = compared(*scores, metric)
    assert result.verdict == verdict == result.to_dict()["verdict"]
    assert result.is_detected == ("better" in verdict)
    assert repr(result).startswith(f"<{verdict}: {metric}, A - B ") and "\n" not in repr(result)


def test_p_value_of_a_constant_difference_is_none(write, grid_file, tmp_path):
    path, result = write("a.json", grid_file)
    better = json.loads(path.read_text())
    better["scores"] = (result.scores - 0.125).tolist()
    better["accuracy"] = result.accuracy - 0.125
    (tmp_path / "b.json").write_text(json.dumps(better))
    compared = gpuclf.compare(path, tmp_path / "b.json")
    assert compared.to_dict()["p"] is None and compared.comparison.difference == pytest.approx(
        0.125
    )


def test_metric_undefined_in_all_folds_gives_undefined_results(write, grid_file):
    """The AUC is undefined for a single test clip."""
    alone = {"split": "kfold", "folds": 18, "repeats": 1}
    (one, _), (two, _) = (write(f"{C}.json", grid_file, C=C, **alone) for C in (0.1, 1))
    compared = gpuclf.compare(one, two, "auc_votes")
    assert np.isnan(compared.means).all() and compared.comparison.count == 0
    content = json.loads(json.dumps(compared.to_dict(), allow_nan=False))
    assert content["means"] == [None, None] and content["difference"] is None


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"seed": 1}, "b.json, splits: got seed 1, expected seed 0, as in .*a.json"),
        ({"folds": 2}, "got folds 2, expected folds 3"),
        ({"split": "kfold"}, "got split kfold, expected split stratified-kfold"),
        ({"n_clips": 4}, "got n_clips 4, expected n_clips None"),
        ({"permute_labels": True}, "got permute_labels True, expected permute_labels False"),
        ({"majority_voting": False}, "got scores of vectors, expected scores of clips"),
    ],
)
def test_other_splits_raise(write, grid_file, other, message):
    (one, _), (two, _) = write("a.json", grid_file), write("b.json", grid_file, **other)
    with pytest.raises(ResultFileError, match=message):
        gpuclf.compare(one, two)


def test_another_feature_file_raises(write, grid_file, hard_file):
    (one, _), (two, _) = write("a.json", grid_file), write("b.json", hard_file)
    with pytest.raises(ResultFileError, match=r"b.json: got a result for .*hard.hdf5 of"):
        gpuclf.compare(one, two)


def test_feature_sets_of_one_file_can_be_compared(write, tmp_path):
    frames = grid_frames()
    path = tmp_path / "two.hdf5"
    gpuclf.write_grid(path, {"Xs": frames, "Z": frames[..., :3]}, ["a", "b", "c"])
    (one, _), (two, _) = (write(f"{name}.json", path, dataset=name) for name in ("Xs", "Z"))
    assert gpuclf.compare(one, two).different == {"dataset": ("Xs", "Z")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        ("{", "a file that is not JSON"),
        ("[1]", "other JSON or a result of an older version"),
        ('{"scores": [[1]]}', "other JSON or a result of an older version"),
        ("\udcff", "a file that is not JSON"),
    ],
)
def test_file_that_is_not_a_result_raises(write, grid_file, tmp_path, content, message):
    path, _ = write("a.json", grid_file)
    if content is not None:
        (tmp_path / "b.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(
        ResultFileError, match=f"b.json: got {message}, expected a result of gpuclf"
    ):
        gpuclf.compare(path, tmp_path / "b.json")
