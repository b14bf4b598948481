"""Numbers have the meaning that netCDF attributes give them, on every path of reading."""

import h5py
import numpy as np
import pytest
from gpuclf import aggregate, open_features
from gpuclf.errors import FeatureFileError, InputError
from gpuclf.features.hdf5 import select_reader
from gpuclf.features.hdf5.netcdf import packing_of
from hypothesis import given
from hypothesis import strategies as st

from conftest import all_clips

SHAPE = (2, 3, 4, 2, 5)
STORAGES = {
    "contiguous": {},
    "plain chunks": {"chunks": (1, 1, 4, 2, 5)},
    "gzip chunks": {"chunks": (1, 1, 4, 2, 5), "compression": "gzip", "shuffle": True},
    "split chunks": {"chunks": (1, 2, 3, 2, 5), "compression": "gzip"},
    "h5py": {"chunks": (1, 2, 3, 1, 5), "compression": "gzip", "fletcher32": True},
}


def write(path, numbers, storage=(), **attributes):
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("Z", data=numbers, **dict(storage))
        dataset.attrs.update(attributes)
        file.attrs["labels"] = ["a", "b"]
    return path


def read(path):
    with open_features(path) as store:
        clips = np.array(all_clips(store["Z"]))
        np.testing.assert_array_equal(store["Z"].read(4), clips[4])
        return clips.reshape(SHAPE), store["Z"].source.reader


def packing(tmp_path, numbers, **attributes):
    with h5py.File(write(tmp_path / "p", numbers, **attributes)) as file:
        return packing_of(file["Z"])


@pytest.fixture(params=STORAGES)
def storage(request, monkeypatch):
    monkeypatch.setattr(select_reader, "SMALL_PACKED", 0)
    monkeypatch.setattr(select_reader, "SMALL_PLAIN", 0)
    return STORAGES[request.param]


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "u1", "<i4", "<f4", ">f8"])
def test_packed_numbers_are_unpacked_for_every_storage_and_type(tmp_path, storage, dtype):
    stored = np.arange(np.prod(SHAPE)).reshape(SHAPE).astype(dtype)
    path = write(tmp_path / "f", stored, storage, scale_factor=0.5, add_offset=-3.0)
    frames, reader = read(path)
    assert frames.dtype == np.float32
    np.testing.assert_array_equal(frames, stored * 0.5 - 3)
    assert reader.packing.names == ("scale_factor", "add_offset")


def test_rows_of_packed_numbers_are_never_copied_byte_for_byte(tmp_path):
    stored = np.ones(SHAPE, np.float32)
    for attributes, direct in (({}, True), ({"scale_factor": 2.0}, False)):
        with open_features(write(tmp_path / "f", stored, **attributes)) as store:
            pieces = store["Z"].plan().blocks[0].pieces
            assert (store["Z"].source.reader.offset(pieces) is not None) is direct


def test_missing_numbers_become_nan_for_every_storage(tmp_path, storage):
    stored = np.arange(np.prod(SHAPE)).reshape(SHAPE).astype("<i2")
    path = write(
        tmp_path / "f",
        stored,
        storage,
        scale_factor=0.1,
        _FillValue=np.int16(7),
        missing_value=np.array([9, 11], np.int16),
        valid_range=np.array([2, 200], np.int16),
    )
    frames, _ = read(path)
    missing = np.isin(stored, (7, 9, 11)) | (stored < 2) | (stored > 200)
    np.testing.assert_array_equal(np.isnan(frames), missing)
    np.testing.assert_array_equal(frames[~missing], (stored * 0.1)[~missing].astype(np.float32))


@pytest.mark.parametrize(
    ("dtype", "attributes", "expected"),
    [
        ("f4", {"_FillValue": 1e20}, "1e20 in float64 is also the nearest float32"),
        ("f4", {"missing_value": np.float64(1e20)}, ""),
        ("i2", {"missing_value": -999.0}, "a float for integers"),
        ("i2", {"_FillValue": np.array([-999], "i2")}, "netCDF writes arrays of one number"),
        ("i1", {"_FillValue": np.int8(-1), "_Unsigned": "true"}, "of the same bits"),
        ("i4", {"valid_min": 0}, ""),
        ("f4", {"valid_max": np.float32(1e10)}, ""),
    ],
)
def test_the_stored_number_is_compared(tmp_path, dtype, attributes, expected):
    last = {"f4": 1e20, "i2": -999, "i1": -1, "i4": -5}[dtype]
    numbers = np.array([1, 2, last], dtype)
    unpacked = packing(tmp_path, numbers, **attributes).unpack(numbers)
    np.testing.assert_array_equal(unpacked, [1, 2, np.nan])


def test_bytes_may_be_unsigned(tmp_path):
    numbers = np.array([1, -1], "i1")
    assert packing(tmp_path, numbers, _Unsigned="true").unpack(numbers).tolist() == [1, 255]
    assert packing(tmp_path, numbers, _Unsigned="false").names == ()


def test_a_valid_range_of_floats_refers_to_the_meaning_of_packed_integers(tmp_path):
    numbers = np.array([0, 10, 20], "i2")
    of_meaning = packing(tmp_path, numbers, scale_factor=0.1, valid_range=[0.5, 1.0])
    np.testing.assert_array_equal(of_meaning.unpack(numbers), [np.nan, 1, np.nan])
    stored = packing(tmp_path, numbers, scale_factor=0.1, valid_min=np.int16(10))
    np.testing.assert_array_equal(stored.unpack(numbers), [np.nan, 1, 2])


def test_the_fill_value_of_netcdf_libraries_is_missing(tmp_path):
    fill = 9.969209968386869e36
    with h5py.File(tmp_path / "f", "w") as file:
        file.create_dataset("Z", data=np.float32([1, fill]), fillvalue=np.float32(fill))
        file.create_dataset("Y", data=np.float32([1, fill]))
        np.testing.assert_array_equal(packing_of(file["Z"]).unpack(file["Z"][()]), [1, np.nan])
        assert packing_of(file["Y"]).names == ()


def test_attributes_without_an_effect_keep_the_fast_paths(tmp_path):
    numbers = np.array([1.0, np.nan], np.float32)
    attributes = {"scale_factor": 1.0, "add_offset": 0.0, "_FillValue": np.float32(np.nan)}
    plain = packing(tmp_path, numbers, **attributes, units="dB")
    assert plain.names == () and plain.missing_names == ("_FillValue",)


@given(
    scale=st.floats(1e-6, 1e6), offset=st.floats(-1e6, 1e6), number=st.integers(-(2**15), 2**15 - 1)
)
def test_unpacking_is_linear(tmp_path_factory, scale, offset, number):
    folder, numbers = tmp_path_factory.mktemp("p"), np.array([number], "i2")
    unpacked = packing(folder, numbers, scale_factor=scale, add_offset=offset).unpack(numbers)
    assert unpacked.tolist() == [number * scale + offset]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"scale_factor": "0.1"}, "dataset 'Z', scale_factor: got .*, expected a number"),
        ({"scale_factor": [0.1, 0.2]}, "scale_factor: got .*0.2.*, expected a number"),
        ({"scale_factor": 0.0}, "got scale_factor 0, add_offset 0, expected finite numbers"),
        ({"add_offset": np.nan}, "got scale_factor 1, add_offset nan"),
        ({"valid_range": 3}, "valid_range: got .*3.*, expected 2 numbers"),
        ({"missing_value": "none"}, "missing_value: got .*, expected numbers"),
        ({"_Unsigned": "maybe"}, "_Unsigned: got 'maybe', expected true or false"),
    ],
)
def test_attributes_that_the_conventions_do_not_allow_raise(tmp_path, attributes, message):
    path = write(tmp_path / "f", np.ones(SHAPE, "i2"), **attributes)
    with open_features(path) as store, pytest.raises(FeatureFileError, match=message):
        store["Z"]


def test_a_missing_number_is_the_reason_of_an_error(tmp_path):
    stored = np.ones(SHAPE, "i2")
    stored[1, 2, 3, 0, 4] = -1
    path = write(tmp_path / "f", stored, scale_factor=0.1, _FillValue=np.int16(-1))
    message = r"clip 'b/2': got nan in feature 4 of frame 6 \(missing: the dataset has _FillValue\)"
    with open_features(path) as store, pytest.raises(InputError, match=message):
        aggregate(store["Z"], n_vectors=1, backend="cpu")


def test_packed_frames_of_the_clips_layout_are_unpacked(tmp_path):
    with h5py.File(tmp_path / "f", "w") as file:
        file.attrs.update(gpuclf_layout="clips", gpuclf_version=1, labels=list("abcdefgh"))
        file["clips/id"] = ["x", "y"]
        file["clips/label"] = [0, 70]
        file["clips/label"].attrs["scale_factor"] = 0.1
        file["clips/fold"] = np.array([3, 4], "i2")
        file["clips/fold"].attrs.update(add_offset=1, _FillValue=np.int16(-1))
        file["mel/frames"] = np.arange(6, dtype="u1").reshape(3, 2)
        file["mel/frames"].attrs["add_offset"] = 10.0
        file["mel/offsets"] = [0, 1, 3]
    with open_features(tmp_path / "f") as store:
        clips = store["mel"].clips
        assert clips.y.tolist() == [0, 7] and clips.folds.tolist() == [4, 5]
        np.testing.assert_array_equal(store["mel"].read(1), [[12, 13], [14, 15]])


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"_FillValue": 4}, "clips/fold: got nan by _FillValue at index 1, expected integers"),
        (
            {"scale_factor": 0.5},
            "clips/fold: got 1.5 by scale_factor at index 0, expected integers",
        ),
    ],
)
def test_missing_or_fractional_folds_raise(tmp_path, attributes, message):
    with h5py.File(tmp_path / "f", "w") as file:
        file.attrs.update(gpuclf_layout="clips", gpuclf_version=1, labels=["a", "b"])
        file["clips/id"] = ["x", "y"]
        file["clips/fold"] = [3, 4]
        file["clips/fold"].attrs.update(attributes)
        file["mel/frames"] = np.ones((2, 2))
        file["mel/offsets"] = [0, 1, 2]
    with open_features(tmp_path / "f") as store, pytest.raises(FeatureFileError, match=message):
        store["mel"]
