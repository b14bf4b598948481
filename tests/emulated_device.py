"""Device whose kernels are emulated on the CPU, for the code that prepares launches."""

from contextlib import nullcontext

import numpy as np
from gpuclf.backend.gpu_launch import Device

from emulated import emulated

SHARED = 2**18  # bytes that the emulation gives each block


def emulated_device(folder):
    """Return a device that keeps compiled kernels in a folder."""

    def launch(launch):
        kernel = emulated(launch.file, launch.kernel, folder, launch.macros)
        assert launch.shared <= SHARED
        kernel(launch.blocks, launch.threads, *launch.arguments)

    def address(array):
        assert array.flags.c_contiguous
        return array.ctypes.data

    return Device(
        xp=np,
        launch=launch,
        address=address,
        to_host=np.asarray,
        counter=lambda: np.zeros(1, np.int32),
        submitted=lambda: lambda: True,
        streams=lambda count: [nullcontext()] * count,
        join=lambda streams: None,
        multiprocessors=1,
        max_shared=2**16,
        free_memory=lambda: 2**27,
    )
