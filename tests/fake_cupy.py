"""The modules ``cupy`` and ``cupyx``, without a GPU, so that the GPU backend itself runs.

Arrays are those of fence.py. Kernels are compiled from the source that CuPy would be given and run
on the CPU (emulated.py). Copies on streams of their own happen as late as events allow
(streams.py), all other work at once. Work is counted (device_costs.py). This is not a GPU.
"""

import importlib.machinery
import importlib.util
import sys
from types import ModuleType

import numpy as np
from gpuclf.backend import gpu_device

import device_costs as costs
import streams
from emulated import emulated_source, signature
from fence import FenceArray, FenceError, xp

DEFAULT_SHARED = 48 * 1024  # bytes per block that need no opt-in
MAX_SHARED = 227 * 1024  # of an H100
SCALARS = {"int": "int32", "unsigned": "uint32", "long long": "int64", "float": "float32"}
POINTED = {**SCALARS, "double": "float64", "unsigned long long": "uint64"}


class RawModule:
    """CUDA source, which is compiled for the CPU."""

    _folder = None  # of compiled kernels

    def __init__(self, *, code, options=()):
        self.code = code
        defined = [option.removeprefix("-D") for option in options if option.startswith("-D")]
        self.macros = tuple(tuple(macro.partition("=")[::2]) for macro in defined)

    def get_function(self, name):
        return RawKernel(self, name)


class RawKernel:
    """Kernel of a module; its arguments must be what the source declares."""

    def __init__(self, module, name):
        self.name, self.types = name, signature(module.code, name)
        self.run = emulated_source(module.code, name, module._folder, module.macros)
        self.max_dynamic_shared_size_bytes = DEFAULT_SHARED

    def __call__(self, grid, block, args, *, shared_mem=0):
        assert len(args) == len(self.types), "wrong number of arguments"
        assert grid[0] >= 1 and 1 <= block[0] <= 1024 and grid[1:] == block[1:] == ()
        assert shared_mem <= min(self.max_dynamic_shared_size_bytes, MAX_SHARED)
        costs.launch(self.name)
        memory = [(start, start + size) for start, size in costs.MEMORY.allocations.items()]
        arguments = map(argument, self.types, args)
        self.run(grid[0], block[0], *arguments, shared=shared_mem, memory=memory)


def argument(kind, value):
    """Return an argument for the emulator; CuPy passes the bytes of whatever it is given."""
    kind = kind.removeprefix("const ")
    if not kind.endswith("*"):
        if getattr(value, "dtype", None) != np.dtype(SCALARS[kind]):
            raise FenceError(f"a parameter of type {kind} is given {type(value).__name__} {value}")
        return value
    if isinstance(value, np.uint64):
        return costs.MEMORY.at(int(value)) if value else None
    if not isinstance(value, FenceArray) or not value.flags.c_contiguous:
        raise FenceError(f"a pointer is given {type(value).__name__}, or gaps between values")
    expected = POINTED.get(kind.removesuffix("*"))
    if expected is not None and value.dtype != expected:
        raise FenceError(f"a parameter of type {kind} is given an array of {value.dtype}")
    return value._hidden


class PinnedMemoryPointer(bytearray):
    """Page-locked memory of the host, which kernels can access."""

    def __init__(self, nbytes):
        super().__init__(nbytes)
        costs.MEMORY.map(self)

    ptr = property(lambda self: np.frombuffer(self, np.uint8).ctypes.data)

    def size(self):
        return len(self)


class MemoryPool:
    """Pool that keeps no freed memory."""

    def malloc(self, size):
        raise NotImplementedError("arrays of the fence allocate their memory themselves")

    def used_bytes(self):
        return costs.MEMORY.used

    total_bytes = used_bytes

    def free_bytes(self):
        return 0

    def free_all_blocks(self):
        pass


class Device:
    """The only device."""

    id = 0
    attributes = {"MaxSharedMemoryPerBlockOptin": MAX_SHARED, "MultiProcessorCount": 132}  # noqa: RUF012

    def __init__(self, device=0):
        assert device == 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    use = __enter__

    def synchronize(self):
        costs.synchronisation("device")
        for stream in list(streams.Stream.made):
            stream.run(len(stream.work))


def pinned(shape, dtype=np.float64, fill=-1):
    array = np.frombuffer(
        PinnedMemoryPointer(int(np.prod(shape)) * np.dtype(dtype).itemsize), dtype
    )
    array.fill(fill)
    return array.reshape(shape)


def modules():
    """Return new modules by name: ``cupy``, ``cupy.cuda``, ``cupyx`` and so on."""
    streams.restart()
    pool, allocators, compute_types = MemoryPool(), [], {}
    allocators.append(pool.malloc)
    runtime = module(
        "cupy.cuda.runtime",
        getDeviceCount=lambda: 1,
        getDevice=lambda: 0,
        getDeviceProperties=lambda device: {"name": b"a simulated GPU"},
        memGetInfo=lambda: (costs.MEMORY.total - costs.MEMORY.used, costs.MEMORY.total),
    )
    products = module(
        "cupy._core._routines_linalg",
        COMPUTE_TYPE_FP32=4,
        COMPUTE_TYPE_TF32=7,
        get_compute_type=lambda dtype: compute_types.get(dtype, 0),
        set_compute_type=compute_types.__setitem__,
    )
    core = module("cupy._core", _routines_linalg=products)
    memory = module("cupy.cuda.memory", OutOfMemoryError=costs.OutOfMemoryError)
    cuda = module(
        "cupy.cuda",
        runtime=runtime,
        memory=memory,
        Device=Device,
        Stream=streams.Stream,
        Event=streams.Event,
        MemoryPool=MemoryPool,
        alloc_pinned_memory=PinnedMemoryPointer,
        get_current_stream=lambda: streams.Stream.current[-1],
        get_allocator=lambda: allocators[-1],
        set_allocator=allocators.append,
    )
    cupy = module(
        "cupy",
        **{**vars(xp), "__name__": "cupy"},
        cuda=cuda,
        _core=core,
        RawModule=RawModule,
        get_default_memory_pool=lambda: pool,
    )
    cupyx = module("cupyx", empty_pinned=pinned, zeros_pinned=lambda *args: pinned(*args, fill=0))
    return [cupy, cuda, runtime, memory, core, products, cupyx]


def module(name, **contents):
    made = ModuleType(name)
    made.__spec__ = importlib.machinery.ModuleSpec(name, None)
    made.__path__ = []
    vars(made).update(contents)
    return made


def install(monkeypatch, name, **contents):
    """Put a module in place of an installed one, until the test ends."""
    made = module(name, **contents)
    monkeypatch.setitem(sys.modules, name, made)
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda other: made.__spec__ if other == name else real(other)
    )
    return made


def remove(monkeypatch, name):
    """Let a package appear not to be installed, until the test ends."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda other: None if other == name else real(other)
    )
    monkeypatch.setitem(sys.modules, name, None)


def simulated_gpu(monkeypatch, kernels):
    """Put the modules in place of CuPy until the test ends; return ``cupy``.

    Parameters
    ----------
    monkeypatch : fixture
    kernels : Path
        Folder of compiled kernels.
    """
    monkeypatch.setattr(RawModule, "_folder", kernels)
    monkeypatch.setattr(gpu_device, "_used", [])
    made = modules()
    for one in made:
        monkeypatch.setitem(sys.modules, one.__name__, one)
    return made[0]


def forget_modules():
    """Clear the caches of `gpuclf.backend`, which hold modules and devices."""
    for name in [name for name in sys.modules if name.startswith("gpuclf.backend")]:
        for value in list(vars(sys.modules[name]).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()
