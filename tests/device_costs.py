"""Costs of work on a simulated device: launches, operations, copies, synchronisations and memory.

Only counts, no times. A real device needs at least one launch for each array operation.
"""

import contextlib
import ctypes
import weakref
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

GRANULE = 512  # CuPy's pool allocates multiples of this number of bytes


@dataclass
class Costs:
    """Counts of the work submitted to the device within `counting`."""

    launches: Counter = field(default_factory=Counter)  # of CUDA kernels, by name
    operations: Counter = field(default_factory=Counter)  # on arrays, by name; no products
    products: int = 0  # of matrices, a batch counting once
    flops: int = 0  # of the products
    synchronisations: Counter = field(default_factory=Counter)  # the host waits, by cause
    to_device: int = 0  # bytes
    to_host: int = 0  # bytes
    allocated: int = 0  # bytes, those of freed arrays included


_active = []


@contextlib.contextmanager
def counting():
    """Count the work that is submitted within a block."""
    costs = Costs()
    _active.append(costs)
    try:
        yield costs
    finally:
        _active.remove(costs)


def launch(kernel):
    for costs in _active:
        costs.launches[kernel] += 1


def operation(name):
    for costs in _active:
        costs.operations[name] += 1


def product(left, result):
    for costs in _active:
        costs.products += 1
        costs.flops += 2 * result.size * left.shape[-1]


def synchronisation(cause):
    for costs in _active:
        costs.synchronisations[cause] += 1


def copy_to_device(nbytes):
    for costs in _active:
        costs.to_device += nbytes


def copy_to_host(nbytes):
    for costs in _active:
        costs.to_host += nbytes


class OutOfMemoryError(MemoryError):
    """The device has not enough free memory."""

    def __init__(self, size, total, limit=0):
        super().__init__(f"Out of memory allocating {size:,} bytes (allocated so far: {total:,}).")


class Memory:
    """Allocations of the device; an array that owns its memory is one, its views are none."""

    def __init__(self, total, fragmented=0):
        self.total, self.used, self.most_used = total, 0, 0
        self.fragmented = fragmented  # bytes that are reported as free, and are not
        self.allocations = {}  # address: size in bytes

    def claim(self, array):
        """Account for the memory of an array and return its owner."""
        owner = owner_of(array)
        address = owner.ctypes.data
        if address not in self.allocations and owner.nbytes:
            size = -(-owner.nbytes // GRANULE) * GRANULE
            if self.used + size > self.total - self.fragmented:
                raise OutOfMemoryError(size, self.used)
            self.allocations[address] = owner.nbytes
            self.used += size
            self.most_used = max(self.most_used, self.used)
            weakref.finalize(owner, self._free, address, size)
            for costs in _active:
                costs.allocated += size
        return owner

    def map(self, pinned):
        """Let the device access memory of the host; it takes up none of the device."""
        self.allocations[pinned.ptr] = len(pinned)
        weakref.finalize(pinned, self.allocations.pop, pinned.ptr)

    def _free(self, address, size):
        del self.allocations[address]
        self.used -= size

    def at(self, address):
        """Return the bytes from an address to the end of its allocation."""
        for start, nbytes in self.allocations.items():
            if start <= address < start + nbytes:
                count = start + nbytes - address
                return np.frombuffer((ctypes.c_uint8 * count).from_address(address), np.uint8)
        raise AssertionError(f"no device memory is allocated at address {address:#x}")


def owner_of(array):
    """Return the array that owns the memory of a view, also of a view made by `as_strided`."""
    parent = array.base
    while hasattr(parent, "base"):
        array = parent if isinstance(parent, np.ndarray) else array
        parent = parent.base
    return array


MEMORY = Memory(2**30)
