"""What came out of a fold: its metrics are scikit-learn's, its record gives it back bit by bit."""

import json
from itertools import combinations

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate
from gpuclf.backend import resolve
from gpuclf.validation import fold_score as scoring
from gpuclf.validation.fold import Fold
from gpuclf.validation.fold_score import FoldScore, fold_metrics
from sklearn import metrics

from clips import ONE_CORE, Reported, make_clips

CPU = resolve("cpu")
INF = float("inf")


def made_up(seed=0, clips=40, per_clip=5, classes=4, absent=(), brief=False, voting=True):
    """A fold's score, out of votes and decisions at random; absent classes were not trained on."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, size=2 * clips)
    decisions = y[clips:, None, None] == np.arange(classes)
    decisions = 1.5 * decisions + rng.normal(size=(clips, per_clip, classes))
    decisions[..., list(absent)] = -INF
    votes = (decisions + 0.3 * rng.normal(size=decisions.shape)).argmax(axis=2)
    fold = Fold(0, 0, np.arange(clips), np.arange(clips, 2 * clips), y, brief=brief)
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
        some = np.isin(true, [a, b])
        areas += [metrics.roc_auc_score(true[some] == one, scores[some][:, one]) for one in (a, b)]
    return np.mean(areas)


def metrics_of(scored):
    """Metrics of a fold, with confusion matrices counted by scikit-learn."""
    true, tested = scored.fold.y[scored.fold.test], scored.tested
    pairs = (true, tested.labels), (np.repeat(true, tested.votes.shape[1]), tested.votes.ravel())
    labels = range(tested.decisions.shape[1])
    return fold_metrics(scored, *(metrics.confusion_matrix(*pair, labels=labels) for pair in pairs))


def finite(scores):
    return np.maximum(scores, -1e9)  # scikit-learn takes no infinity; ranks are the same


@pytest.mark.parametrize("absent", [(), (2,)])
@pytest.mark.parametrize("seed", range(3))
def test_metrics_of_clips_and_of_vectors_are_scikit_learns(seed, absent):
    scored, votes, decisions = made_up(seed=seed, absent=absent)
    true = scored.fold.y[scored.fold.test]
    counts = np.array([np.bincount(ballot, minlength=4) for ballot in votes])
    predicted, summed = counts.argmax(axis=1), decisions.sum(axis=1)
    np.testing.assert_array_equal(scored.tested.decisions, summed)
    found = metrics_of(scored)
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
        assert found["clips"][name] == pytest.approx(value), name
    each, single, flat = np.repeat(true, 5), votes.ravel(), decisions.reshape(-1, 4)
    expected = {
        "accuracy": metrics.accuracy_score(each, single),
        "balanced_accuracy": metrics.balanced_accuracy_score(each, single),
        "macro_f1": metrics.f1_score(each, single, average="macro"),
        "auc_decisions": ovr_auc(each, finite(flat)),
        "auc_decisions_hand_till": hand_till(each, finite(flat)),
    }
    for name, value in expected.items():
        assert found["vectors"][name] == pytest.approx(value), name
    assert found["clips"].keys() == {
        *expected,
        "auc_votes",
        "auc_votes_hand_till",
        "brier",
        "top_two",
    }
    assert found["vectors"].keys() == {*expected, "top_two"}
    assert scored.score == found["clips"]["accuracy"]
    assert scored.vector_score == found["vectors"]["accuracy"]


def test_the_second_place_of_a_clip_goes_by_votes_and_then_by_decisions():
    votes = np.array([[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
    decisions = np.zeros((4, 4, 3))
    decisions[..., 2] = 9.0  # loud, but without a vote
    fold = Fold(0, 0, np.arange(3), np.arange(4), np.array([1, 1, 2, 1]))
    scored = FoldScore.of(fold, votes, decisions, 3, [], True)
    # Clips 0 and 1: class 1 is second, by its vote; clips 2 and 3: class 2, by its decisions.
    assert metrics_of(scored)["clips"]["top_two"] == 3 / 4
    # Of vectors only the decisions rank.
    assert metrics_of(scored)["vectors"]["top_two"] == (1 + 1 + 4) / 16


def test_places_rank_as_the_classifiers_decision_function_does():
    vectors = make_clips(clips=10)
    train, test = np.arange(20), np.arange(20, 30)
    clf = ClipClassifier(backend=CPU).fit(vectors.X[train], vectors.y[train])
    votes, decisions = clf.judge_vectors(vectors.X[test])
    places = scoring.Tested(votes, decisions.sum(axis=1), {}).places()
    np.testing.assert_allclose(places, clf.decision_function(vectors.X[test]))


def test_without_majority_voting_the_score_is_that_of_vectors():
    with_votes, *_ = made_up()
    without, *_ = made_up(voting=False)
    assert without.score == without.vector_score == with_votes.vector_score != with_votes.score


def test_of_a_brief_fold_only_scores_are_kept():
    brief, whole = made_up(brief=True)[0], made_up()[0]
    assert brief.tested is None
    assert (brief.score, brief.vector_score) == (whole.score, whole.vector_score)


def bits(array):
    return array.dtype, array.shape, array.tobytes()


@pytest.mark.parametrize("brief", [False, True])
@pytest.mark.parametrize("absent", [(), (1, 3)])
def test_a_record_gives_a_score_back_bit_by_bit(absent, brief):
    rng = np.random.default_rng(0)
    for seed in range(5):
        scored, *_ = made_up(seed=seed, absent=absent, brief=brief)
        stuck = [(0, 2), (1,)] * (seed % 2)
        scored = FoldScore(scored.fold, rng.random(), rng.random(), stuck, scored.tested)
        text = json.dumps(scored.to_record(), allow_nan=False)
        again = FoldScore.from_record(scored.fold, json.loads(text))
        assert (again.score, again.vector_score) == (scored.score, scored.vector_score)
        assert again.unconverged == stuck and again.fold is scored.fold
        if brief:
            assert again.tested is None
            continue
        assert bits(again.tested.votes) == bits(scored.tested.votes)
        assert bits(again.tested.decisions) == bits(scored.tested.decisions)
        assert np.isneginf(again.tested.decisions).any() == bool(absent)
        assert list(again.tested.of_vectors) == list(scored.tested.of_vectors)


def test_a_record_keeps_what_is_not_defined():
    """Of one class alone no ranking is: its area is NaN, which JSON does not know."""
    fold = Fold(0, 0, np.arange(4), np.arange(4), np.zeros(4, int))
    decisions = np.random.default_rng(0).normal(size=(4, 2, 2))
    scored = FoldScore.of(fold, decisions.argmax(axis=2), decisions, 2, [], True)
    assert np.isnan(scored.tested.of_vectors["auc_decisions"])
    again = FoldScore.from_record(fold, json.loads(json.dumps(scored.to_record(), allow_nan=False)))
    assert np.isnan(again.tested.of_vectors["auc_decisions"])
    for level in ("clips", "vectors"):
        before, after = metrics_of(scored)[level], metrics_of(again)[level]
        np.testing.assert_array_equal([*before.values()], [*after.values()])


@pytest.mark.parametrize(
    "svm",
    [
        {"solver": "shared", "kernel": "rbf"},
        {"solver": "library", "kernel": "rbf"},
        {"solver": "library", "svm_type": "linear"},
    ],
)
def test_a_class_that_is_missing_in_training_is_never_given_and_its_metrics_are_numbers(svm):
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
    told = [one.fold for one in reported.of("folds")]
    first = told[0].tested
    assert np.isneginf(first.decisions[:, 1]).all() and not (first.votes == 1).any()
    assert np.isfinite(first.decisions[:, [0, 2]]).all()
    assert all(np.isfinite(one.tested.decisions).all() for one in told[1:])
    assert result.recall[1] == 0 and result.confusion[1].sum() == 8
    for level in ("clips", "vectors"):
        for name, values in result.metrics[level].items():
            assert np.isfinite(values).all(), name
