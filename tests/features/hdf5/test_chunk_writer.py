"""Chunks compressed by `ChunkWriter` are read by HDF5."""

from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest
from gpuclf.features.hdf5.chunk_writer import ChunkWriter
from gpuclf.features.writer import FILTERS
from hypothesis import given
from hypothesis import strategies as st


@given(
    total=st.integers(1, 40),
    height=st.integers(1, 12),
    dtype=st.sampled_from(["<f4", ">f4", "<f8", "<f2", "i1", ">i4"]),
)
def test_rows_are_read_back_bit_identical(tmp_path_factory, total, height, dtype):
    path = tmp_path_factory.mktemp("t") / "f"
    rows = np.arange(total * 3).reshape(total, 3).astype(dtype)
    height = min(height, total)
    with h5py.File(path, "w") as file, ThreadPoolExecutor(2) as pool:
        dataset = file.create_dataset("Z", rows.shape, dtype, chunks=(height, 3), **FILTERS)
        writer = ChunkWriter(dataset, pool)
        begin = total // height // 2 * height  # written in two parts
        writer.write(0, rows[:begin])
        writer.write(begin, rows[begin:].astype(rows.dtype.newbyteorder("=")))
        writer.close()
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["Z"][:], rows)
        assert file["Z"].dtype == dtype


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (FILTERS, True),
        ({"compression": "gzip", "shuffle": True}, True),
        ({"compression": "gzip"}, False),
        ({"compression": "lzf", "shuffle": True}, False),
        ({**FILTERS, "fletcher32": True}, False),
        ({}, False),
    ],
)
def test_only_shuffle_and_gzip_are_supported(filters, fits):
    assert ChunkWriter.fits(filters) == fits
