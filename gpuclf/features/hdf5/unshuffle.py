"""Byte planes joined into numbers, for `gpuclf.features.hdf5.filters`: as fast as memory, one pass.

Compiled: a transposed copy in NumPy takes seven times as long.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Bytes
from gpuclf._utils.jit import compiled

Planes = Bytes  # (bytes of a number, numbers): the lowest address first


@compiled
def _join2(planes: Planes, numbers: npt.NDArray[np.uint16]) -> None:
    for i in range(numbers.size):
        numbers[i] = np.uint16(planes[0, i]) | np.uint16(planes[1, i]) << np.uint16(8)


@compiled
def _join4(planes: Planes, numbers: npt.NDArray[np.uint32]) -> None:
    for i in range(numbers.size):
        numbers[i] = (
            np.uint32(planes[0, i])
            | np.uint32(planes[1, i]) << np.uint32(8)
            | np.uint32(planes[2, i]) << np.uint32(16)
            | np.uint32(planes[3, i]) << np.uint32(24)
        )


@compiled
def _join8(planes: Planes, numbers: npt.NDArray[np.uint64]) -> None:
    for i in range(numbers.size):
        number = np.uint64(0)
        for k in range(8):
            number |= np.uint64(planes[k, i]) << np.uint64(8 * k)
        numbers[i] = number


JOIN: dict[int, Any] = {2: _join2, 4: _join4, 8: _join8}
