"""Training clips are recognised by their feature vectors, up to rounding."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf import FeatureVectors
from gpuclf.backend import resolve
from gpuclf.model import training_clips
from gpuclf.model.training_clips import TrainingClips
from hypothesis import given
from hypothesis import strategies as st

from clips import make_clips

CPU = resolve("cpu")


def known(trained, new, backend=CPU):
    return TrainingClips.of(trained, CPU).overlap(new, backend).in_training.tolist()


def with_vectors(vectors, X, ids=None):
    ids = np.array([f"new {n}" for n in range(len(X))]) if ids is None else ids
    return replace(vectors, X=X.astype(np.float32), ids=ids, y=None, groups=None)


@given(st.integers(0, 2**16), st.integers(1, 4), st.integers(1, 5))
def test_clips_are_known_by_their_vectors_in_any_order_and_under_any_id(seed, per_clip, n):
    trained = make_clips(per_clip=per_clip, n=n + 1, seed=seed)
    order = np.random.default_rng(seed).permutation(len(trained))
    assert all(known(trained, with_vectors(trained, trained.X[order])))
    others = make_clips(per_clip=per_clip, n=n + 1, seed=seed + 1)
    assert not any(known(trained, others))  # although their ids are equal


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.integers(0, 2**16))
def test_rounding_of_another_processor_does_not_hide_a_clip(offset, spread, seed):
    rng = np.random.default_rng(seed)
    X = (offset + spread * rng.normal(size=(20, 4, 3))).astype(np.float32)
    trained = FeatureVectors(X, None, (), np.arange(20).astype(str))
    towards = np.where(rng.random(X.shape) < 0.5, -np.inf, np.inf).astype(np.float32)
    assert all(known(trained, with_vectors(trained, np.nextafter(X, towards))))


def test_one_changed_value_makes_another_clip():
    trained = make_clips(per_clip=12, n=50)
    X = trained.X.copy()
    X[3, 5, 7] += 0.01
    assert known(trained, with_vectors(trained, X)) == [clip != 3 for clip in range(len(X))]


def test_the_order_of_the_vectors_of_a_clip_matters():
    trained = make_clips()
    assert not any(known(trained, with_vectors(trained, trained.X[:, ::-1])))


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_features_that_are_constant_in_training_distinguish_clips(value):
    X = np.full((4, 2, 3), value)
    trained = FeatureVectors(X.astype(np.float32), None, (), np.array(list("abcd")))
    assert known(trained, with_vectors(trained, X)) == [True] * 4
    X[1:, 0, 0] += 1
    assert known(trained, with_vectors(trained, X)) == [True, False, False, False]


@pytest.mark.parametrize("scale", [1e6, 1e30])
def test_an_outlier_does_not_make_all_other_clips_equal(scale):
    trained = make_clips()
    trained.X[5] *= scale
    assert all(known(trained, with_vectors(trained, trained.X)))
    others = make_clips(seed=1)
    others.X[7] *= 1e38
    assert not any(known(trained, others))


def test_one_hot_clips_are_different_clips():
    X = np.eye(40)[:, None]
    trained = FeatureVectors(X[:20].astype(np.float32), None, (), np.arange(20).astype(str))
    assert known(trained, with_vectors(trained, X)) == [True] * 20 + [False] * 20


def test_training_clips_are_known_on_every_backend(backend):
    trained = make_clips()
    there = replace(trained, X=backend.asarray(trained.X))
    assert all(known(trained, there, backend))
    assert TrainingClips.of(there, backend).overlap(trained, CPU).in_training.all()


def test_the_block_size_changes_no_fingerprint(monkeypatch):
    vectors = make_clips()
    whole = TrainingClips.of(vectors, CPU)
    monkeypatch.setattr(training_clips, "BLOCK_VALUES", 1)
    np.testing.assert_allclose(TrainingClips.of(vectors, CPU).fingerprints, whole.fingerprints)


def test_the_projection_is_frozen():
    """Model files of other versions of NumPy contain its results."""
    np.testing.assert_allclose(
        training_clips._projection(2) * np.sqrt(2),
        [
            [0.0976270079, 0.4303787327, 0.2055267521, 0.0897663660],
            [-0.1526904013, 0.2917882261, -0.1248255775, 0.7835460016],
        ],
        rtol=1e-7,
    )


def test_an_equal_id_alone_is_reported():
    trained = make_clips()
    X = trained.X.copy()
    X[0] += 1
    overlap = TrainingClips.of(trained, CPU).overlap(with_vectors(trained, X, trained.ids), CPU)
    assert overlap.same_id.tolist() == [True] + [False] * (len(X) - 1)
    assert overlap.in_training.tolist() == [False] + [True] * (len(X) - 1)


def test_new_clips_of_training_groups_are_named():
    trained = replace(make_clips(), groups=np.repeat(["Abba", "Bach"], 12))
    X = np.concatenate([trained.X[:1], trained.X[:3] + 1])
    new = replace(with_vectors(trained, X), groups=np.array(["Abba", "Bach", "Cage", "Bach"]))
    overlap = TrainingClips.of(trained, CPU).overlap(new, CPU)
    assert overlap.same_group.tolist() == [False, True, False, True]
    assert overlap.groups == ("Bach",)
    without = TrainingClips.of(trained, CPU).overlap(replace(new, groups=None), CPU)
    assert not without.same_group.any() and without.groups == ()


def test_equal_clips_are_one_fingerprint():
    """A tree of equal points would be searched one by one."""
    X = np.zeros((50_000, 2, 3), np.float32)
    trained = FeatureVectors(X, None, (), np.arange(len(X)).astype(str))
    assert all(known(trained, trained))


def test_the_text_is_one_line():
    trained = replace(make_clips(), groups=np.repeat(["Abba", "Bach"], 12))
    assert repr(TrainingClips.of(trained, CPU)) == "<24 training clips, 2 groups>"
