"""Launches of CUDA kernels, described as data, and the functions of a GPU that they require.

The code that prepares launches takes a `Device`. Tests give it one that runs the same CUDA source
on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

from gpuclf._typing import AnyArray, Array


class Launch(NamedTuple):
    """One launch of a kernel."""

    file: str  # source file in this package
    kernel: str
    macros: tuple[tuple[str, int | str], ...]
    blocks: int
    threads: int  # per block
    shared: int  # bytes of dynamic shared memory per block
    arguments: Sequence[Any]


@dataclass(frozen=True)
class Device:
    """Functions and limits of a GPU.

    Parameters
    ----------
    xp : module
        CuPy; or NumPy, where kernels run on the CPU.
    launch : callable
        ``(Launch)``: runs a kernel, asynchronously.
    address : callable
        ``(array) -> int``: address of an array in device memory.
    to_host : callable
        ``(array) -> NumPy array``; waits for the kernels that write it.
    max_shared : int
        Maximum shared memory per block in bytes.
    free_memory : callable
        ``() -> int``: free memory in bytes.
    """

    xp: ModuleType
    launch: Callable[[Launch], None]
    address: Callable[[Array], int]
    to_host: Callable[[Array], AnyArray]
    max_shared: int
    free_memory: Callable[[], int]
