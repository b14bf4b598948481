"""Boxes of chunked datasets are read as by HDF5, for every storage."""

import h5py
import hdf5plugin
import numpy as np
import pytest
from gpuclf.features.hdf5 import chunked as chunks
from gpuclf.features.hdf5 import select_reader as readers
from gpuclf.features.hdf5.blocks import Piece
from gpuclf.features.hdf5.select_reader import reader_of
from hypothesis import given, settings
from hypothesis import strategies as st

from boxes import check, numbers, read, whole

FILTERS = [
    {},
    {"shuffle": True},
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True},
    {"compression": "lzf", "shuffle": True},
    dict(hdf5plugin.Zstd()),
    {"shuffle": True, **hdf5plugin.LZ4(nbytes=64)},
    dict(hdf5plugin.Blosc(cname="zstd", shuffle=hdf5plugin.Blosc.BITSHUFFLE)),
    {"compression": "gzip", "fletcher32": True},
    dict(hdf5plugin.Bitshuffle()),
]
DTYPES = ["<f4", ">f4", "<f2", "<f8", ">f8", "<i2", ">i2", "<i4", "<u8", "u1"]


@pytest.fixture
def no_chunk_is_small(monkeypatch):
    monkeypatch.setattr(readers, "SMALL_PACKED", 0)
    monkeypatch.setattr(readers, "SMALL_PLAIN", 0)


@pytest.fixture
def h5py_is_not_used(no_chunk_is_small, monkeypatch):
    def refuse(*args):
        raise AssertionError("read by h5py")

    monkeypatch.setattr(chunks, "read_by_h5py", refuse)


@settings(max_examples=50)
@given(data=st.data())
def test_every_box_of_every_dataset_is_read_as_by_hdf5(tmp_path_factory, data):
    shape = data.draw(st.lists(st.integers(1, 7), min_size=2, max_size=5))
    dtype, options = data.draw(st.sampled_from(DTYPES)), data.draw(st.sampled_from(FILTERS))
    chunked = bool(options) or data.draw(st.booleans())
    unit = tuple(data.draw(st.integers(1, size)) for size in shape) if chunked else None
    start = [data.draw(st.integers(0, size - 1)) for size in shape[:-1]]
    stop = [
        data.draw(st.integers(first + 1, size)) for first, size in zip(start, shape, strict=False)
    ]
    box = Piece((*start, 0), (*stop, shape[-1]), 0)
    path = tmp_path_factory.mktemp("chunks") / "f"
    with h5py.File(path, "w") as file:
        file.create_dataset("Z", data=numbers(shape, dtype), chunks=unit, **options)
    with h5py.File(path) as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "SMALL_PACKED", 0)
        patch.setattr(readers, "SMALL_PLAIN", 0)
        patch.setattr(chunks, "TASK_BYTES", data.draw(st.sampled_from([1, 300])))
        check(file["Z"], box)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [{}, *FILTERS[2:8]])
def test_supported_filters_are_decoded_without_h5py(tmp_path, h5py_is_not_used, options, dtype):
    with h5py.File(tmp_path / "f", "w") as file:
        file.create_dataset("Z", data=numbers((5, 9, 4), dtype), chunks=(2, 4, 3), **options)
    with h5py.File(tmp_path / "f") as file:
        assert reader_of(file["Z"]).how == "in parallel, bypassing HDF5"
        check(file["Z"], Piece((1, 0, 0), (4, 7, 4), 0))


def test_a_chunk_of_several_pieces_is_decoded_once(tmp_path, no_chunk_is_small, monkeypatch):
    with h5py.File(tmp_path / "f", "w") as file:
        file.create_dataset("Z", data=numbers((30, 4), "<f4"), chunks=(20, 4), compression="gzip")
    decoded = []
    original = chunks.ChunkReader._read
    monkeypatch.setattr(
        chunks.ChunkReader, "_read", lambda *args: (decoded.append(args[2]), original(*args))
    )
    with h5py.File(tmp_path / "f") as file:
        got = read(file["Z"], Piece((2, 0), (5, 4), 0), Piece((9, 0), (25, 4), 3))
        np.testing.assert_array_equal(got, np.concatenate([file["Z"][2:5], file["Z"][9:25]]))
    assert sorted(decoded) == [(0, 0), (20, 0)]


@pytest.mark.parametrize("fill", [0.0, 3.5])
def test_unwritten_chunks_contain_the_fill_value(tmp_path, h5py_is_not_used, fill):
    with h5py.File(tmp_path / "f", "w") as file:
        file.create_dataset("Z", (6, 8), "<f4", chunks=(1, 8), fillvalue=fill, compression="gzip")[
            3
        ] = np.arange(8)
    with h5py.File(tmp_path / "f") as file:
        got = read(file["Z"], whole(file["Z"]))
        assert (np.delete(got, 3, axis=0) == fill).all() and got[3, 7] == 7


def test_skipped_filters_of_a_chunk_are_not_decoded(tmp_path, h5py_is_not_used):
    values = numbers((3, 8), "<f4")
    with h5py.File(tmp_path / "f", "w") as file:
        dataset = file.create_dataset(
            "Z", (3, 8), "<f4", chunks=(1, 8), compression="gzip", shuffle=True
        )
        dataset[0] = values[0]
        dataset.id.write_direct_chunk((1, 0), values[1].tobytes(), filter_mask=0b11)
        shuffled = values[2].view(np.uint8).reshape(8, 4).T.tobytes()
        dataset.id.write_direct_chunk((2, 0), shuffled, filter_mask=0b10)
    with h5py.File(tmp_path / "f") as file:
        np.testing.assert_array_equal(read(file["Z"], whole(file["Z"])), values)


def test_a_damaged_chunk_index_raises_os_error(tmp_path, no_chunk_is_small):
    with h5py.File(tmp_path / "f", "w") as file:
        file.create_dataset("Z", data=numbers((30, 4), "<f4"), chunks=(5, 4), compression="gzip")
    content = (tmp_path / "f").read_bytes()
    (tmp_path / "f").write_bytes(content.replace(b"TREE\x01", b"EERT\x01"))
    with h5py.File(tmp_path / "f") as file, pytest.raises(OSError, match="B-tree"):
        read(file["Z"], whole(file["Z"]))


def test_numbers_out_of_the_range_of_float32_become_infinite(tmp_path, no_chunk_is_small):
    with h5py.File(tmp_path / "f", "w") as file:
        for name, unit in {"chunks": (1, 2), "plain": None}.items():
            file.create_dataset(name, data=[[1e39, -1e300]], chunks=unit)
    with h5py.File(tmp_path / "f") as file:
        for dataset in list(file.values()):
            assert read(dataset, whole(dataset)).tolist() == [[np.inf, -np.inf]]
