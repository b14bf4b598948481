"""HDF5's filters undone without HDF5: outside its global lock, in any thread.

Supported is one compressor of `DECODERS`, with or without a shuffle before it: what h5py's
``shuffle=True, compression=...`` and hdf5plugin write. HDF5 numbers a dataset's filters in the
order in which they are applied; bit ``i`` of a chunk's filter mask is set if filter ``i`` was
skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from gpuclf._typing import Bytes

SHUFFLE = h5py.h5z.FILTER_SHUFFLE
DECODERS = {  # number of an HDF5 filter: the function of imagecodecs that undoes it
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
    """The filters of a dataset.

    Parameters
    ----------
    itemsize : int
        Bytes of a number.
    shuffle, compressor : int
        Their indices in the order of filters; -1 for none.
    decoder : str
        The function of imagecodecs that undoes the compressor.
    """

    itemsize: int
    shuffle: int = NONE
    compressor: int = NONE
    decoder: str = ""

    def left_out(self, mask: int) -> bool:
        """Return True if all filters were skipped for a chunk with this filter mask."""
        return not self._applied(self.shuffle, mask) and not self._applied(self.compressor, mask)

    def decode(self, stored: Bytes, mask: int, spare: Bytes, chunk: Bytes) -> None:
        """Undo the filters of one chunk.

        Parameters
        ----------
        stored : uint8 array
            The chunk as stored in the file.
        mask : int
            Its filter mask, for which not all filters were `left_out`.
        spare, chunk : uint8 arrays
            Of the chunk's size: working memory, and the result.

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
        raise ValueError(f"a chunk of {len(chunk)} bytes where {len(expected)} were expected")


def _check_blosc(stored: Bytes, into: Bytes) -> None:
    """Check the sizes in Blosc's header, which its decoder trusts."""
    if len(stored) < BLOSC_HEADER:
        raise ValueError(f"a Blosc chunk of {len(stored)} bytes")
    full, block, packed = np.frombuffer(stored[4:BLOSC_HEADER].tobytes(), "<u4").tolist()
    if full != len(into) or packed != len(stored) or not 0 < block <= full:
        raise ValueError("a Blosc chunk whose header does not fit")


def filters_of(dataset: h5py.Dataset) -> Filters | str:
    """Return the filters of a chunked dataset of numbers, or the name of an unsupported one."""
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
        # Chunks at the edge may be stored unfiltered, and nothing would show it.
        return "filter shuffle, alone"
    return filters
