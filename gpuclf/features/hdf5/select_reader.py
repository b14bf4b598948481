"""The choice of the reader that fits a dataset.

A dataset that stands in its file in a way that is understood here is read around HDF5. All else is
left to h5py, with the same result: filters that are not known, virtual and external datasets, file
drivers, numbers that are not NumPy's, and chunks so small that HDF5's loop is faster.
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
from gpuclf.features.hdf5.reader import H5Reader, Reader

SMALL_PACKED, SMALL_PLAIN = 2**15, 2**19  # bytes of a chunk below which HDF5's loop was faster


def reader_of(dataset: h5py.Dataset) -> Reader:
    """Choose the fastest reader that fits a dataset.

    Parameters
    ----------
    dataset : Dataset
        Of numbers.

    Returns
    -------
    Reader
        Its ``how`` tells what was chosen, and why if it is h5py.
    """
    why = _not_understood(dataset)
    if why:
        return H5Reader(dataset, why)
    if dataset.chunks is None:
        return ContiguousReader(dataset)
    filters = filters_of(dataset)
    if isinstance(filters, str):
        return H5Reader(dataset, filters)
    nbytes = prod(dataset.chunks) * dataset.dtype.itemsize
    if nbytes < (SMALL_PACKED if filters.decoder else SMALL_PLAIN):
        return H5Reader(dataset, f"small chunks, {size_text(nbytes)}")
    return ChunkReader(dataset, filters)


def _not_understood(dataset: h5py.Dataset) -> str | None:
    """Say what of a dataset's storage only HDF5 can read."""
    file: h5py.File = dataset.file
    layout = dataset.id.get_create_plist().get_layout()
    plain = file.driver == "sec2" and hasattr(os, "preadv")
    kinds: dict[str, Any] = {
        "a virtual dataset": layout == h5py.h5d.VIRTUAL,
        "an external file": bool(dataset.external),
        "a compact dataset": layout == h5py.h5d.COMPACT,
        f"file driver {file.driver}": not plain,
        "an HDF5 before 1.14": not hasattr(dataset.id, "chunk_iter"),
        "a user block": file.userblock_size > 0,
        "a file that is being written": file.id.get_intent() != h5py.h5f.ACC_RDONLY,
        "numbers of their own kind": dataset.id.get_type() != h5py.h5t.py_create(dataset.dtype),
        "nothing written": layout == h5py.h5d.CONTIGUOUS and dataset.id.get_offset() is None,
    }
    return next((name for name, found in kinds.items() if found), None)
