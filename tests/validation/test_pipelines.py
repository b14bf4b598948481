"""Pipelines that end with a ClipClassifier: transformers never see test clips."""

import numpy as np
import pytest
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from gpuclf.errors import InputError
from gpuclf.validation.context import InMemoryCheckpoint
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

RNG = np.random.default_rng(0)
CODES = np.repeat(np.arange(3), 12)
NAMES = np.array(["blues", "jazz", "rock"])[CODES]
X = 0.8 * RNG.normal(size=(3, 1, 4))[CODES] + RNG.normal(size=(36, 5, 4))
CLF = ClipClassifier(kernel="rbf", backend="cpu")
VECTORS = FeatureVectors(X, CODES, ("blues", "jazz", "rock"), np.arange(36).astype(str))


class Recorder(TransformerMixin, BaseEstimator):
    """Transformer that records the clips that it is fitted to and that it transforms."""

    fitted, seen = [], []

    def fit(self, X, y=None):
        self.fitted_ = True
        self.fitted.append((X.shape, sorted(X.reshape(len(X), -1)[:, 0].astype(int).tolist())))
        return self

    def transform(self, X):
        self.seen.append(sorted(X.reshape(len(X), -1)[:, 0].astype(int).tolist()))
        return X


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("solver", ["shared", "library"])
def test_transformers_are_fitted_to_the_training_clips_only(flat, solver):
    Recorder.fitted.clear()
    Recorder.seen.clear()
    numbered = X.copy()
    numbered[:, 0, 0] = np.arange(36)  # the clip's number
    clf = clone(CLF).set_params(n_vectors_per_clip=5, solver=solver)
    given = numbered.reshape(36, 20) if flat else numbered
    cv = StratifiedKFold(4, shuffle=True, random_state=0)
    result = cross_validate(make_pipeline(Recorder(), clf), given, NAMES, cv=cv)
    assert result.solver == solver
    training = [sorted(train.tolist()) for train, _ in cv.split(X, NAMES)]
    tests = [sorted(test.tolist()) for _, test in cv.split(X, NAMES)]
    assert sorted(clips for _, clips in Recorder.fitted) == sorted(training)
    assert {shape for shape, _ in Recorder.fitted} == {(27, 20) if flat else (27, 5, 4)}
    assert sorted(Recorder.seen) == sorted([*training, *tests])


def test_test_clips_do_not_change_what_a_pipeline_predicts_for_others():
    """Clips of the first half of each test set are changed; the others keep their votes."""
    pipeline = make_pipeline(StandardScaler(), PCA(3), CLF)
    rows = X[:, 0]
    splits = list(StratifiedKFold(3).split(rows, NAMES))
    for train, test in splits:
        other = rows.copy()
        other[test[::2]] *= 1e6
        before, after = (
            cross_validate(pipeline, one, NAMES, cv=[(train, test)]).clips.votes
            for one in (rows, other)
        )
        np.testing.assert_array_equal(before[test[1::2]], after[test[1::2]])
        assert (before[test[::2]] != after[test[::2]]).any()


@pytest.mark.parametrize(
    "steps",
    [
        (StandardScaler(), PCA(3)),
        (SelectKBest(k=2),),
        ("passthrough", FunctionTransformer(np.tanh)),
        (),
    ],
    ids=len,
)
def test_scores_of_a_pipeline_are_those_of_cross_val_score(steps):
    pipeline = make_pipeline(*steps, CLF)
    cv = StratifiedKFold(4, shuffle=True, random_state=0)
    got = cross_validate(pipeline, X[:, 0], NAMES, cv=cv)
    np.testing.assert_array_equal(got.scores[0], cross_val_score(pipeline, X[:, 0], NAMES, cv=cv))


def test_pipelines_run_on_every_backend(svm_backend):
    clf = clone(CLF).set_params(backend=svm_backend)
    pipeline = make_pipeline(FunctionTransformer(np.tanh), clf)
    got = cross_validate(pipeline, VECTORS, cv=3)
    expected = cross_validate(CLF, np.tanh(X), NAMES, cv=3)
    assert np.abs(got.scores - expected.scores).mean() < 0.05


def test_scaling_by_a_transformer_is_not_reported_as_unscaled():
    clf = ClipClassifier(scale="none", backend="cpu")
    cross_validate(make_pipeline(StandardScaler(), clf), 1e6 * X[:, 0], NAMES, cv=3)


def test_the_thesis_protocol_refuses_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), CLF)
    with pytest.raises(InputError, match="protocol: got 'thesis' with a Pipeline"):
        cross_validate(pipeline, X[:, 0], NAMES, cv=3, protocol="thesis")


def test_a_checkpoint_distinguishes_pipelines_and_weights():
    checkpoint = InMemoryCheckpoint()
    rows, cv = X[:, 0], StratifiedKFold(3)
    estimators = [make_pipeline(PCA(n), CLF) for n in (1, 2)]
    runs = [
        {"estimator": estimator, "sample_weight": weight}
        for estimator in [*estimators, CLF]
        for weight in (None, np.arange(36) + 1.0)
    ]
    for number, run in enumerate(runs, start=1):
        result = cross_validate(X=rows, y=NAMES, cv=cv, checkpoint=checkpoint, **run)
        assert len(checkpoint) == 3 * number
        again = cross_validate(X=rows, y=NAMES, cv=cv, checkpoint=checkpoint, **run)
        np.testing.assert_array_equal(again.scores, result.scores)
        assert len(checkpoint) == 3 * number


def test_a_checkpoint_of_a_pipeline_that_cannot_be_pickled_raises():
    pipeline = make_pipeline(FunctionTransformer(lambda X: X), CLF)
    with pytest.raises(InputError, match="checkpoint: got a Pipeline that cannot be pickled"):
        cross_validate(pipeline, X, NAMES, cv=3, checkpoint=InMemoryCheckpoint())
