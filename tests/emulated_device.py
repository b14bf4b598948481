"""Device whose kernels are emulated on the CPU, for the code that prepares launches."""

import weakref
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
from gpuclf.backend.gpu_launch import Device

from emulated import byte_range, emulated, unwritten

XP = SimpleNamespace(**{**vars(np), "empty": unwritten})


class AddressedArrays:
    """Arrays whose addresses tables hold: kernels may access them, as long as they exist."""

    def __init__(self):
        self.arrays = []

    def address(self, array):
        owner = array if array.base is None else array.base
        self.arrays.append((weakref.ref(owner), byte_range(array)))
        return array.ctypes.data

    def ranges(self):
        self.arrays = [one for one in self.arrays if one[0]() is not None]
        return {addresses for _, addresses in self.arrays}


def emulated_device(folder):
    """Return a device that keeps compiled kernels in a folder."""
    addressed = AddressedArrays()

    def launch(launch):
        kernel = emulated(launch.file, launch.kernel, folder, launch.macros)
        size = launch.blocks, launch.threads
        kernel(*size, *launch.arguments, shared=launch.shared, memory=addressed.ranges())

    return Device(
        xp=XP,
        launch=launch,
        address=addressed.address,
        to_host=np.asarray,
        counter=lambda: np.zeros(1, np.int32),
        submitted=lambda: lambda: True,
        streams=lambda count: [nullcontext()] * count,
        join=lambda streams: None,
        multiprocessors=1,
        max_shared=2**16,
        free_memory=lambda: 2**27,
    )
