"""The choice of CPU or GPU: made once, at the outermost edge, and handed down.

A `Backend` holds all that differs between the two: the array module ``xp``, moving arrays there and
back, and the library that fits one SVM. Code further down is given the backend, or just ``xp``, and
never asks which one it is. Nothing is imported and no device is touched before `resolve` is called.
This folder is the only place that names CuPy, cuML or ``sklearn.svm``.
"""

from __future__ import annotations

import copyreg
import logging
from functools import cache

from gpuclf._typing import Array
from gpuclf.backend.cpu import cpu
from gpuclf.backend.gpu import gpu
from gpuclf.backend.interface import (
    Backend,
    Batch,
    KernelChange,
    LinearFit,
    PairFit,
    PairOptions,
    PairSolutions,
    Solved,
    TrainingSet,
    Windows,
    WindowStatistics,
    lives_on_device,
)
from gpuclf.errors import BackendError, InputError, one_of

__all__ = [
    "Array",
    "Backend",
    "Batch",
    "KernelChange",
    "LinearFit",
    "PairFit",
    "PairOptions",
    "PairSolutions",
    "Solved",
    "TrainingSet",
    "WindowStatistics",
    "Windows",
    "cpu",
    "gpu",
    "lives_on_device",
    "resolve",
]

log = logging.getLogger("gpuclf")

CHOICES = ("auto", "cpu", "gpu")


def resolve(choice: str | Backend = "auto") -> Backend:
    """Choose where to compute.

    Parameters
    ----------
    choice : {"auto", "cpu", "gpu"} or Backend
        ``auto`` takes the GPU if CuPy can allocate memory on it, else the CPU.
        ``gpu`` never falls back. A backend is returned as it is.

    Returns
    -------
    Backend
        The same object for the same choice. ``auto`` logs it and the reason once.

    Raises
    ------
    BackendError
        If ``gpu`` was asked for and something is missing; the message says what, and how to get it.

    Examples
    --------
    >>> resolve("cpu").name
    'cpu'
    >>> resolve("tpu")
    Traceback (most recent call last):
    gpuclf.errors.InputError: backend: got 'tpu', expected one of auto, cpu, gpu
    """
    if isinstance(choice, Backend):
        return choice
    if choice not in CHOICES:
        raise InputError("backend", got=repr(choice), expected=one_of(CHOICES))
    return _resolve(choice)


@cache
def _resolve(choice: str) -> Backend:
    if choice == "cpu":
        return cpu("it was asked for")
    if choice == "gpu":
        return gpu("it was asked for")
    try:
        chosen = gpu("an allocation on it works")
    except BackendError as error:
        chosen = cpu(f"no GPU: {error}")
    log.info("backend %s (%s): %s", chosen.name, chosen.device, chosen.reason)
    return chosen


def _find_again(name: str) -> Backend:
    """Return a pickled backend; what computed on a GPU may be opened where there is none."""
    try:
        return resolve(name)
    except BackendError:
        return resolve("auto")


copyreg.pickle(Backend, lambda backend: (_find_again, (backend.name,)))
