"""Launches of CUDA kernels, described as data, and the functions of a GPU that they require.

The code that prepares launches takes a `Device`. Tests give it one that runs the same CUDA source
on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

from gpuclf._typing import AnyArray, Array, Ints

THREADS = 256  # per block, of kernels in which each thread works on its own


class Launch(NamedTuple):
    """One launch of a kernel."""

    file: str  # source file in this package
    kernel: str
    macros: tuple[tuple[str, int | str], ...]
    blocks: int
    threads: int  # per block
    shared: int  # bytes of dynamic shared memory per block
    arguments: Sequence[Any]  # device arrays, arrays of `Device.counter`, NumPy scalars


@dataclass(frozen=True)
class Device:
    """Functions and limits of a GPU.

    Parameters
    ----------
    xp : module
        CuPy; or NumPy, where kernels run on the CPU.
    launch : callable
        ``(Launch)``: runs a kernel on the current stream, asynchronously.
    address : callable
        ``(array) -> int``: address of an array in device memory.
    to_host : callable
        ``(array) -> NumPy array``; waits for the current stream.
    counter : callable
        ``() -> int32 array (1,)``: 0, in host memory that kernels can write.
    submitted : callable
        ``() -> (() -> bool)``: a function that returns True once the device has completed all work
        submitted to the current stream before the call.
    streams : callable
        ``(count) -> [context manager]``: streams, whose work starts after that submitted to the
        current stream before the call; each is the current stream within its context.
    join : callable
        ``(streams)``: later work on the current stream starts after that submitted to the streams.
    multiprocessors : int
        Number of multiprocessors.
    max_shared : int
        Maximum shared memory per block in bytes.
    free_memory : callable
        ``() -> int``: free memory in bytes.
    """

    xp: ModuleType
    launch: Callable[[Launch], None]
    address: Callable[[Array], int]
    to_host: Callable[[Array], AnyArray]
    counter: Callable[[], Ints]
    submitted: Callable[[], Callable[[], bool]]
    streams: Callable[[int], Sequence[AbstractContextManager[Any]]]
    join: Callable[[Sequence[Any]], None]
    multiprocessors: int
    max_shared: int
    free_memory: Callable[[], int]

    def to_device(self, table: AnyArray) -> Array:
        """Return a table of structures as bytes in device memory, shape (entries, size)."""
        rows = table.reshape(-1)
        return self.xp.asarray(rows.view("u1").reshape(len(rows), rows.dtype.itemsize))
