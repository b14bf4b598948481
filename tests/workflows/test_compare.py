"""Two results are compared only over the same clips and splits, by a paired, corrected test."""

import json

import gpuclf
import numpy as np
import pytest
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError, ResultFileError
from gpuclf.metrics.intervals import paired_test
from gpuclf.report.provenance import record

from conftest import grid_frames

CPU = gpuclf.resolve("cpu")
QUICK = {"split": "stratified-kfold", "folds": 3, "repeats": 2}


@pytest.fixture
def write(tmp_path):
    """Evaluate and write the record, as ``--json`` does."""

    def write(name, file, **options):
        experiment = Experiment(file=str(file), **{**QUICK, **options})
        result = gpuclf.evaluate(experiment, backend="cpu")
        path = tmp_path / name
        path.write_text(json.dumps(record(experiment, CPU, result.to_dict())))
        return path, result

    return write


@pytest.fixture
def hard_file(tmp_path):
    """A file whose classes are hard to tell apart."""
    path = tmp_path / "hard.hdf5"
    gpuclf.write_grid(path, {"Z": grid_frames(n_clips=12, spread=2.0)}, ["blues", "jazz", "rock"])
    return path


def test_the_difference_is_tested_fold_by_fold(write, hard_file):
    (one, first), (other, second) = (write(f"{C}.json", hard_file, C=C) for C in (1e-4, 10))
    compared = gpuclf.compare(one, other)
    ratio = first.test_to_train
    assert compared.comparison == paired_test(first.scores, second.scores, ratio)
    assert compared.means == (first.accuracy, second.accuracy)
    assert compared.different == {"C": (1e-4, 10.0)}
    turned = gpuclf.compare(other, one).comparison
    assert turned.difference == -compared.comparison.difference
    assert turned.p == pytest.approx(compared.comparison.p)
    assert json.loads(json.dumps(compared.to_dict(), allow_nan=False))["metric"] == "accuracy"


def test_any_metric_of_the_record_is_compared(write, hard_file):
    (one, first), (other, second) = (write(f"{C}.json", hard_file, C=C) for C in (1e-4, 10))
    compared = gpuclf.compare(one, other, "auc_votes")
    means = [result.metrics["clips"]["auc_votes"].mean() for result in (first, second)]
    np.testing.assert_allclose(compared.means, means)
    with pytest.raises(InputError, match="metric: got 'acuracy', expected accuracy"):
        gpuclf.compare(one, other, "acuracy")


def test_a_result_is_as_good_as_itself(write, grid_file):
    path, _ = write("a.json", grid_file)
    same = gpuclf.compare(path, path).comparison
    assert (same.difference, same.p) == (0, 1)


def test_a_constant_difference_has_no_p_in_the_file(write, grid_file, tmp_path):
    path, result = write("a.json", grid_file)
    better = json.loads(path.read_text())
    better["scores"] = (result.scores - 0.125).tolist()
    (tmp_path / "b.json").write_text(json.dumps(better))
    compared = gpuclf.compare(path, tmp_path / "b.json")
    assert compared.to_dict()["p"] is None and compared.comparison.difference == 0.125


def test_a_metric_that_no_fold_defines_is_not_compared(write, grid_file):
    """Where one clip is tested, no other class is there to be ranked against."""
    alone = {"split": "kfold", "folds": 18, "repeats": 1}
    (one, _), (two, _) = (write(f"{C}.json", grid_file, C=C, **alone) for C in (0.1, 1))
    compared = gpuclf.compare(one, two, "auc_votes")
    assert np.isnan(compared.means).all() and compared.comparison.count == 0
    content = json.loads(json.dumps(compared.to_dict(), allow_nan=False))
    assert content["means"] == [None, None] and content["difference"] is None


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"seed": 1}, "b.json, splits: got seed 1, expected seed 0, as .*a.json"),
        ({"folds": 2}, "got folds 2, expected folds 3"),
        ({"split": "kfold"}, "got split kfold, expected split stratified-kfold"),
        ({"n_clips": 4}, "got n_clips 4, expected n_clips None"),
        ({"permute_labels": True}, "got permute_labels True, expected permute_labels False"),
        ({"majority_voting": False}, "got scores of vectors, expected of clips"),
    ],
)
def test_other_splits_are_refused(write, grid_file, other, message):
    (one, _), (two, _) = write("a.json", grid_file), write("b.json", grid_file, **other)
    with pytest.raises(ResultFileError, match=message):
        gpuclf.compare(one, two)


def test_another_file_is_refused(write, grid_file, hard_file):
    (one, _), (two, _) = write("a.json", grid_file), write("b.json", hard_file)
    with pytest.raises(ResultFileError, match=r"b.json: got a result over .*hard.hdf5 of"):
        gpuclf.compare(one, two)


def test_feature_sets_of_one_file_are_compared(write, tmp_path):
    frames = grid_frames()
    path = tmp_path / "two.hdf5"
    gpuclf.write_grid(path, {"Xs": frames, "Z": frames[..., :3]}, ["a", "b", "c"])
    (one, _), (two, _) = (write(f"{name}.json", path, dataset=name) for name in ("Xs", "Z"))
    assert gpuclf.compare(one, two).different == {"dataset": ("Xs", "Z")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        ("{", "a file that is not JSON"),
        ("[1]", "other JSON, or an older gpuclf's"),
        ('{"scores": [[1]]}', "other JSON, or an older gpuclf's"),
        ("\udcff", "a file that is not JSON"),
    ],
)
def test_what_is_no_result_is_told(write, grid_file, tmp_path, content, message):
    path, _ = write("a.json", grid_file)
    if content is not None:
        (tmp_path / "b.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ResultFileError, match=f"b.json: got {message}, expected what gpuclf"):
        gpuclf.compare(path, tmp_path / "b.json")
