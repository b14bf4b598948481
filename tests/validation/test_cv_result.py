"""Cross-validation result: sums over folds, metrics, intervals, JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate
from gpuclf._utils.plain import plain
from gpuclf.metrics.intervals import corrected_interval, permutation_p
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from clips import ONE_CORE, Reported, make_clips

CLF = ClipClassifier(backend=ONE_CORE)
UNEVEN = replace(make_clips(), y=np.array([0] * 12 + [1] * 7 + [2] * 5))


def scored(vectors, **options):
    """Cross-validate; return the result and the scores of its folds."""
    reported = Reported()
    result = cross_validate(CLF, vectors, progress=reported, **{"folds": 4, **options})
    scores = [progress.fold for progress in reported.of("folds")]
    return result, [score for score in scores if not score.fold.scores_only]


MODES = {
    "clips": {"repeats": 2},
    "vectors": {"majority_voting": False, "repeats": 2},
    "thesis": {"protocol": "thesis", "repeats": 1},
    "single vectors": {"protocol": "thesis", "majority_voting": False, "repeats": 2},
    "one fold": {"folds": 1, "repeats": 1},
    "permuted labels": {"permute_labels": True, "repeats": 2},
    "permutations": {"permutations": 3, "repeats": 1},
}


@pytest.mark.parametrize("options", MODES.values(), ids=MODES)
def test_confusion_matrix_equals_scikit_learns_over_all_folds(options):
    result, folds = scored(UNEVEN, **options)
    true = np.concatenate([one.fold.y[one.fold.test] for one in folds])
    votes = np.concatenate([one.tested.votes for one in folds])
    each = np.repeat(true, votes.shape[1])
    clips = np.array([np.bincount(ballot).argmax() for ballot in votes])
    of_vectors = confusion_matrix(each, votes.ravel(), labels=[0, 1, 2])
    of_clips = confusion_matrix(true, clips, labels=[0, 1, 2])
    np.testing.assert_array_equal(result.vector_confusion, of_vectors)
    voting = options.get("majority_voting", True)
    np.testing.assert_array_equal(result.confusion, of_clips if voting else of_vectors)
    precision, recall, f1, tested = precision_recall_fscore_support(
        true if voting else each,
        clips if voting else votes.ravel(),
        labels=[0, 1, 2],
        zero_division=np.nan,
    )
    by_class = result.to_dict()["classes"]
    for name, expected in (("precision", precision), ("recall", recall), ("f1", f1)):
        values = [np.nan if row[name] is None else row[name] for row in by_class]
        np.testing.assert_allclose(values, expected)
    assert [row["tested"] for row in by_class] == tested.tolist()
    assert [row["label"] for row in by_class] == ["blues", "jazz", "rock"]


@pytest.mark.parametrize("options", MODES.values(), ids=MODES)
def test_votes_of_clips_sum_to_the_confusion_matrix(options):
    result, folds = scored(UNEVEN, **options)
    clips, per_clip = result.clips, folds[0].tested.votes.shape[1]
    whole = result.confusion if options.get("majority_voting", True) else result.vector_confusion
    assert clips.votes.sum() == result.vector_confusion.sum()
    np.testing.assert_array_equal(clips.votes.sum(axis=0), result.vector_confusion.sum(axis=0))
    np.testing.assert_array_equal(clips.votes.sum(axis=1), clips.tested * per_clip)
    assert clips.votes_right.sum() == np.trace(result.vector_confusion)
    if options.get("majority_voting", True) or per_clip == 1:
        assert clips.tested.sum() == whole.sum() and clips.right.sum() == np.trace(whole)
    if not options.get("permute_labels"):
        rows = np.arange(len(clips.y))
        np.testing.assert_array_equal(clips.votes_right, clips.votes[rows, clips.y])
    assert clips.ids.tolist() == UNEVEN.ids.tolist() and (clips.right <= clips.tested).all()


def test_clip_votes_are_the_sum_over_the_folds_that_test_the_clip():
    result, folds = scored(UNEVEN, split="shuffle", test_size=0.5, repeats=3)
    for clip in range(24):
        ballots = [
            one.tested.votes[list(one.fold.test).index(clip)]
            for one in folds
            if clip in one.fold.test
        ]
        counts = [np.bincount(ballot, minlength=3) for ballot in ballots]
        assert result.clips.tested[clip] == len(ballots)
        np.testing.assert_array_equal(result.clips.votes[clip], np.sum(counts, axis=0))
        right = sum(count.argmax() == UNEVEN.y[clip] for count in counts)
        assert result.clips.right[clip] == right


def test_majority_is_the_share_of_the_most_frequent_class():
    result, _ = scored(UNEVEN, repeats=1)
    assert result.majority == 12 / 24
    assert result.to_dict()["baselines"] == {"chance": 1 / 3, "majority_class": 12 / 24}


@pytest.mark.parametrize("options", MODES.values(), ids=MODES)
def test_result_is_strict_json(options):
    result, _ = scored(UNEVEN, **options)
    strict(result)


def strict(result):
    written = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert written["accuracy"] == result.accuracy
    assert np.array(written["scores"]).tobytes() == result.scores.tobytes()
    assert written["permutations"] is None or written["permutations"]["p"] == result.p_value
    return written


def test_result_is_strict_json_if_folds_lack_classes():
    folds = np.where(UNEVEN.y == 1, 0, np.arange(24) % 3)  # only one fold tests class 1
    with pytest.warns(UserWarning, match="no clip of class 'jazz'"):
        result, _ = scored(replace(UNEVEN, folds=folds), split="predefined")
    strict(result)
    y = np.array([0, 1] * 6 + [1] * 4)  # the last fold tests only one class
    two = replace(make_clips(n_classes=2, folds=np.minimum(np.arange(16) // 6, 2)), y=y)
    result, _ = scored(two, split="predefined")
    assert strict(result)["metrics"]["clips"]["auc_votes"]["mean"] is not None


def test_one_fold_has_no_interval():
    result, _ = scored(UNEVEN, folds=1, repeats=1)
    written = strict(result)
    assert written["interval"] == {"low": None, "high": None, "level": 0.95}
    accuracy = written["metrics"]["clips"]["accuracy"]
    assert accuracy["low"] is None and accuracy["mean"] == result.accuracy


def test_intervals_are_corrected_and_clipped_to_the_range_of_the_metric():
    result, _ = scored(UNEVEN, split="kfold", repeats=3)
    assert result.test_to_train == 1 / 3
    np.testing.assert_allclose(
        result.interval, corrected_interval(result.scores, 1 / 3, 0.95, within=(0, 1))
    )
    written = result.to_dict()["metrics"]["clips"]
    for name, bounds in (("macro_f1", (0, 1)), ("brier", (0, 2))):
        pooled = result.metrics["clips"][name]
        low, high, _ = corrected_interval(
            pooled.folds, 1 / 3, 0.95, within=bounds, mean=pooled.repeats.mean()
        )
        assert (written[name]["low"], written[name]["high"]) == (low, high)
        assert written[name]["mean"] == pytest.approx(pooled.repeats.mean())
        assert written[name]["std"] == pytest.approx(pooled.repeats.std())
        assert written[name]["repeats"] == pooled.repeats.tolist()


def test_metrics_of_a_repeat_are_those_of_all_its_test_clips_together():
    result, folds = scored(UNEVEN, split="kfold", folds=6, repeats=2)
    for repeat in range(2):
        of_repeat = [one for one in folds if one.fold.repeat == repeat]
        true = np.concatenate([one.fold.y[one.fold.test] for one in of_repeat])
        predicted = np.concatenate([one.tested.labels for one in of_repeat])
        assert sorted(np.concatenate([one.fold.test for one in of_repeat])) == list(range(24))
        expected = f1_score(true, predicted, average="macro")
        assert result.metrics["clips"]["macro_f1"].repeats[repeat] == pytest.approx(expected)


def test_metrics_of_clips_are_omitted_if_vectors_are_split():
    assert set(scored(UNEVEN, repeats=1)[0].metrics) == {"clips", "vectors"}
    single, _ = scored(UNEVEN, repeats=1, protocol="thesis", majority_voting=False)
    assert set(single.metrics) == {"vectors"}
    np.testing.assert_allclose(single.metrics["vectors"]["accuracy"].folds, single.scores)


@pytest.mark.parametrize("split", ["shuffle", "kfold"])
def test_pseudo_values_of_the_accuracy_are_the_scores_of_the_folds(split):
    result, _ = scored(UNEVEN, repeats=2, split=split, folds=5)  # 24 clips: folds of 4 and 5
    clips, vectors = (result.metrics[level]["accuracy"].folds for level in ("clips", "vectors"))
    np.testing.assert_allclose(clips, result.scores)
    np.testing.assert_allclose(vectors, result.vector_scores)
    assert result.accuracy == pytest.approx(np.trace(result.confusion) / result.confusion.sum())


def test_calibration_bins_the_vote_share_of_the_predicted_class():
    result, folds = scored(UNEVEN, repeats=2)
    shares = np.concatenate([one.tested.counts.max(axis=1) / 3 for one in folds])
    right = np.concatenate([one.tested.labels == one.fold.y[one.fold.test] for one in folds])
    for share in (1 / 3, 2 / 3, 1.0):
        selected = np.isclose(shares, share)
        if selected.any():
            bin_ = int(np.ceil(share * 10 - 1e-9)) - 1
            assert result.calibration.count[bin_] == selected.sum()
            assert result.calibration.accuracy[bin_] == pytest.approx(right[selected].mean())


def test_p_value_is_none_without_permutations():
    result, _ = scored(UNEVEN, repeats=1)
    assert result.p_value is None and result.to_dict()["permutations"] is None
    permuted = replace(result, permuted=np.array([0.1, 0.9]))
    assert permuted.p_value == permutation_p(result.accuracy, [0.1, 0.9])


def test_plain_converts_numpy_values_and_nan():
    given = {"a": (1, np.float64(0.5), np.int64(3)), "b": [float("nan"), np.nan, np.bool_(True)]}
    assert plain(given) == {"a": [1, 0.5, 3], "b": [None, None, True]}
    assert json.dumps(plain(given), allow_nan=False)
    assert plain("text") == "text" and plain(None) is None and plain(np.float32("nan")) is None
