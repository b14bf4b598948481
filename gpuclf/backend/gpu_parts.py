"""Packages of the GPU backend: which are installed, which can be imported, what each is for."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from gpuclf._utils.cache_folders import use_writable_caches
from gpuclf.errors import first_line

INSTALL = "python -m pip install cupy-cuda13x 'cuml-cu13==26.*' (CUDA 12: cu12 and cuda12x)"


def import_cupy() -> Any:
    """Return the module ``cupy``, whose kernel cache is in a writable folder."""
    use_writable_caches()
    return import_module("cupy")


def import_cuml() -> None:
    """Import ``cuml.svm`` and restore CuPy's memory allocator.

    cuML makes CuPy allocate through RMM, whose default is plain ``cudaMalloc``: it synchronises
    at each call.
    """
    cuda = import_cupy().cuda
    allocator = cuda.get_allocator()
    try:
        import_module("cuml.svm")
    finally:
        cuda.set_allocator(allocator)


class Part(NamedTuple):
    """One package, and the options that need it."""

    module: str
    load: Callable[[], Any]
    purpose: str


PARTS = {
    "CuPy": Part("cupy", import_cupy, "the GPU backend"),
    "cuML": Part("cuml", import_cuml, "--solver library and --svm-type linear on the GPU"),
    "kvikio": Part(
        "kvikio",
        lambda: import_module("kvikio"),
        "reading uncompressed files directly into GPU memory",
    ),
}


def is_installed(module: str) -> bool:
    """Return True if a top-level module is installed; it is not imported."""
    return importlib.util.find_spec(module) is not None


def optional_parts() -> str:
    """Return which packages other than CuPy are installed; none is imported."""
    states = {True: "installed", False: "not installed"}
    return ", ".join(
        f"{name} {states[is_installed(part.module)]}"
        for name, part in PARTS.items()
        if name != "CuPy"
    )


def import_parts() -> dict[str, str]:
    """Return the state of each package, after an attempt to import it, which takes seconds.

    Returns
    -------
    dict of str to str
        ``importable``, ``not installed``, or the error in one line; and what the package is
        needed for.
    """
    return {name: f"{_state(part)}; needed for {part.purpose}" for name, part in PARTS.items()}


def _state(part: Part) -> str:
    if not is_installed(part.module):
        return "not installed"
    try:
        with warnings.catch_warnings(action="ignore"):
            part.load()
    except Exception as error:  # any error of a missing or incompatible CUDA library
        return f"cannot be imported ({first_line(error)})"
    return "importable"
