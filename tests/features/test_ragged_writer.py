"""Writing clips of any length one by one, in complete chunks."""

import os
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest
from gpuclf import open_features
from gpuclf.errors import InputError
from gpuclf.features import ragged_writer as ragged
from gpuclf.features.writer import FILTERS, stream_clips
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import all_clips

LENGTHS = st.lists(st.integers(1, 20), min_size=1, max_size=12)
TYPES = ["<f2", "<f4", "<f8", "<i2", "|u1"]


def numbered(lengths, n, dtype):
    """Frames of clips with values that are unique up to the range of the dtype."""
    values = np.arange(sum(lengths) * n).reshape(-1, n) % 251
    return np.split(values.astype(dtype), np.cumsum(lengths)[:-1])


def write(path, clips, lengths, filters=FILTERS):
    ids = [f"c{number}" for number in range(len(next(iter(lengths.values()))))]
    stream_clips(path, clips, lengths, ["a"], [0] * len(ids), ids=ids, filters=filters)


@settings(max_examples=40)
@given(
    lengths=LENGTHS,
    n=st.integers(1, 5),
    dtype=st.sampled_from(TYPES),
    chunk=st.integers(1, 400),
    filters=st.sampled_from([FILTERS, {}, {"compression": "lzf"}]),
)
def test_written_frames_are_read_unchanged(tmp_path_factory, lengths, n, dtype, chunk, filters):
    path, frames = tmp_path_factory.mktemp("t") / "f", numbered(lengths, n, dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ragged, "CHUNK_BYTES", chunk)
        write(path, ({"Z": clip} for clip in frames), {"Z": lengths}, filters)
    with h5py.File(path) as file:
        stored = file["Z/frames"]
        assert stored.dtype == dtype and np.array_equal(stored[()], np.concatenate(frames))
        assert file["Z/offsets"][()].tolist() == np.cumsum([0, *lengths]).tolist()
        rows = max(1, chunk // (n * stored.dtype.itemsize))
        assert stored.chunks == ((min(rows, sum(lengths)), n) if filters else None)
    with open_features(path) as store:
        for read, written in zip(all_clips(store["Z"]), frames, strict=True):
            assert np.array_equal(read, written.astype(np.float32))


@given(lengths=LENGTHS, more=LENGTHS, chunk=st.integers(1, 100))
def test_feature_sets_of_a_file_may_have_different_lengths(tmp_path_factory, lengths, more, chunk):
    count = min(len(lengths), len(more))
    both = {"mel": lengths[:count], "Z": more[:count]}
    frames = {name: numbered(own, len(name), "<f4") for name, own in both.items()}
    path = tmp_path_factory.mktemp("t") / "f"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ragged, "CHUNK_BYTES", chunk)
        write(path, ({name: frames[name][k] for name in both} for k in range(count)), both)
    with h5py.File(path) as file:
        for name, own in frames.items():
            assert np.array_equal(file[name]["frames"][()], np.concatenate(own))


def test_at_most_one_chunk_and_one_clip_are_buffered(tmp_path, monkeypatch):
    monkeypatch.setattr(ragged, "CHUNK_BYTES", 10 * 4)
    frames = numbered([3] * 20, 1, "<f4")
    with h5py.File(tmp_path / "f", "w") as file, ThreadPoolExecutor(2) as pool:
        own = ragged.RaggedSet(file.create_group("Z"), [3] * 20, frames[0], FILTERS, pool)
        for clip in frames:
            own.add(clip)
            assert len(own.waiting) < 10 and len(own.chunks.waiting) <= 8
        own.close()
        assert own.written == 60 and not own.chunks.waiting


ONE = np.ones((2, 3), np.float32)


@pytest.mark.parametrize(
    ("clips", "lengths", "message"),
    [
        ([ONE, ONE[:1]], [2, 2], r"Z: got a clip of shape \(1, 3\), float32, expected \(2, 3\)"),
        ([ONE, ONE], [2, 1], r"Z: got a clip of shape \(2, 3\), float32, expected \(1, 3\)"),
        ([ONE, ONE[:, :2]], [2, 2], r"Z: got a clip of shape \(2, 2\), float32, expected \(2, 3\)"),
        ([ONE, ONE.astype("f8")], [2, 2], "Z: got .* float64, expected .*, float32"),
        ([ONE, ONE[0]], [2, 2], r"Z: got a clip of shape \(3,\)"),
        ([ONE[0], ONE[0]], [3, 3], r"Z: got a clip of shape \(3,\), expected shape \(T"),
        ([ONE, ONE[:0]], [2, 0], "Z: got a clip without frames, expected at least one frame"),
        ([ONE[:, :0]] * 2, [2, 2], r"Z: got a clip of shape \(2, 0\), expected .* n > 0"),
        ([ONE, ONE[:, :0]], [2, 2], r"Z: got a clip of shape \(2, 0\), float32, expected \(2, 3"),
        ([ONE], [2, 2], "Z: got 1 clips, expected 2, as declared"),
        ([], [2, 2], "Z: got 0 clips, expected 2, as declared"),
        ([], [], "Z: got 0 clips, expected at least one"),
        ([ONE, ONE, ONE], [2, 2], "Z: got more than 2 clips, expected 2, as declared"),
        ([ONE], [], "Z: got a clip, expected none, as declared"),
    ],
)
def test_clips_that_differ_from_their_declaration_raise_and_write_no_file(
    tmp_path, clips, lengths, message
):
    with pytest.raises(InputError, match=message):
        write(tmp_path / "f", ({"Z": clip} for clip in clips), {"Z": lengths})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("filters", [FILTERS, {}])
@pytest.mark.parametrize(
    ("clips", "message"),
    [
        (
            [{"Z": ONE, "Y": ONE}, {"Z": ONE}],
            r"clip 1: got the feature sets \['Z'\], expected \['Y",
        ),
        ([{"Z": ONE}] * 2, r"clip 0: got the feature sets \['Z'\], expected \['Y', 'Z'\], as dec"),
        ([{"Z": ONE, "Y": ONE, "X": ONE}] * 2, r"clip 0: got the feature sets \['X', 'Y', 'Z'\]"),
        ([{"Z": ONE, "X": ONE}] * 2, r"clip 0: got the feature sets \['X', 'Z'\], expected \['Y'"),
        ([{}, {}], r"clip 0: got the feature sets \[\], expected \['Y', 'Z'\]"),
        ([{"Z": ONE, "Y": ONE}], "Z: got 1 clips, expected 2, as declared"),
        ([{"Z": ONE, "Y": ONE}] * 3, "Z: got more than 2 clips, expected 2, as declared"),
    ],
)
def test_clips_without_the_declared_sets_raise_and_write_no_file(tmp_path, clips, filters, message):
    with pytest.raises(InputError, match=message) as caught:
        write(tmp_path / "f", iter(clips), {"Z": [2, 2], "Y": [2, 2]}, filters)
    assert len(str(caught.value).splitlines()) == 1
    assert os.listdir(tmp_path) == []


def test_an_exception_of_the_iterable_keeps_the_old_file(tmp_path):
    def clips():
        yield {"Z": ONE}
        raise KeyError("of the caller")

    (tmp_path / "f").write_text("old")
    with pytest.raises(KeyError):
        write(tmp_path / "f", clips(), {"Z": [2, 2]})
    assert (tmp_path / "f").read_text() == "old" and os.listdir(tmp_path) == ["f"]
