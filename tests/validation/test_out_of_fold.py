"""Out-of-fold predictions agree with the metrics, as scikit-learn computes them."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    roc_auc_score,
)
from sklearn.model_selection import PredefinedSplit, cross_val_predict

from clips import ONE_CORE, make_clips

CLF = ClipClassifier(backend=ONE_CORE)
UNEVEN = replace(make_clips(), y=np.array([0] * 12 + [1] * 7 + [2] * 5))
MODES = {
    "shuffle": {"repeats": 3, "test_size": 0.3},
    "k-fold": {"split": "stratified-kfold", "repeats": 2},
    "permuted labels": {"permute_labels": True, "repeats": 2},
    "thesis": {"protocol": "thesis", "repeats": 2},
    "split vectors": {"protocol": "thesis", "majority_voting": False, "repeats": 2},
}


def scored(vectors=UNEVEN, **options):
    return cross_validate(CLF, vectors, **{"folds": 4, **options})


@pytest.mark.parametrize("options", MODES.values(), ids=MODES)
def test_metrics_recomputed_from_the_table_are_those_of_the_result(options):
    result = scored(**options)
    frame = result.predictions.to_frame()
    unit = "clips" if "clips" in result.metrics else "vectors"
    recomputed = {
        "accuracy": accuracy_score,
        "balanced_accuracy": balanced_accuracy_score,
        "macro_f1": lambda true, predicted: f1_score(true, predicted, average="macro"),
    }
    for name, metric in recomputed.items():
        of_repeats = [metric(one["label"], one["predicted"]) for _, one in frame.groupby("repeat")]
        np.testing.assert_allclose(of_repeats, result.metrics[unit][name].repeats)
    by_fold = frame.groupby(["repeat", "fold"])
    scores = [accuracy_score(one["label"], one["predicted"]) for _, one in by_fold]
    np.testing.assert_allclose(scores, result.scores.ravel())
    confusion = confusion_matrix(frame["label"], frame["predicted"], labels=result.labels)
    np.testing.assert_array_equal(confusion, result.confusion)


def test_the_auc_recomputed_from_the_scores_is_that_of_the_result():
    result = scored(make_clips(n_classes=2), folds=1, repeats=1, test_size=0.5)
    table = result.predictions.to_table()
    auc = roc_auc_score(table["label"] == "blues", table["score_blues"])
    assert auc == pytest.approx(result.metrics["clips"]["auc_decisions"].mean)
    auc = roc_auc_score(table["label"] == "blues", table["vote_share_blues"])
    assert auc == pytest.approx(result.metrics["clips"]["auc_votes"].mean)


def test_predictions_and_votes_are_those_of_a_classifier_that_did_not_see_the_clip():
    vectors = replace(UNEVEN, folds=np.arange(24) % 3)
    rows = scored(vectors, split="predefined").predictions
    order = np.argsort(rows.ids)
    same = np.argsort(vectors.ids)
    flat = vectors.X.reshape(24, -1)
    clf = ClipClassifier(backend=ONE_CORE, n_vectors_per_clip=3)
    cv = PredefinedSplit(vectors.folds)
    predicted = cross_val_predict(clf, flat, vectors.y, cv=cv)
    np.testing.assert_array_equal(rows.predicted[order], predicted[same])
    np.testing.assert_array_equal(rows.fold[order], vectors.folds[same])
    for train, test in cv.split():
        votes = clf.fit(flat[train], vectors.y[train]).vote_counts(flat[test])
        np.testing.assert_array_equal(rows.votes[np.isin(rows.ids, vectors.ids[test])], votes)


def test_k_fold_tests_each_clip_once_per_repeat_and_shuffle_splits_do_not():
    once = scored(split="kfold", repeats=3).predictions.to_frame()
    assert len(once) == 3 * 24 and (once.groupby(["repeat", "id"]).size() == 1).all()
    result = scored(split="shuffle", test_size=0.2, folds=3, repeats=1)
    several = result.predictions.to_frame()["id"].value_counts()
    tested = dict(zip(result.clips.ids.tolist(), result.clips.tested.tolist(), strict=True))
    assert several.to_dict() == {name: count for name, count in tested.items() if count}
    assert several.max() > 1 and 0 in tested.values()


def test_rows_have_the_group_of_the_clip_and_no_group_is_in_two_folds():
    groups = np.array([f"artist {n // 3}" for n in range(24)])
    frame = scored(replace(make_clips(), groups=groups), split="kfold", repeats=1).predictions
    table = frame.to_table()
    of_clip = dict(zip(make_clips().ids.tolist(), groups.tolist(), strict=True))
    assert [of_clip[name] for name in table["id"].tolist()] == table["group"].tolist()
    assert (frame.to_frame().groupby("group")["fold"].nunique() == 1).all()


def test_a_clip_without_a_group_is_its_own_group():
    table = scored(repeats=1).predictions.to_table()
    assert table["group"].tolist() == table["id"].tolist() and "vector" not in table.columns


def test_split_feature_vectors_are_rows_of_their_own():
    options = {"protocol": "thesis", "majority_voting": False}
    table = scored(split="kfold", repeats=1, **options).predictions.to_table()
    pairs = set(zip(table["id"].tolist(), table["vector"].tolist(), strict=True))
    assert len(table) == 24 * 3 and pairs == {(name, v) for name in UNEVEN.ids for v in range(3)}


def test_vote_shares_sum_to_one_and_the_prediction_has_the_most_votes():
    rows = scored(split="kfold", repeats=2).predictions
    np.testing.assert_allclose(rows.vote_shares.sum(axis=1), 1)
    np.testing.assert_array_equal(rows.votes.argmax(axis=1), rows.predicted)
    accuracy = rows.correct.mean()
    assert repr(rows) == f"<48 predictions of 24 clips, accuracy {accuracy:.1%}>"


def test_the_score_of_a_class_missing_in_training_is_minus_infinity():
    vectors = replace(make_clips(), folds=np.where(make_clips().y == 2, 1, np.arange(24) % 2))
    with pytest.warns(UserWarning, match="no clip of class 'rock' to train on"):
        table = scored(vectors, split="predefined").predictions.to_table()
    tests_rock = table["label"] == "rock"
    assert np.isneginf(table["score_rock"][tests_rock]).all()
    assert np.isfinite(table["score_blues"]).any()
