"""Selection of the GPU, and of the precision of its matrix products.

CuPy has a current device per thread. gpuclf calls CuPy only in the thread that called gpuclf, and
`gpuclf.backend.resolve` makes the backend's device current there. A process uses one GPU: arrays of
two GPUs cannot be combined.
"""

from __future__ import annotations

import logging
import os
import warnings
from typing import Any

from gpuclf.errors import BackendError, first_line

log = logging.getLogger("gpuclf")

VISIBLE = "CUDA_VISIBLE_DEVICES"
OVERRIDE = "NVIDIA_TF32_OVERRIDE"

_used: list[int] = []  # the GPU of this process, once memory was allocated on it


def select_device(cupy: Any, number: int | None) -> tuple[int, str]:
    """Make a GPU current in the calling thread, and allocate memory on it.

    Parameters
    ----------
    cupy : module
        CuPy.
    number : int or None
        Number of the GPU among the visible ones; by default the one that the process uses already,
        else CuPy's current device.

    Returns
    -------
    int, str
        Its number, and its description.

    Raises
    ------
    BackendError
        If there is no such GPU, if memory cannot be allocated on it, or if the process uses
        another one.
    """
    try:
        count = cupy.cuda.runtime.getDeviceCount()
        if number is None:
            number = _used[0] if _used else int(cupy.cuda.Device().id)
        _check_number(number, count)
        cupy.cuda.Device(number).use()
        cupy.zeros(1).sum().item()
        name = cupy.cuda.runtime.getDeviceProperties(number)["name"].decode()
    except BackendError:
        raise
    except Exception as error:  # any error of CUDA, its driver or its compiler
        visible = f"; {_visible()}" if VISIBLE in os.environ else ""
        raise BackendError(f"no working CUDA device ({first_line(error)}{visible})") from error
    _used[:] = [number]
    return number, name if count == 1 else f"{name}, device {number} of {count}"


def _check_number(number: int, count: int) -> None:
    if number >= count:
        allowed = "0" if count == 1 else f"0 to {count - 1}"
        visible = f"{count} GPU{'s' * (count > 1)} visible"
        if VISIBLE in os.environ:
            visible += f", {_visible()}"
        raise BackendError("device", got=number, expected=f"{allowed} ({visible})")
    if _used and number != _used[0]:
        expected = f"{_used[0]}, which this process uses already (one GPU per process)"
        raise BackendError("device", got=number, expected=expected)


def _visible() -> str:
    return f"{VISIBLE}={os.environ[VISIBLE] or repr('')}"


def onnx_providers(number: int) -> tuple[tuple[str, dict[str, str]], ...]:
    """Return the execution providers of onnxruntime for a GPU, and their options.

    Products are in float32, as on the CPU, and algorithms are not chosen by measured times, which
    differ from run to run. The CPU computes the operators that CUDA does not have.
    """
    options = {"device_id": str(number), "use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
    return (("CUDAExecutionProvider", options), ("CPUExecutionProvider", {}))


def disable_tf32() -> None:
    """Make CuPy multiply float32 matrices in float32 in this process, also if ``CUPY_TF32`` is set.

    TF32 has a mantissa of 10 bits, which changes kernels and thereby labels.
    """
    if os.environ.get(OVERRIDE, "0") not in {"", "0"}:
        warnings.warn(
            f"{OVERRIDE}={os.environ[OVERRIDE]}: matrix products may be rounded to TF32, and "
            "results may differ from those of the CPU; unset it",
            stacklevel=2,
        )
    try:
        from cupy._core import _routines_linalg as products

        if products.get_compute_type("float32") == products.COMPUTE_TYPE_TF32:
            products.set_compute_type("float32", products.COMPUTE_TYPE_FP32)
            log.info("CUPY_TF32 is disabled in this process: gpuclf requires float32 products")
    except (ImportError, AttributeError) as error:  # not part of CuPy's public interface
        if os.environ.get("CUPY_TF32", "0") not in {"", "0"}:
            warnings.warn(
                f"CUPY_TF32: not disabled in this version of CuPy ({first_line(error)}), results "
                "may differ from those of the CPU; unset it",
                stacklevel=2,
            )
