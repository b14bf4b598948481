"""What a run ran on: versions, device, system; for `gpuclf doctor` and for every result."""

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
    """Versions of the installed packages among ``packages``; those not installed are left out.

    Examples
    --------
    >>> sorted(versions(("numpy", "no-such-package")))
    ['numpy']
    """
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def describe() -> dict[str, Any]:
    """Describe Python, the system and the packages, without touching a device.

    Returns
    -------
    dict
        ``python``, ``system`` and ``packages``, a version each.
    """
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": versions(),
    }


def driver() -> str:
    """Name NVIDIA's driver as the management library tells it, or say that there is none.

    Returns
    -------
    str
        A version such as ``580.65``, or ``none found``. No CUDA context is made.
    """
    import ctypes

    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return "none found"
    text = ctypes.create_string_buffer(96)
    if nvml.nvmlInit_v2() or nvml.nvmlSystemGetDriverVersion(text, ctypes.c_uint(len(text))):
        return "found, but it does not answer"
    return text.value.decode()
