"""From the frames of a file to feature vectors."""

import gpuclf
import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.vectors import aggregate
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import grid_frames


def test_vectors_are_those_of_the_frames(grid_file, backend):
    seen = []
    with gpuclf.open_features(grid_file) as store:
        vectors = aggregate(store["Z"], 3, backend=backend, memory="1100K", on_clips=seen.append)
    X = backend.to_host(vectors.X)
    frames = grid_frames().reshape(18, 40, 8)
    assert X.shape == (18, 6, 8) and X.dtype == np.float32
    np.testing.assert_allclose(X[:, 0], frames[:, :11].sum(axis=1), rtol=1e-6)
    np.testing.assert_allclose(X[:, 5], frames[:, 27:38].sum(axis=1), rtol=1e-6)
    assert vectors.labels == ("blues", "jazz", "rock")
    assert vectors.y.tolist() == [0] * 6 + [1] * 6 + [2] * 6
    assert seen[-1] == 18 and seen == sorted(seen)
    assert set(vectors.seconds) == {"read", "aggregate"}
    assert repr(vectors) == "<18 clips x 6 vectors x 8 features, 3 classes>"


@settings(max_examples=25, deadline=None)
@given(memory=st.integers(30_000, 300_000), cores=st.integers(1, 5))
def test_memory_and_threads_never_change_a_bit(tmp_path_factory, memory, cores):
    path = tmp_path_factory.mktemp("vectors") / "f"
    gpuclf.write_grid(path, {"Z": grid_frames(n_clips=30)}, list("abc"))
    options = {"backend": "cpu", "statistics": ("sum", "std", "max")}
    with gpuclf.open_features(path) as store, pytest.MonkeyPatch.context() as patch:
        whole = aggregate(store["Z"], **options)
        for module in ("data.features", "vectors", "backend.windows"):
            patch.setattr(f"gpuclf.{module}.cores", lambda: cores)
        parts = aggregate(store["Z"], **options, memory=memory)
    np.testing.assert_array_equal(whole.X, parts.X)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_names_the_clip(tmp_path, backend, bad):
    frames = grid_frames()
    frames[1, 4, 7, 1, 3] = bad
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["blues", "jazz", "rock"])
    message = f"clip 'jazz/4': got {bad} in feature 3 of frame 15, expected finite"
    with gpuclf.open_features(tmp_path / "f") as store, pytest.raises(InputError, match=message):
        aggregate(store["Z"], backend=backend)


def test_a_number_beyond_float32_is_met_as_well(tmp_path):
    frames = grid_frames().astype(np.float64)
    frames[2, 0, 0, 0, 0] = 1e39
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["blues", "jazz", "rock"])
    with gpuclf.open_features(tmp_path / "f") as store, pytest.raises(InputError, match="rock/0"):
        aggregate(store["Z"], backend="cpu")


def test_the_shortest_clip_limits_the_windows(tmp_path):
    frames = [np.ones((length, 2)) for length in (20, 4, 20)]
    gpuclf.write_clips(tmp_path / "f", {"Z": frames}, ["a", "b"], [0, 1, 1])
    with (
        gpuclf.open_features(tmp_path / "f") as store,
        pytest.raises(InputError, match="n_vectors: got 6, expected 1 to 3: clip '1' has 4 frames"),
    ):
        aggregate(store["Z"], 6, backend="cpu")


def test_single_vectors_stand_for_themselves(grid_file):
    with gpuclf.open_features(grid_file) as store:
        vectors = aggregate(store["Z"], 3, backend="cpu")
    single = vectors.as_single_vectors()
    assert single.X.shape == (108, 1, 8)
    np.testing.assert_array_equal(single.X[7, 0], vectors.X[1, 1])
    assert single.y[7] == vectors.y[1] and single.ids[7] == vectors.ids[1]


def test_sums_beyond_float32_name_the_clip(tmp_path, backend):
    frames = grid_frames()
    frames[1, 2] = 3e38
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["blues", "jazz", "rock"])
    message = "clip 'jazz/2': got aggregates beyond 3.4e38"
    with gpuclf.open_features(tmp_path / "f") as store, pytest.raises(InputError, match=message):
        aggregate(store["Z"], backend=backend)


def test_sums_over_clips_of_unequal_length_are_warned_of(tmp_path):
    frames = [np.ones((length, 2)) for length in (20, 30)]
    gpuclf.write_clips(tmp_path / "f", {"Z": frames}, ["a", "b"], [0, 1])
    with gpuclf.open_features(tmp_path / "f") as store:
        with pytest.warns(UserWarning, match="clips of 20 to 30 frames: sums grow"):
            aggregate(store["Z"], backend="cpu")
        aggregate(store["Z"], backend="cpu", statistics=("mean",))
