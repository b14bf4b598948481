"""What HDF5's filters did to a chunk, undone without HDF5: outside its one lock, in any thread.

Handled is one compressor of `DECODERS`, with or without a shuffle before it: what h5py's
``shuffle=True, compression=...`` and hdf5plugin write. HDF5 numbers a dataset's filters in
the order in which they are applied; bit ``i`` of a chunk's filter mask says that filter ``i`` was
left out.
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
        Their places in the order of filters; -1 for none.
    decoder : str
        The function of imagecodecs that undoes the compressor.
    """

    itemsize: int
    shuffle: int = NONE
    compressor: int = NONE
    decoder: str = ""

    def left_out(self, mask: int) -> bool:
        """Tell whether a chunk with this filter mask is stored as it is."""
        return not self._applied(self.shuffle, mask) and not self._applied(self.compressor, mask)

    def decode(self, stored: Bytes, mask: int, spare: Bytes, chunk: Bytes) -> None:
        """Undo the filters of one chunk.

        Parameters
        ----------
        stored : uint8 array
            The chunk as it stands in the file.
        mask : int
            Its filter mask; a chunk that is stored as it is (see `left_out`) has nothing to undo.
        spare, chunk : uint8 arrays
            Of the chunk's size: one to work in and one to fill.

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
        if len(stored) != len(chunk):
            raise ValueError(f"a chunk of {len(stored)} bytes where {len(chunk)} were expected")
        if shuffled:
            unshuffle(stored, self.itemsize, chunk)

    def _decompress(self, stored: Bytes, into: Bytes) -> None:
        import imagecodecs

        if self.decoder == "blosc_decode":
            _check_blosc(stored, into)
        unpacked = getattr(imagecodecs, self.decoder)(stored, out=into)
        if len(unpacked) != len(into):
            raise ValueError(f"a chunk of {len(unpacked)} bytes where {len(into)} were expected")

    def _applied(self, place: int, mask: int) -> bool:
        return place != NONE and not mask >> place & 1


def _check_blosc(stored: Bytes, into: Bytes) -> None:
    """Make sure of the sizes in Blosc's header, which its decoder believes."""
    if len(stored) < BLOSC_HEADER:
        raise ValueError(f"a Blosc chunk of {len(stored)} bytes")
    whole, block, packed = np.frombuffer(stored[4:BLOSC_HEADER].tobytes(), "<u4").tolist()
    if whole != len(into) or packed != len(stored) or not 0 < block <= whole:
        raise ValueError("a Blosc chunk whose header does not fit")


def filters_of(dataset: h5py.Dataset) -> Filters | str:
    """Read which filters a chunked dataset has.

    Parameters
    ----------
    dataset : Dataset
        Of numbers.

    Returns
    -------
    Filters or str
        A text says which filter it is that is not handled here.
    """
    properties = dataset.id.get_create_plist()
    found: dict[str, Any] = {"itemsize": dataset.dtype.itemsize}
    for place in range(properties.get_nfilters()):
        number, _, _, name = properties.get_filter(place)
        if number == SHUFFLE and place == 0:
            found.update(shuffle=place)
        elif number in DECODERS and "compressor" not in found:
            found.update(compressor=place, decoder=DECODERS[number])
        else:
            return f"filter {name.decode(errors='replace') or number}"
    filters = Filters(**found)
    if filters.shuffle != NONE and filters.compressor == NONE:
        # Chunks at the edge may be stored as they are, and nothing would show that they are.
        return "filter shuffle, alone"
    return filters


def unshuffle(stored: Bytes, itemsize: int, chunk: Bytes) -> None:
    """Bring the bytes of numbers together again, which HDF5 stored as all first bytes, all second.

    Parameters
    ----------
    stored : uint8 array
        First bytes of all numbers, then second ones, and so on.
    itemsize : int
        Bytes of a number.
    chunk : uint8 array
        As large, to be filled.

    Examples
    --------
    >>> numbers = np.empty(4, np.uint8)
    >>> unshuffle(np.array([1, 2, 10, 20], np.uint8), 2, numbers)
    >>> numbers.tolist()
    [1, 10, 2, 20]
    """
    from gpuclf.features.hdf5.unshuffle import JOIN

    planes = stored.reshape(itemsize, -1)
    if itemsize in JOIN:
        JOIN[itemsize](planes, chunk.view(f"<u{itemsize}"))
    else:
        chunk.reshape(-1, itemsize)[...] = planes.T
