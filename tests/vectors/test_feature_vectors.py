"""Aggregation of a feature file to feature vectors."""

import tracemalloc

import gpuclf
import h5py
import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.vectors.aggregation import LOGARITHMS
from gpuclf.vectors.feature_vectors import aggregate
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import grid_frames, windows_of


def test_vectors_are_sums_over_the_windows(grid_file, backend):
    reported = []
    with gpuclf.open_features(grid_file) as store:
        vectors = aggregate(
            store["Z"], 3, backend=backend, memory="1100K", on_clips=reported.append
        )
    X = backend.to_host(vectors.X)
    frames = grid_frames().reshape(18, 40, 8)
    assert X.shape == (18, 6, 8) and X.dtype == np.float32
    np.testing.assert_allclose(X[:, 0], frames[:, :11].sum(axis=1), rtol=1e-6)
    np.testing.assert_allclose(X[:, 5], frames[:, 27:38].sum(axis=1), rtol=1e-6)
    assert vectors.labels == ("blues", "jazz", "rock")
    assert vectors.y.tolist() == [0] * 6 + [1] * 6 + [2] * 6
    assert reported[-1] == 18 and reported == sorted(reported)
    assert set(vectors.seconds) == {"read", "aggregate"}
    assert repr(vectors) == "<18 clips x 6 vectors x 8 features, 3 classes>"


@given(
    memory=st.integers(30_000, 300_000),
    cores=st.integers(1, 5),
    overlap=st.sampled_from(["half", "none"]),
)
def test_memory_limit_and_threads_do_not_change_the_result(
    tmp_path_factory, memory, cores, overlap
):
    path = tmp_path_factory.mktemp("vectors") / "f"
    gpuclf.write_grid(path, {"Z": grid_frames(n_clips=30)}, list("abc"))
    options = {"backend": "cpu", "statistics": ("sum", "std", "max"), "overlap": overlap}
    with gpuclf.open_features(path) as store, pytest.MonkeyPatch.context() as patch:
        whole = aggregate(store["Z"], **options)
        for module in ("features.read_plan", "vectors.feature_vectors", "backend.windows"):
            patch.setattr(f"gpuclf.{module}.cores", lambda: cores)
        parts = aggregate(store["Z"], **options, memory=memory)
    np.testing.assert_array_equal(whole.X, parts.X)


@pytest.mark.parametrize("log", LOGARITHMS)
def test_memory_limit_holds_with_logarithms(tmp_path, log):
    """Three blocks reach the limit: a logarithm that copies a block would exceed it."""
    frames = np.full((1, 5, 8000, 2, 64), 0.5, np.float32)  # 4 MiB per clip
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["a"], filters={})
    with gpuclf.open_features(tmp_path / "f") as store:
        features = store["Z"]
        limit = 3 * frames[0, 0].nbytes + features.source.reader.scratch
        options = {"log": log, "memory": limit, "backend": "cpu"}
        aggregate(features.subset(n_frames=20), **options)  # compiles
        tracemalloc.start()
        try:
            vectors = aggregate(features, **options)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert 3 * frames[0, 0].nbytes < peak <= limit + vectors.X.nbytes


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_or_infinity_raises_and_names_the_clip(tmp_path, backend, bad):
    frames = grid_frames()
    frames[1, 4, 7, 1, 3] = bad
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["blues", "jazz", "rock"])
    message = f"clip 'jazz/4': got {bad} in feature 3 of frame 15, expected finite"
    with gpuclf.open_features(tmp_path / "f") as store, pytest.raises(InputError, match=message):
        aggregate(store["Z"], backend=backend)


def test_value_beyond_float32_raises(tmp_path):
    frames = grid_frames().astype(np.float64)
    frames[2, 0, 0, 0, 0] = 1e39
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["blues", "jazz", "rock"])
    with gpuclf.open_features(tmp_path / "f") as store, pytest.raises(InputError, match="rock/0"):
        aggregate(store["Z"], backend="cpu")


def test_too_many_windows_for_the_shortest_clip_raise(tmp_path):
    frames = [np.ones((length, 2)) for length in (20, 4, 20)]
    gpuclf.write_clips(tmp_path / "f", {"Z": frames}, ["a", "b"], [0, 1, 1])
    with (
        gpuclf.open_features(tmp_path / "f") as store,
        pytest.raises(InputError, match="n_vectors: got 6, expected 1 to 4: clip '1' has 4 frames"),
    ):
        aggregate(store["Z"], 6, backend="cpu")


def test_vectors_without_overlap_are_the_aligned_windows_alone(grid_file, backend):
    with gpuclf.open_features(grid_file) as store:
        vectors = aggregate(store["Z"], 3, overlap="none", backend=backend)
    frames = grid_frames().reshape(18, 40, 8)
    expected = frames[:, :39].reshape(18, 3, 13, 8).sum(axis=2, dtype=np.float64)
    np.testing.assert_array_equal(backend.to_host(vectors.X), expected.astype(np.float32))
    assert vectors.overlap == "none"


def test_unknown_overlap_raises_before_frames_are_read(grid_file):
    with gpuclf.open_features(grid_file) as store, pytest.raises(InputError, match="overlap: got"):
        aggregate(store["Z"], overlap="full", backend="cpu")


def test_single_vectors_keep_class_and_name_of_their_clip(grid_file):
    with gpuclf.open_features(grid_file) as store:
        vectors = aggregate(store["Z"], 3, backend="cpu")
    single = vectors.as_single_vectors()
    assert single.X.shape == (108, 1, 8)
    np.testing.assert_array_equal(single.X[7, 0], vectors.X[1, 1])
    assert single.y[7] == vectors.y[1] and single.ids[7] == vectors.ids[1]


def test_sums_beyond_float32_raise_and_name_the_clip(tmp_path, backend):
    frames = grid_frames()
    frames[1, 2] = 3e38
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["blues", "jazz", "rock"])
    message = "clip 'jazz/2': got aggregates beyond 3.4e38"
    with gpuclf.open_features(tmp_path / "f") as store, pytest.raises(InputError, match=message):
        aggregate(store["Z"], backend=backend)


def test_sums_over_clips_of_unequal_length_warn(tmp_path):
    frames = [np.ones((length, 2)) for length in (20, 30)]
    gpuclf.write_clips(tmp_path / "f", {"Z": frames}, ["a", "b"], [0, 1])
    with gpuclf.open_features(tmp_path / "f") as store:
        with pytest.warns(UserWarning, match="clips of 20 to 30 frames: sums grow"):
            aggregate(store["Z"], backend="cpu")
        aggregate(store["Z"], backend="cpu", statistics=("mean",))


FILTERS = [{}, {"compression": "gzip"}, {"compression": "gzip", "shuffle": True}]


@settings(max_examples=40)
@given(data=st.data())
def test_vectors_match_the_definition_for_any_file(tmp_path_factory, data):
    """Shapes, chunks, filters, dtypes, subsets and memory limits give the result of plain NumPy."""
    shape = tuple(data.draw(st.integers(low, high)) for low, high in ((1, 3), (1, 5), (3, 9)))
    shape += data.draw(st.sampled_from([(2, 5), (5,), (1,)]))
    options = data.draw(st.sampled_from(FILTERS))
    if options or data.draw(st.booleans()):
        options = {**options, "chunks": tuple(data.draw(st.integers(1, size)) for size in shape)}
    dtype = data.draw(st.sampled_from(["<f4", ">f4", "<f2", "<i2", ">f8"]))
    frames = np.random.default_rng(0).integers(-99, 99, shape).astype(dtype)
    path = tmp_path_factory.mktemp("vectors") / "f"
    with h5py.File(path, "w") as file:
        file.create_dataset("Z", data=frames, **options)
        file.attrs["labels"] = list("abc")[: shape[0]]
    part = tuple(data.draw(st.integers(low, shape[i])) for i, low in enumerate((1, 1, 3)))
    statistics = tuple(data.draw(st.lists(st.sampled_from(["sum", "std", "min"]), min_size=1)))
    with gpuclf.open_features(path) as store, pytest.MonkeyPatch.context() as patch:
        for small in ("SMALL_PACKED", "SMALL_PLAIN"):
            patch.setattr(f"gpuclf.features.hdf5.select_reader.{small}", 0)
        features = store["Z"].subset(*part)
        least = 3 * int(features.lengths[0]) * features.n_features * 4
        least += features.source.reader.scratch
        memory = data.draw(st.integers(least, 10 * least))
        overlap = data.draw(st.sampled_from(["half", "none"]))
        options = {"statistics": statistics, "overlap": overlap, "memory": memory}
        got = aggregate(features, 2, **options, backend="cpu").X
    rectified = np.abs(frames[: part[0], : part[1], : part[2]].astype(np.float64))
    clips = rectified.reshape(part[0] * part[1], -1, shape[-1])
    for k, window in enumerate(windows_of(clips.shape[1], 2, overlap)):
        values = [getattr(clips[:, window], name)(axis=1) for name in statistics]
        np.testing.assert_array_equal(got[:, k], np.concatenate(values, axis=1).astype(np.float32))


def test_clip_that_was_never_written_is_zero(tmp_path, backend):
    with h5py.File(tmp_path / "f", "w") as file:
        dataset = file.create_dataset("Z", (2, 3, 20, 2, 8), "<f4", chunks=(1, 1, 20, 2, 8))
        dataset[0] = 1
        file.attrs["labels"] = ["a", "b"]
    with gpuclf.open_features(tmp_path / "f") as store:
        X = backend.to_host(aggregate(store["Z"], backend=backend).X)
    assert (X[:3] == 6).all() and (X[3:] == 0).all()


def test_half_precision_does_not_overflow(tmp_path):
    frames = np.full((2, 3, 20, 2, 8), 6e4, np.float16)
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["a", "b"])
    with gpuclf.open_features(tmp_path / "f") as store:
        assert (6 * np.float32(np.float16(6e4)) == aggregate(store["Z"], backend="cpu").X).all()


ARRAYS = {
    "X": np.ones((4, 2, 3), np.float32),
    "y": np.array([0, 0, 1, 1]),
    "labels": ("blues", "rock"),
    "ids": np.array(["a", "b", "c", "d"]),
}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"X": np.ones((4, 3))},
            r"X: got an array of shape \(4, 3\), expected shape \(clips, V, n",
        ),
        ({"y": [[0], [0], [1], [1]]}, r"y: got an array of shape \(4, 1\), expected shape \(4,\)"),
        ({"y": [0, 1]}, r"y: got an array of shape \(2,\)"),
        ({"y": [0, 1, np.nan, 1]}, "y: got values of type float64, expected integers"),
        ({"y": [0.0, 1.0, 1.0, 1.0]}, "y: got values of type float64"),
        ({"y": ["rock"] * 4}, "y: got values of type <U4"),
        ({"y": [0, 1, 2, 1]}, "y: got 2, expected 0 to 1, an index into labels"),
        ({"y": [0, 1, -1, 1]}, "y: got -1"),
        ({"ids": ["a"]}, r"ids: got an array of shape \(1,\)"),
        ({"groups": ["a"]}, r"groups: got an array of shape \(1,\)"),
        ({"folds": [1, 1, 2, 2.5]}, "folds: got values of type float64"),
    ],
)
def test_arrays_that_are_not_one_value_per_clip_raise(changed, message):
    with pytest.raises(InputError, match=message):
        gpuclf.FeatureVectors(**{**ARRAYS, **changed})


def test_lists_are_converted_to_arrays():
    vectors = gpuclf.FeatureVectors(**{**ARRAYS, "y": [0, 1, 1, 1], "labels": ["blues", "rock"]})
    assert vectors.y.dtype == np.int64 and vectors.labels == ("blues", "rock")
