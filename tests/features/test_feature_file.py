"""Opening, subsetting and reading feature files."""

import h5py
import numpy as np
import pytest
from gpuclf.errors import FeatureFileError, InputError
from gpuclf.features.feature_file import open_features
from gpuclf.features.writer import write_clips, write_grid
from hypothesis import given
from hypothesis import strategies as st

from conftest import all_clips, grid_frames


def test_select_returns_a_feature_set_by_name_or_the_default(tmp_path):
    frames = grid_frames()
    write_grid(tmp_path / "one", {"Xs": frames}, list("abc"))
    write_grid(tmp_path / "many", {"Xs": frames, "Z": frames, "Xa": frames}, list("abc"))
    write_grid(tmp_path / "no-Z", {"Xs": frames, "Xa": frames}, list("abc"))
    with open_features(tmp_path / "one") as store:
        assert store.select().name == "Xs"
    with open_features(tmp_path / "many") as store:
        assert (store.select().name, store.select("Xa").name) == ("Z", "Xa")
    with (
        open_features(tmp_path / "no-Z") as store,
        pytest.raises(FeatureFileError, match="got no name, expected one of 'Xa', 'Xs'"),
    ):
        store.select()
    with (
        open_features(tmp_path / "no-Z") as store,
        pytest.raises(FeatureFileError, match="got 'Y', expected one of 'Xa', 'Xs'"),
    ):
        store.select("Y")


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4", ">f8", "<i2", ">i4", "u1"])
def test_every_dtype_is_read_as_float32(tmp_path, dtype):
    values = np.arange(120).reshape(2, 3, 2, 2, 5).astype(dtype)
    write_grid(tmp_path / "f", {"Z": values}, ["a", "b"])
    with open_features(tmp_path / "f") as store:
        frames = np.array(all_clips(store["Z"]))
    assert frames.dtype == np.float32
    np.testing.assert_array_equal(frames, values.reshape(6, 4, 5).astype(np.float32))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunks": (2, 2, 7, 1, 3)},
        {"chunks": (1, 6, 20, 2, 8), "compression": "gzip", "shuffle": True},
        {"chunks": (1, 1, 3, 2, 8), "compression": "lzf", "fletcher32": True},
        {"chunks": True, "scaleoffset": 4},
    ],
)
def test_every_chunking_and_filter_is_read(tmp_path, options):
    frames = np.round(grid_frames(), 3)
    with h5py.File(tmp_path / "f", "w") as file:
        file.create_dataset("Z", data=frames, **options)
        file.attrs["labels"] = list("abc")
    with open_features(tmp_path / "f") as store:
        got = np.array(all_clips(store["Z"]))
    np.testing.assert_allclose(got, frames.reshape(18, 40, 8), atol=1e-3 if options else 0)


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=12),
    frames_per_block=st.integers(1, 50),
    n_frames=st.one_of(st.none(), st.integers(1, 9)),
)
def test_every_clip_is_read_once_for_every_block_size(
    tmp_path_factory, lengths, frames_per_block, n_frames
):
    path = tmp_path_factory.mktemp("store") / "f"
    rng = np.random.default_rng(0)
    frames = [rng.normal(size=(length, 3)).astype(np.float32) for length in lengths]
    write_clips(path, {"Z": frames}, ["a"], [0] * len(lengths))
    n_frames = None if n_frames is None else min(n_frames, max(lengths))
    with open_features(path) as store:
        got = all_clips(store["Z"].subset(n_frames=n_frames), frames_per_block)
    assert len(got) == len(frames)
    for one, other in zip(got, frames, strict=True):
        np.testing.assert_array_equal(one, other[:n_frames])


@given(
    n_classes=st.integers(1, 3),
    n_clips=st.integers(1, 6),
    n_frames=st.integers(1, 20),
    frames_per_block=st.integers(1, 500),
)
def test_subset_returns_the_first_classes_clips_and_frames(
    tmp_path_factory, n_classes, n_clips, n_frames, frames_per_block
):
    path = tmp_path_factory.mktemp("store") / "f"
    frames = grid_frames()
    write_grid(path, {"Z": frames}, list("abc"))
    with open_features(path) as store:
        features = store["Z"].subset(n_classes, n_clips, n_frames)
        got = np.array(all_clips(features, frames_per_block))
    part = frames[:n_classes, :n_clips, :n_frames]
    np.testing.assert_array_equal(got, part.reshape(n_classes * n_clips, 2 * n_frames, 8))
    assert features.clips.labels == tuple("abc"[:n_classes])
    assert features.nbytes == part.nbytes


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"n_classes": 4}, "n_classes: got 4, expected 1 to 3: .* has 3 classes"),
        ({"n_clips": 7}, "n_clips: got 7, expected 1 to 6: .* has 6 clips per class"),
        ({"n_frames": 21}, "n_frames: got 21, expected 1 to 20: .* has 20 frames per clip"),
        ({"n_frames": 0}, "n_frames: got 0, expected 1 to 20"),
    ],
)
def test_subset_raises_beyond_the_size_of_the_file(grid_file, limits, message):
    with open_features(grid_file) as store, pytest.raises(InputError, match=message):
        store["Z"].subset(**limits)


def test_open_raises_for_a_file_that_is_not_hdf5(tmp_path, grid_file):
    (tmp_path / "text.hdf5").write_text("labels: blues, rock\n" * 100)
    (tmp_path / "empty.hdf5").write_bytes(b"")
    whole = grid_file.read_bytes()
    (tmp_path / "cut.hdf5").write_bytes(whole[: len(whole) // 2])
    for name, message in {
        "missing.hdf5": "got no such file",
        "text.hdf5": "got a file that is not HDF5",
        "empty.hdf5": "got an empty file",
        "cut.hdf5": "got a truncated file",
        ".": "got a folder",
    }.items():
        with pytest.raises(FeatureFileError, match=message):
            open_features(tmp_path / name)


@pytest.mark.parametrize(
    ("layout", "filters", "at_the_end", "in_the_middle"),
    [
        ("grid", {}, "c/5", "b/2"),
        ("grid", {"compression": "gzip"}, "c/5", "b/2"),
        ("clips", {}, "no. 17", "no. 8"),
        ("clips", {"compression": "gzip"}, "no. 0", "no. 0"),  # all in one chunk
    ],
)
def test_a_truncated_file_raises_and_names_the_first_lost_clip(
    tmp_path, layout, filters, at_the_end, in_the_middle
):
    path, frames = tmp_path / "f", np.random.default_rng(0).normal(size=(3, 6, 200, 2, 8))
    if layout == "grid":
        write_grid(path, {"Z": frames}, list("abc"), filters=filters)
    else:
        ids = [f"no. {clip}" for clip in range(18)]
        clips = list(frames.reshape(18, 400, 8))
        write_clips(path, {"Z": clips}, ["a"], [0] * 18, ids=ids, filters=filters)
    size = path.stat().st_size
    for left, clip in ((size - 1, at_the_end), (size // 2, in_the_middle)):
        with path.open("r+b") as file:
            file.truncate(left)
        message = rf"a truncated file \({left:,} of {size:,} bytes\), cut off at clip '{clip}' "
        with pytest.raises(FeatureFileError, match=message):
            open_features(path)
    with path.open("r+b") as file:
        file.truncate(900)  # the metadata is lost
    with pytest.raises(FeatureFileError, match=rf"900 of {size:,} bytes\), expected a complete"):
        open_features(path)


def test_damaged_data_raises_and_names_the_clip(tmp_path):
    path = tmp_path / "f"
    write_grid(path, {"Z": grid_frames()}, list("abc"))
    with h5py.File(path) as file:
        place = file["Z"].id.get_chunk_info_by_coord((1, 2, 0, 0, 0)).byte_offset
    content = bytearray(path.read_bytes())
    content[place + 10 : place + 200] = bytes(190)
    path.write_bytes(content)
    for frames_per_block in (1, 2**20):
        with open_features(path) as store, pytest.raises(FeatureFileError, match="clip 'b/2'"):
            all_clips(store["Z"], frames_per_block)


def test_damaged_metadata_raises_a_one_line_message(tmp_path):
    """Overwrite 16 bytes of HDF5's metadata at a time."""
    path = tmp_path / "f"
    write_grid(path, {"Z": grid_frames(n_clips=2)}, list("abc"), filters={})
    whole = path.read_bytes()
    for start in range(0, 2048, 96):
        path.write_bytes(whole[:start] + b"\xff" * 16 + whole[start + 16 :])
        try:
            with open_features(path) as store:
                all_clips(store.select())
        except FeatureFileError as error:
            assert "\n" not in str(error)
