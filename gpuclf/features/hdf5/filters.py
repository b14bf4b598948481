"""Decode HDF5 filters without HDF5 and its global lock, in any thread.

Supported are one compressor of `DECODERS`, alone or after the shuffle filter, as written by h5py's
``shuffle=True, compression=...`` and by hdf5plugin. HDF5 numbers the filters of a dataset in the
order of their application; bit ``i`` of the filter mask of a chunk is set if filter ``i`` was
skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from gpuclf._typing import Bytes

SHUFFLE = h5py.h5z.FILTER_SHUFFLE
DECODERS = {  # HDF5 filter number: decoding function of imagecodecs
    h5py.h5z.FILTER_DEFLATE: "deflate_decode",
    h5py.h5z.FILTER_LZF: "lzf_decode",
    32001: "blosc_decode",
    32004: "lz4h5_decode",
    32015: "zstd_decode",
}
NONE = -1
BLOSC_HEADER = 16  # bytes


@dataclass(frozen=True)
class Filters:
    """Filters of a dataset.

    Parameters
    ----------
    itemsize : int
        Size of a number in bytes.
    shuffle, compressor : int
        Index of the shuffle filter and of the compressor; -1 for none.
    decoder : str
        Decoding function of imagecodecs.
    """

    itemsize: int
    shuffle: int = NONE
    compressor: int = NONE
    decoder: str = ""

    def all_skipped(self, mask: int) -> bool:
        """Return True if a filter mask skips all filters."""
        return not self._applied(self.shuffle, mask) and not self._applied(self.compressor, mask)

    def decode(self, stored: Bytes, mask: int, spare: Bytes, chunk: Bytes) -> None:
        """Decode one chunk.

        Parameters
        ----------
        stored : uint8 array
            Bytes of the chunk in the file.
        mask : int
            Filter mask of the chunk, which does not skip all filters.
        spare, chunk : uint8 arrays
            Buffer and output, both of the size of the decoded chunk.

        Raises
        ------
        ValueError, RuntimeError
            If the data is damaged.
        """
        shuffled = self._applied(self.shuffle, mask)
        if self._applied(self.compressor, mask):
            unpacked = spare if shuffled else chunk
            self._decompress(stored, unpacked)
            stored = unpacked
        _check_size(stored, chunk)
        if shuffled:
            from gpuclf.features.hdf5.unshuffle import unshuffle

            unshuffle(stored, self.itemsize, chunk)

    def _decompress(self, stored: Bytes, into: Bytes) -> None:
        import imagecodecs

        if self.decoder == "blosc_decode":
            _check_blosc(stored, into)
        _check_size(getattr(imagecodecs, self.decoder)(stored, out=into), into)

    def _applied(self, index: int, mask: int) -> bool:
        return index != NONE and not mask >> index & 1


def _check_size(chunk: Bytes, expected: Bytes) -> None:
    if len(chunk) != len(expected):
        raise ValueError(f"a chunk of {len(chunk)} bytes, expected {len(expected)}")


def _check_blosc(stored: Bytes, into: Bytes) -> None:
    """Check the sizes in the Blosc header, which the decoder does not validate."""
    if len(stored) < BLOSC_HEADER:
        raise ValueError(f"a Blosc chunk of {len(stored)} bytes")
    full, block, packed = np.frombuffer(stored[4:BLOSC_HEADER].tobytes(), "<u4").tolist()
    if full != len(into) or packed != len(stored) or not 0 < block <= full:
        raise ValueError("a Blosc chunk with an invalid header")


def filters_of(dataset: h5py.Dataset) -> Filters | str:
    """Return the filters of a chunked dataset, or the name of an unsupported filter."""
    properties = dataset.id.get_create_plist()
    known: dict[str, Any] = {"itemsize": dataset.dtype.itemsize}
    for index in range(properties.get_nfilters()):
        number, _, _, name = properties.get_filter(index)
        if number == SHUFFLE and index == 0:
            known.update(shuffle=index)
        elif number in DECODERS and "compressor" not in known:
            known.update(compressor=index, decoder=DECODERS[number])
        else:
            return f"filter {name.decode(errors='replace') or number}"
    filters = Filters(**known)
    if filters.shuffle != NONE and filters.compressor == NONE:
        # HDF5 may store edge chunks unfiltered; without a compressor their size does not show it.
        return "filter shuffle without compression"
    return filters
