"""Score of a fold: metrics compared with scikit-learn, and an exact record."""

import json
from itertools import combinations

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate
from gpuclf.backend import resolve
from gpuclf.validation import fold_score as scoring
from gpuclf.validation.fold import Fold
from gpuclf.validation.fold_score import FoldScore
from gpuclf.validation.pooled_metrics import clip_metrics, vector_metrics
from sklearn import metrics

from clips import ONE_CORE, Reported, make_clips

CPU = resolve("cpu")
INF = float("inf")


def random_score(
    seed=0, clips=40, per_clip=5, classes=4, absent=(), scores_only=False, voting=True
):
    """Score of a fold with random votes and decisions; absent classes are missing in training."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, size=2 * clips)
    decisions = y[clips:, None, None] == np.arange(classes)
    decisions = 1.5 * decisions + rng.normal(size=(clips, per_clip, classes))
    decisions[..., list(absent)] = -INF
    votes = (decisions + 0.3 * rng.normal(size=decisions.shape)).argmax(axis=2)
    fold = Fold(0, 0, np.arange(clips), np.arange(clips, 2 * clips), y, scores_only=scores_only)
    return (
        FoldScore.of(fold, votes, decisions, decisions.shape[2], [], voting),
        votes,
        decisions,
    )


def ovr_auc(true, scores):
    areas = [metrics.roc_auc_score(true == c, scores[:, c]) for c in np.unique(true).tolist()]
    return np.mean(areas)


def hand_till(true, scores):
    areas = []
    for a, b in combinations(np.unique(true).tolist(), 2):
        pair = np.isin(true, [a, b])
        areas += [metrics.roc_auc_score(true[pair] == c, scores[pair][:, c]) for c in (a, b)]
    return np.mean(areas)


def metrics_of(*scored):
    """Metrics of folds of one repeat, with confusion matrices of scikit-learn."""
    clips, vectors = [], []
    for one in scored:
        true, tested = one.fold.y[one.fold.test], one.tested
        each = np.repeat(true, tested.votes.shape[1])
        labels = range(tested.decisions.shape[1])
        clips.append(metrics.confusion_matrix(true, tested.labels, labels=labels))
        vectors.append(metrics.confusion_matrix(each, tested.votes.ravel(), labels=labels))
    levels = {
        "clips": clip_metrics(scored, np.array([clips]), 1 / 4),
        "vectors": vector_metrics(scored, np.array([vectors]), 1 / 4),
    }
    return {
        level: {name: pooled.mean for name, pooled in by_name.items()}
        for level, by_name in levels.items()
    }


def finite(scores):
    return np.maximum(scores, -1e9)  # scikit-learn rejects infinity; ranks are the same


@pytest.mark.parametrize("absent", [(), (2,)])
@pytest.mark.parametrize("seed", range(3))
def test_metrics_equal_those_of_scikit_learn(seed, absent):
    scored, votes, decisions = random_score(seed=seed, absent=absent)
    true = scored.fold.y[scored.fold.test]
    counts = np.array([np.bincount(ballot, minlength=4) for ballot in votes])
    predicted, summed = counts.argmax(axis=1), decisions.sum(axis=1)
    np.testing.assert_array_equal(scored.tested.decisions, summed)
    got = metrics_of(scored)
    shares = counts / 5
    expected = {
        "accuracy": metrics.accuracy_score(true, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(true, predicted),
        "macro_f1": metrics.f1_score(true, predicted, average="macro"),
        "auc_votes": ovr_auc(true, counts),
        "auc_votes_hand_till": hand_till(true, counts),
        "auc_decisions": ovr_auc(true, finite(summed)),
        "auc_decisions_hand_till": hand_till(true, finite(summed)),
        "brier": np.mean(np.sum((shares - np.eye(4)[true]) ** 2, axis=1)),
    }
    for name, value in expected.items():
        assert got["clips"][name] == pytest.approx(value), name
    each, single, flat = np.repeat(true, 5), votes.ravel(), decisions.reshape(-1, 4)
    expected = {
        "accuracy": metrics.accuracy_score(each, single),
        "balanced_accuracy": metrics.balanced_accuracy_score(each, single),
        "macro_f1": metrics.f1_score(each, single, average="macro"),
        "auc_decisions": ovr_auc(each, finite(flat)),
        "auc_decisions_hand_till": hand_till(each, finite(flat)),
    }
    for name, value in expected.items():
        assert got["vectors"][name] == pytest.approx(value), name
    assert got["clips"].keys() == {
        *expected,
        "auc_votes",
        "auc_votes_hand_till",
        "brier",
        "top_two",
    }
    assert got["vectors"].keys() == {*expected, "top_two"}
    assert scored.score == got["clips"]["accuracy"]
    assert scored.vector_score == got["vectors"]["accuracy"]


def test_top_two_ranks_classes_by_votes_and_then_by_decision_values():
    votes = np.array([[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
    decisions = np.zeros((4, 4, 3))
    decisions[..., 2] = 9.0  # large, but without votes
    fold = Fold(0, 0, np.arange(3), np.arange(4), np.array([1, 1, 2, 1]))
    scored = FoldScore.of(fold, votes, decisions, 3, [], True)
    # Clips 0 and 1: class 1 is second, by its vote; clips 2 and 3: class 2, by its decisions.
    assert metrics_of(scored)["clips"]["top_two"] == 3 / 4
    # Feature vectors are ranked by decision values only.
    assert metrics_of(scored)["vectors"]["top_two"] == (1 + 1 + 4) / 16


def test_ranking_scores_equal_the_decision_function():
    vectors = make_clips(clips=10)
    train, test = np.arange(20), np.arange(20, 30)
    clf = ClipClassifier(backend=CPU).fit(vectors.X[train], vectors.y[train])
    votes, decisions = clf.judge_vectors(vectors.X[test])
    scores = scoring.Tested(votes, decisions.sum(axis=1), {}).ranking_scores()
    np.testing.assert_allclose(scores, clf.decision_function(vectors.X[test]))


def test_score_without_majority_voting_is_the_vector_score():
    with_votes, *_ = random_score()
    without, *_ = random_score(voting=False)
    assert without.score == without.vector_score == with_votes.vector_score != with_votes.score


@pytest.mark.parametrize("voting", [True, False])
def test_balanced_score_is_the_mean_recall_of_what_is_scored(voting):
    scored, votes, _ = random_score(voting=voting)
    true, predicted = scored.fold.y[scored.fold.test], scored.tested.labels
    if not voting:
        true, predicted = np.repeat(true, 5), votes.ravel()
    expected = metrics.balanced_accuracy_score(true, predicted)
    assert scored.balanced_score == pytest.approx(expected) == scored.value("balanced_accuracy")
    assert scored.value("accuracy") == scored.score


def test_brief_fold_keeps_scores_only():
    scores_only, whole = random_score(scores_only=True)[0], random_score()[0]
    assert scores_only.tested is None
    assert (scores_only.score, scores_only.vector_score) == (whole.score, whole.vector_score)


def bits(array):
    return array.dtype, array.shape, array.tobytes()


@pytest.mark.parametrize("scores_only", [False, True])
@pytest.mark.parametrize("absent", [(), (1, 3)])
def test_record_restores_a_score_exactly(absent, scores_only):
    rng = np.random.default_rng(0)
    for seed in range(5):
        scored, *_ = random_score(seed=seed, absent=absent, scores_only=scores_only)
        unconverged = [(0, 2), (1,)] * (seed % 2)
        scored = FoldScore(scored.fold, *rng.random(3), unconverged, scored.tested)
        text = json.dumps(scored.to_record(), allow_nan=False)
        restored = FoldScore.from_record(scored.fold, json.loads(text))
        assert (restored.score, restored.vector_score) == (scored.score, scored.vector_score)
        assert restored.balanced_score == scored.balanced_score
        assert restored.unconverged == unconverged and restored.fold is scored.fold
        if scores_only:
            assert restored.tested is None
            continue
        assert bits(restored.tested.votes) == bits(scored.tested.votes)
        assert bits(restored.tested.decisions) == bits(scored.tested.decisions)
        assert np.isneginf(restored.tested.decisions).any() == bool(absent)
        assert restored.tested.of_vectors.top_two == scored.tested.of_vectors.top_two
        assert bits(restored.tested.of_vectors.won) == bits(scored.tested.of_vectors.won)


@pytest.mark.parametrize(
    "svm",
    [
        {"solver": "shared", "kernel": "rbf"},
        {"solver": "library", "kernel": "rbf"},
        {"solver": "library", "svm_type": "linear"},
    ],
)
def test_class_missing_in_training_is_never_predicted_and_metrics_are_finite(svm):
    vectors = make_clips(apart=3.0)
    folds = np.where(vectors.y == 1, 0, np.arange(24) % 3)
    reported = Reported()
    with pytest.warns(UserWarning, match="no clip of class 'jazz'"):
        result = cross_validate(
            ClipClassifier(backend=ONE_CORE, **svm),
            make_clips(apart=3.0, folds=folds),
            split="predefined",
            progress=reported,
        )
    scores = [progress.fold for progress in reported.of("folds")]
    first = scores[0].tested
    assert np.isneginf(first.decisions[:, 1]).all() and not (first.votes == 1).any()
    assert np.isfinite(first.decisions[:, [0, 2]]).all()
    assert all(np.isfinite(one.tested.decisions).all() for one in scores[1:])
    assert result.recall[1] == 0 and result.confusion[1].sum() == 8
    for level in ("clips", "vectors"):
        for name, pooled in result.metrics[level].items():
            assert np.isfinite(pooled.repeats).all(), name
