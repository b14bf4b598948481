"""Simulated packages of the GPU backend."""

import importlib.util
import sys
import threading
import types

import numpy as np
import pytest
from gpuclf import backend
from gpuclf.backend import gpu_cuml, gpu_device

DEFAULT, FP32, TF32 = 1, 4, 7  # CuPy's constants


@pytest.fixture
def find_spec(monkeypatch):
    """Return a function that simulates installed and missing packages."""
    real = importlib.util.find_spec

    def pretend(**installed):
        monkeypatch.setattr(
            importlib.util,
            "find_spec",
            lambda name: (
                object() if installed.get(name) else None if name in installed else real(name)
            ),
        )

    return pretend


class FakeCupy(types.ModuleType):
    """NumPy with CuPy's devices, allocator and types of matrix products."""

    def __init__(self, devices, compute_type):
        super().__init__("cupy")
        self.allocator = "the pool's"
        self.compute_type = compute_type
        self.current = threading.local()
        products = types.ModuleType("cupy._core._routines_linalg")
        products.COMPUTE_TYPE_FP32, products.COMPUTE_TYPE_TF32 = FP32, TF32
        products.get_compute_type = lambda dtype: self.compute_type
        products.set_compute_type = lambda dtype, value: setattr(self, "compute_type", value)
        self._core = types.SimpleNamespace(_routines_linalg=products)

        def count():
            if devices == 0:
                raise RuntimeError(
                    "cudaErrorNoDevice: no CUDA-capable device is detected\nand more"
                )
            return devices

        self.cuda = types.SimpleNamespace(
            Device=self.device,
            runtime=types.SimpleNamespace(
                getDeviceCount=count,
                getDeviceProperties=lambda number: {"name": b"A GPU"},
                memGetInfo=lambda: (7, 9),
            ),
            get_allocator=lambda: self.allocator,
            set_allocator=lambda allocator: setattr(self, "allocator", allocator),
        )

    def __getattr__(self, name):
        return getattr(np, name)

    def device(self, number=None):
        number = getattr(self.current, "number", 0) if number is None else number
        return types.SimpleNamespace(id=number, use=lambda: setattr(self.current, "number", number))

    def asnumpy(self, array):
        return np.asarray(array)

    def get_default_memory_pool(self):
        return types.SimpleNamespace(free_bytes=lambda: 0)


@pytest.fixture
def fake_cupy(monkeypatch):
    """Return a function that replaces CuPy; gpuclf has not selected a backend yet."""

    def replace(devices=1, compute_type=DEFAULT):
        cupy = FakeCupy(devices, compute_type)
        monkeypatch.setitem(sys.modules, "cupy", cupy)
        monkeypatch.setitem(sys.modules, "cupy._core", cupy._core)
        monkeypatch.setattr(gpu_device, "_used", [])
        forget()
        return cupy

    def forget():
        backend._resolve.cache_clear()
        gpu_cuml.require_cuml.cache_clear()

    yield replace
    forget()
