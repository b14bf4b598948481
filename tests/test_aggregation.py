"""Windows and statistics, against the definition written out in plain NumPy."""

import numpy as np
import pytest
from gpuclf.aggregation import STATISTICS, aggregate_frames, windows
from gpuclf.errors import InputError
from hypothesis import given
from hypothesis import strategies as st


def by_definition(frames, n_vectors, rectify, statistics):
    x = np.abs(frames.astype(np.float64)) if rectify else frames.astype(np.float64)
    w = int(np.floor(x.shape[1] / (n_vectors + 0.5)))
    vectors = []
    for v in range(n_vectors):
        for start in (v * w, v * w + w // 2):
            window = x[:, start : start + w]
            vectors.append(np.concatenate([getattr(window, s)(axis=1) for s in statistics], axis=1))
    return np.stack(vectors, axis=1)


@given(n_frames=st.integers(2, 3000), data=st.data())
def test_windows_are_as_wide_as_fits_and_half_overlapped(n_frames, data):
    n_vectors = data.draw(st.integers(1, n_frames - 1))
    laid = windows(n_frames, n_vectors)
    width = laid[0].stop
    assert len(laid) == 2 * n_vectors
    assert {window.stop - window.start for window in laid} == {width}
    assert [window.start for window in laid[::2]] == [v * width for v in range(n_vectors)]
    shifts = {b.start - a.start for a, b in zip(laid[::2], laid[1::2], strict=True)}
    assert shifts == {width // 2}
    assert laid[-1].stop <= n_frames
    assert (2 * n_vectors + 1) * (width + 1) > 2 * n_frames  # a wider window would not fit


def test_the_thesis_had_198_frames_a_window():
    assert windows(2 * 644, 6)[3] == slice(297, 495)


@pytest.mark.parametrize("n_vectors", [0, -1, 5, 6])
def test_too_many_windows_for_the_frames(n_vectors):
    with pytest.raises(InputError, match=f"n_vectors: got {n_vectors}, expected 1 to 4"):
        windows(5, n_vectors)


@pytest.mark.parametrize("rectify", [True, False])
@pytest.mark.parametrize("statistics", [*((name,) for name in STATISTICS), ("mean", "std", "max")])
def test_statistics_follow_their_definition(backend, rectify, statistics):
    frames = np.random.default_rng(0).normal(3, 2, size=(4, 50, 7)).astype(np.float32)
    got = aggregate_frames(
        backend.asarray(frames), 3, rectify=rectify, statistics=statistics, xp=backend.xp
    )
    expected = by_definition(frames, 3, rectify, statistics)
    assert got.dtype == np.float32
    np.testing.assert_allclose(backend.to_host(got), expected, rtol=1e-6, atol=1e-6)


def test_sums_do_not_lose_small_values_among_large_ones(backend):
    frames = np.full((1, 20_000, 1), 0.1, dtype=np.float32)
    frames[0, 0] = 1e6
    got = backend.to_host(aggregate_frames(backend.asarray(frames), 1, xp=backend.xp))
    assert got[0, 0, 0] == np.float32(1e6 + 13332 * np.float64(np.float32(0.1)))


def test_an_unknown_statistic_lists_the_known_ones():
    frames = np.ones((1, 10, 1), dtype=np.float32)
    with pytest.raises(InputError, match="statistics: got 'median', expected one of sum, mean"):
        aggregate_frames(frames, 2, statistics=["median"], xp=np)
    with pytest.raises(InputError, match="statistics: got none"):
        aggregate_frames(frames, 2, statistics=[], xp=np)
