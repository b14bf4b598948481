"""Select the reader of a dataset.

Datasets with a supported storage are read in parallel, bypassing HDF5. All others are read by h5py,
with the same result: unsupported filters, virtual and external datasets, file drivers, data types
without NumPy dtype, systems without positioned reads (Windows), and chunks so small that HDF5
is faster.
"""

from __future__ import annotations

import os
from math import prod
from typing import Any

import h5py

from gpuclf._utils.memory import size_text
from gpuclf.features.hdf5.chunked import ChunkReader
from gpuclf.features.hdf5.contiguous import ContiguousReader
from gpuclf.features.hdf5.filters import filters_of
from gpuclf.features.hdf5.netcdf import packing_of
from gpuclf.features.hdf5.reader import H5Reader, Reader

SMALL_PACKED, SMALL_PLAIN = 2**15, 2**19  # bytes per chunk below which HDF5 is faster


def reader_of(dataset: h5py.Dataset) -> Reader:
    """Return the fastest reader for a dataset of numbers; its ``how`` names the reason for h5py."""
    packing, reason = packing_of(dataset), _reason_for_h5py(dataset)
    if reason:
        return H5Reader(dataset, packing, reason)
    if dataset.chunks is None:
        return ContiguousReader(dataset, packing)
    filters = filters_of(dataset)
    if isinstance(filters, str):
        return H5Reader(dataset, packing, filters)
    nbytes = prod(dataset.chunks) * dataset.dtype.itemsize
    if nbytes < (SMALL_PACKED if filters.decoder else SMALL_PLAIN):
        return H5Reader(dataset, packing, f"small chunks, {size_text(nbytes)}")
    return ChunkReader(dataset, filters, packing)


def _reason_for_h5py(dataset: h5py.Dataset) -> str | None:
    file: h5py.File = dataset.file
    layout = dataset.id.get_create_plist().get_layout()
    reasons: dict[str, Any] = {
        "a virtual dataset": layout == h5py.h5d.VIRTUAL,
        "an external file": bool(dataset.external),
        "a compact dataset": layout == h5py.h5d.COMPACT,
        f"file driver {file.driver}": file.driver != "sec2",
        "a system without positioned reads": not hasattr(os, "preadv"),
        "an HDF5 before 1.14": not hasattr(dataset.id, "chunk_iter"),
        "a user block": file.userblock_size > 0,
        "a file that is being written": file.id.get_intent() != h5py.h5f.ACC_RDONLY,
        "a data type without NumPy dtype": dataset.id.get_type()
        != h5py.h5t.py_create(dataset.dtype),
        "a dataset without data": layout == h5py.h5d.CONTIGUOUS and dataset.id.get_offset() is None,
    }
    return next((reason for reason, applies in reasons.items() if applies), None)
