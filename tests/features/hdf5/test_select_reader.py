"""Selection of the reader of a dataset."""

import os

import h5py
import pytest
from gpuclf.features.hdf5 import select_reader as readers
from gpuclf.features.hdf5.blocks import Piece
from gpuclf.features.hdf5.select_reader import reader_of

from boxes import check, numbers, read, whole


@pytest.mark.parametrize(
    ("unit", "options", "how"),
    [
        ((8, 1024), {"compression": "gzip"}, "in parallel, bypassing HDF5"),
        ((7, 1024), {"compression": "gzip"}, "by h5py: small chunks, 28 KiB"),
        ((128, 1024), {}, "in parallel, bypassing HDF5"),
        ((127, 1024), {}, "by h5py: small chunks, 508 KiB"),
        (None, {}, "in parallel, bypassing HDF5"),
        ((128, 1024), {"compression": "gzip", "fletcher32": True}, "by h5py: filter fletcher32"),
    ],
)
def test_small_chunks_and_unsupported_filters_are_read_by_h5py(tmp_path, unit, options, how):
    with h5py.File(tmp_path / "f", "w") as file:
        file.create_dataset("Z", data=numbers((128, 1024), "<f4"), chunks=unit, **options)
    with h5py.File(tmp_path / "f") as file:
        assert reader_of(file["Z"]).how == how
        check(file["Z"], whole(file["Z"]))


def test_a_file_that_is_being_written_is_read_by_h5py(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "SMALL_PLAIN", 0)
    with h5py.File(tmp_path / "f", "w") as writing:
        writing["plain"] = numbers((4, 6), "<f4")
        writing.create_dataset("chunks", data=numbers((4, 6), "<f4"), chunks=(2, 6))
        with h5py.File(tmp_path / "f") as file:
            for name in ("plain", "chunks"):
                assert "by h5py: a file that is being written" in reader_of(file[name]).how
                writing[name][0] = 99
                assert (read(file[name], whole(file[name]))[0] == 99).all()


def test_unsupported_storage_is_read_by_h5py(tmp_path):
    values = numbers((4, 6), "<f4")
    with h5py.File(tmp_path / "block", "w", userblock_size=512) as file:
        file["a user block"] = values
    with h5py.File(tmp_path / "f", "w") as file:
        layout = h5py.VirtualLayout((4, 6), "<f4")
        layout[:] = h5py.VirtualSource(tmp_path / "block", "a user block", (4, 6))
        file.create_virtual_dataset("a virtual dataset", layout)
        file.create_dataset(
            "an external file", (4, 6), "<f4", external=[(tmp_path / "raw", 0, h5py.h5f.UNLIMITED)]
        )[...] = values
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((4, 6))
        name = b"a compact dataset"
        compact = h5py.h5d.create(file.id, name, h5py.h5t.IEEE_F32LE, space, plist)
        compact.write(h5py.h5s.ALL, h5py.h5s.ALL, values)
        kind = h5py.h5t.STD_I32LE.copy()
        kind.set_precision(20)
        odd = h5py.h5d.create(file.id, b"a data type without NumPy dtype", kind, space)
        h5py.Dataset(odd)[...] = values.astype(int)
        file.create_dataset("a dataset without data", (4, 6), "<f4")
        file.create_dataset("small chunks", data=values, chunks=(1, 6), compression="gzip")
    for path in (tmp_path / "f", tmp_path / "block"):
        with h5py.File(path) as file:
            for name, dataset in list(file.items()):  # the iterator of items() holds HDF5's lock
                assert reader_of(dataset).how.startswith(f"by h5py: {name}")
                check(dataset, whole(dataset))
    with h5py.File(tmp_path / "block", driver="core") as file:
        assert reader_of(file["a user block"]).how == "by h5py: file driver core"


@pytest.mark.parametrize("options", [{}, {"chunks": (4, 6), "compression": "gzip"}])
def test_without_positioned_reads_h5py_is_used(tmp_path, monkeypatch, options):
    monkeypatch.setattr(readers, "SMALL_PACKED", 0)
    with h5py.File(tmp_path / "f", "w") as file:
        file.create_dataset("Z", data=numbers((4, 6), "<f4"), **options)
    with h5py.File(tmp_path / "f") as file:
        assert reader_of(file["Z"]).how == "in parallel, bypassing HDF5"
        monkeypatch.delattr(os, "preadv")
        assert reader_of(file["Z"]).how == "by h5py: a system without positioned reads"
        check(file["Z"], whole(file["Z"]))


def test_offset_is_returned_only_for_contiguous_float32(tmp_path):
    values = numbers((4, 6, 5), "<f4")
    with h5py.File(tmp_path / "f", "w") as file:
        file.update({"Z": values, "double": values.astype("<f8")})
        file.create_dataset("chunks", data=values, chunks=(4, 6, 5))
    content = (tmp_path / "f").read_bytes()
    with h5py.File(tmp_path / "f") as file:
        offset = reader_of(file["Z"]).offset([Piece((1, 0, 0), (3, 6, 5), 0)])
        assert content[offset : offset + 240] == values[1:3].tobytes()
        assert reader_of(file["Z"]).offset([Piece((0, 0, 0), (2, 3, 5), 0)]) is None
        for name in ("double", "chunks"):
            assert reader_of(file[name]).offset([whole(file[name])]) is None
