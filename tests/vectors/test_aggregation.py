"""Windows and statistics, compared bit by bit with their definition in plain NumPy."""

import itertools

import numpy as np
import pytest
from gpuclf.backend import cpu
from gpuclf.errors import InputError
from gpuclf.vectors import aggregation
from gpuclf.vectors.aggregation import STATISTICS, aggregate_frames
from gpuclf.vectors.streaming import workers
from hypothesis import given
from hypothesis import strategies as st

from conftest import windows_of


def by_definition(frames, n_vectors, rectify, statistics, overlap="half"):
    x = np.abs(frames.astype(np.float64)) if rectify else frames.astype(np.float64)
    w = int(np.floor(x.shape[1] / (n_vectors + 0.5 if overlap == "half" else n_vectors)))
    vectors = []
    for v in range(n_vectors):
        for start in (v * w, v * w + w // 2)[: 2 if overlap == "half" else 1]:
            window = x[:, start : start + w]
            vectors.append(np.concatenate([getattr(window, s)(axis=1) for s in statistics], axis=1))
    return np.stack(vectors, axis=1)


@given(n_frames=st.integers(2, 3000), data=st.data())
def test_windows_have_the_largest_width_and_overlap_by_half(n_frames, data):
    n_vectors = data.draw(st.integers(1, n_frames - 1))
    windows = windows_of(n_frames, n_vectors)
    width = windows[0].stop
    assert len(windows) == 2 * n_vectors
    assert {window.stop - window.start for window in windows} == {width}
    assert [window.start for window in windows[::2]] == [v * width for v in range(n_vectors)]
    shifts = {b.start - a.start for a, b in zip(windows[::2], windows[1::2], strict=True)}
    assert shifts == {width // 2}
    assert windows[-1].stop <= n_frames
    assert (2 * n_vectors + 1) * (width + 1) > 2 * n_frames  # a wider window would not fit


@given(n_frames=st.integers(1, 3000), data=st.data())
def test_windows_without_overlap_are_adjacent_and_have_the_largest_width(n_frames, data):
    n_vectors = data.draw(st.integers(1, n_frames))
    windows = windows_of(n_frames, n_vectors, "none")
    width = windows[0].stop
    assert windows == [slice(v * width, (v + 1) * width) for v in range(n_vectors)]
    assert n_vectors * width <= n_frames < n_vectors * (width + 1)


def test_thesis_has_198_frames_per_window():
    assert windows_of(2 * 644, 6)[3] == slice(297, 495)


@pytest.mark.parametrize("n_vectors", [0, -1, 6, 7])
def test_too_many_windows_raise(n_vectors):
    for overlap in ("half", "none"):
        with pytest.raises(InputError, match=f"n_vectors: got {n_vectors}, expected 1 to 5"):
            windows_of(5, n_vectors, overlap)


@pytest.mark.parametrize(
    ("n_frames", "overlap", "options"),
    [
        (4, "half", "--n-vectors 4"),
        (4, "none", "--n-vectors 4"),
        (1, "half", "--n-vectors 1 --overlap none"),
        (1, "none", "--n-vectors 1"),
    ],
)
def test_too_many_windows_raise_with_options_that_are_valid(n_frames, overlap, options):
    with pytest.raises(InputError, match=rf"\(try {options}\)$"):
        windows_of(n_frames, 6, overlap)


def test_unknown_overlap_raises():
    with pytest.raises(InputError, match="overlap: got 'third', expected one of half, none"):
        windows_of(5, 2, "third")


def test_with_as_many_frames_as_windows_each_frame_is_a_window(backend):
    assert windows_of(1, 1) == [slice(0, 1)] * 2
    frames = np.arange(6, dtype=np.float32).reshape(3, 2)
    vectors, _ = aggregate_frames(backend.asarray(frames), [3], 3, backend=backend)
    np.testing.assert_array_equal(backend.to_host(vectors)[0], np.repeat(frames, 2, axis=0))


def test_a_clip_of_one_frame_is_one_vector_without_overlap(backend):
    frames = np.array([[1, -2], [3, -4]], np.float32)
    vectors, finite = aggregate_frames(
        backend.asarray(frames), [1, 1], 1, overlap="none", rectify=False, backend=backend
    )
    np.testing.assert_array_equal(backend.to_host(vectors), frames[:, None])
    assert backend.to_host(finite).all()


@pytest.mark.parametrize("overlap", ["half", "none"])
@pytest.mark.parametrize("rectify", [True, False])
@pytest.mark.parametrize("statistics", [*((name,) for name in STATISTICS), ("mean", "std", "max")])
def test_statistics_follow_their_definition(backend, rectify, statistics, overlap):
    frames = np.random.default_rng(0).normal(3, 2, size=(4, 50, 7)).astype(np.float32)
    rows = backend.asarray(frames.reshape(-1, 7))
    options = {"rectify": rectify, "statistics": statistics, "overlap": overlap}
    got, finite = aggregate_frames(rows, [50] * 4, 3, **options, backend=backend)
    expected = by_definition(frames, 3, rectify, statistics, overlap)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(backend.to_host(got), expected.astype(np.float32))
    assert backend.to_host(finite).all()


def test_sums_keep_small_values_among_large_ones(backend):
    frames = np.full((20_000, 1), 0.1, dtype=np.float32)
    frames[0] = 1e6
    got, _ = aggregate_frames(backend.asarray(frames), [20_000], 1, backend=backend)
    assert backend.to_host(got)[0, 0, 0] == np.float32(1e6 + 13332 * np.float64(np.float32(0.1)))


def test_standard_deviations_are_exact_for_a_large_mean(backend):
    """The difference of mean square and squared mean in float32 is 0 or negative here."""
    frames = (1e4 + np.random.default_rng(0).normal(size=(300, 5))).astype(np.float32)
    got, _ = aggregate_frames(
        backend.asarray(frames), [300], 2, statistics=["std"], backend=backend
    )
    expected = by_definition(frames[None], 2, True, ["std"])
    np.testing.assert_array_equal(backend.to_host(got), expected.astype(np.float32))


@given(data=st.data())
def test_clips_of_any_length_follow_the_definition(data):
    overlap = data.draw(st.sampled_from(["half", "none"]))
    n_vectors = data.draw(st.integers(1, 5))
    shortest = n_vectors + (overlap == "half")
    lengths = data.draw(st.lists(st.integers(shortest, 60), min_size=1, max_size=5))
    statistics = data.draw(st.lists(st.sampled_from(list(STATISTICS)), min_size=1, unique=True))
    rectify = data.draw(st.booleans())
    n = data.draw(st.integers(1, 9))
    frames = np.random.default_rng(sum(lengths)).normal(size=(sum(lengths), n)).astype(np.float32)
    ends = np.cumsum(lengths)
    with workers(2) as pool:
        options = {"rectify": rectify, "statistics": statistics, "overlap": overlap}
        options["backend"] = cpu("a test")
        serial, _ = aggregate_frames(frames, lengths, n_vectors, **options)
        parallel, _ = aggregate_frames(frames, lengths, n_vectors, **options, pool=pool)
    np.testing.assert_array_equal(serial, parallel)
    for clip, (end, length) in enumerate(zip(ends, lengths, strict=True)):
        clip_frames = frames[None, end - length : end]
        expected = by_definition(clip_frames, n_vectors, rectify, statistics, overlap)
        np.testing.assert_array_equal(serial[clip], expected[0].astype(np.float32))


def test_every_frame_is_checked_to_be_finite(backend):
    for position, overlap in itertools.product((0, 9, 10), ("half", "none")):
        frames = np.ones((22, 3), np.float32)
        frames[11 + position, 1] = np.nan  # no window covers the last
        _, finite = aggregate_frames(
            backend.asarray(frames), [11, 11], 2, overlap=overlap, backend=backend
        )
        assert backend.to_host(finite).tolist() == [True, False]


def test_unknown_or_missing_statistic_raises():
    frames = np.ones((10, 1), dtype=np.float32)
    with pytest.raises(InputError, match="statistics: got 'median', expected one of sum, mean"):
        aggregate_frames(frames, [10], 2, statistics=["median"], backend=cpu("a test"))
    with pytest.raises(InputError, match="statistics: got none"):
        aggregate_frames(frames, [10], 2, statistics=[], backend=cpu("a test"))


LOGARITHMS = {
    "none": lambda x: x,
    "log1p": lambda x: np.log1p(np.abs(x)),
    "db": lambda x: 20 * np.log10(np.maximum(np.abs(x), 1e-5)),
}


@pytest.mark.parametrize("log", aggregation.LOGARITHMS)
def test_logarithm_is_computed_in_place(log, backend):
    frames = np.random.default_rng(0).normal(size=(300, 7)).astype(np.float32)
    frames[3] = 0
    device = backend.asarray(frames.copy())
    aggregation.LOGARITHMS[log](device, backend.xp)
    expected = LOGARITHMS[log](frames)
    if backend.name == "gpu":
        np.testing.assert_allclose(backend.to_host(device), expected, rtol=1e-6, atol=1e-6)
    else:
        np.testing.assert_array_equal(backend.to_host(device), expected)


@pytest.mark.parametrize("log", ["log1p", "db"])
@pytest.mark.parametrize("rectify", [False, True])
def test_logarithm_applies_to_frames_before_statistics(log, rectify, backend):
    frames = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    frames[3] = 0
    options = {"statistics": ("mean", "min"), "rectify": rectify, "log": log, "backend": backend}
    vectors, finite = aggregate_frames(backend.asarray(frames.copy()), [30], 2, **options)
    assert backend.to_host(finite).all()
    levels = LOGARITHMS[log](frames.astype(np.float64))
    for k, window in enumerate(windows_of(30, 2)):
        expected = np.append(levels[window].mean(axis=0), levels[window].min(axis=0))
        np.testing.assert_allclose(backend.to_host(vectors)[0, k], expected, rtol=1e-5, atol=1e-5)


def test_unknown_logarithm_raises():
    with pytest.raises(InputError, match="log: got 'ln', expected one of none, log1p, db"):
        aggregate_frames(np.ones((9, 2), np.float32), [9], 2, log="ln", backend=cpu("a test"))
