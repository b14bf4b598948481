"""Inverse of HDF5's shuffle filter in one pass over memory.

The filter stores the first bytes of all numbers, then the second bytes, and so on. The code is
compiled because a transposed copy in NumPy takes seven times as long.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Bytes
from gpuclf._utils.jit import compiled


@compiled
def _unshuffle2(shuffled: Bytes, numbers: npt.NDArray[np.uint16]) -> None:
    for i in range(numbers.size):
        numbers[i] = np.uint16(shuffled[0, i]) | np.uint16(shuffled[1, i]) << np.uint16(8)


@compiled
def _unshuffle4(shuffled: Bytes, numbers: npt.NDArray[np.uint32]) -> None:
    for i in range(numbers.size):
        numbers[i] = (
            np.uint32(shuffled[0, i])
            | np.uint32(shuffled[1, i]) << np.uint32(8)
            | np.uint32(shuffled[2, i]) << np.uint32(16)
            | np.uint32(shuffled[3, i]) << np.uint32(24)
        )


@compiled
def _unshuffle8(shuffled: Bytes, numbers: npt.NDArray[np.uint64]) -> None:
    for i in range(numbers.size):
        number = np.uint64(0)
        for k in range(8):
            number |= np.uint64(shuffled[k, i]) << np.uint64(8 * k)
        numbers[i] = number


_BY_ITEMSIZE: dict[int, Any] = {2: _unshuffle2, 4: _unshuffle4, 8: _unshuffle8}


def unshuffle(shuffled: Bytes, itemsize: int, chunk: Bytes) -> None:
    """Write the unshuffled bytes of numbers of ``itemsize`` bytes to ``chunk``, of equal size.

    Examples
    --------
    >>> numbers = np.empty(4, np.uint8)
    >>> unshuffle(np.array([1, 2, 10, 20], np.uint8), 2, numbers)
    >>> numbers.tolist()
    [1, 10, 2, 20]
    """
    by_byte = shuffled.reshape(itemsize, -1)
    if itemsize in _BY_ITEMSIZE:
        _BY_ITEMSIZE[itemsize](by_byte, chunk.view(f"<u{itemsize}"))
    else:
        chunk.reshape(-1, itemsize)[...] = by_byte.T
