"""Decoding of HDF5 filters without HDF5."""

import h5py
import hdf5plugin
import numpy as np
import pytest
from gpuclf.features.hdf5.filters import Filters, filters_of
from gpuclf.features.hdf5.unshuffle import unshuffle
from hypothesis import given
from hypothesis import strategies as st


@given(itemsize=st.integers(1, 17), count=st.integers(0, 40))
def test_unshuffle_restores_the_bytes_of_each_number(itemsize, count):
    numbers = np.random.default_rng(count).integers(0, 256, (count, itemsize), dtype=np.uint8)
    got = np.empty(numbers.size, np.uint8)
    unshuffle(np.ascontiguousarray(numbers.T).reshape(-1), itemsize, got)
    np.testing.assert_array_equal(got, numbers.reshape(-1))


def filters(tmp_path, **options):
    with h5py.File(tmp_path / "f", "w") as file:
        return filters_of(file.create_dataset("Z", data=np.ones((8, 9)), chunks=(8, 9), **options))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (-1, -1, "")),
        ({"compression": "gzip"}, (-1, 0, "deflate_decode")),
        ({"compression": "lzf", "shuffle": True}, (0, 1, "lzf_decode")),
        (hdf5plugin.Zstd(), (-1, 0, "zstd_decode")),
        ({"shuffle": True, **hdf5plugin.LZ4()}, (0, 1, "lz4h5_decode")),
        (hdf5plugin.Blosc(), (-1, 0, "blosc_decode")),
    ],
)
def test_common_filters_are_supported(tmp_path, options, expected):
    supported = filters(tmp_path, **options)
    assert (supported.shuffle, supported.compressor, supported.decoder) == expected


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"fletcher32": True}, "fletcher32"),
        ({"shuffle": True}, "shuffle without compression"),
        ({"scaleoffset": 3}, "scaleoffset"),
        (hdf5plugin.Bitshuffle(), "bitshuffle"),
        (hdf5plugin.BZip2(), "bzip2"),
    ],
)
def test_unsupported_filters_are_named(tmp_path, options, name):
    assert f"filter {name}" in filters(tmp_path, **options)


def test_filters_skipped_by_the_mask_are_not_decoded():
    both = Filters(itemsize=4, shuffle=0, compressor=1, decoder="deflate_decode")
    assert [both.all_skipped(mask) for mask in (0b00, 0b01, 0b10, 0b11)] == [
        False,
        False,
        False,
        True,
    ]
    stored, chunk = np.arange(8, dtype=np.uint8), np.empty(8, np.uint8)
    both.decode(stored, 0b10, np.empty(8, np.uint8), chunk)  # only shuffled
    assert chunk.tolist() == [0, 2, 4, 6, 1, 3, 5, 7]


def test_a_chunk_of_another_size_raises():
    shuffled = Filters(itemsize=4, shuffle=0)
    with pytest.raises(ValueError, match="a chunk of 4 bytes, expected 8"):
        shuffled.decode(np.zeros(4, np.uint8), 0, np.empty(8, np.uint8), np.empty(8, np.uint8))


@pytest.mark.parametrize("place", [4, 11, 12])
def test_a_blosc_chunk_with_invalid_sizes_raises(place):
    import imagecodecs

    blosc = Filters(itemsize=1, compressor=0, decoder="blosc_decode")
    chunk, spare = np.empty(1000, np.uint8), np.empty(0, np.uint8)
    stored = np.frombuffer(imagecodecs.blosc_encode(bytes(1000)), np.uint8).copy()
    blosc.decode(stored, 0, spare, chunk)
    stored[place] ^= 255
    for damaged in (stored, stored[:9]):
        with pytest.raises(ValueError, match="a Blosc chunk"):
            blosc.decode(damaged, 0, spare, chunk)
