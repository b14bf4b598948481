"""Versions of Python, the system, the packages and the GPU driver."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

PACKAGES = ("gpuclf", "numpy", "scikit-learn", "h5py", "numba", "imagecodecs")
GPU_PACKAGES = (
    *("cupy-cuda13x", "cuml-cu13", "kvikio-cu13"),
    *("cupy-cuda12x", "cuml-cu12", "kvikio-cu12"),
)


def versions(packages: tuple[str, ...] = PACKAGES + GPU_PACKAGES) -> dict[str, str]:
    """Return the versions of the installed packages among ``packages``.

    Examples
    --------
    >>> sorted(versions(("numpy", "no-such-package")))
    ['numpy']
    """
    installed = {}
    for package in packages:
        try:
            installed[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed


def describe() -> dict[str, Any]:
    """Return the versions of Python, the system and the packages; no GPU is accessed.

    Returns
    -------
    dict
        ``python``, ``system`` and ``packages`` (versions by name).
    """
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": versions(),
    }


def driver() -> str:
    """Return the version of the NVIDIA driver from the management library (NVML).

    Returns
    -------
    str
        A version such as ``580.65``, or ``none found``. No CUDA context is created.
    """
    import ctypes

    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return "none found"
    text = ctypes.create_string_buffer(96)
    if nvml.nvmlInit_v2() or nvml.nvmlSystemGetDriverVersion(text, ctypes.c_uint(len(text))):
        return "found, but not responding"
    return text.value.decode()
