"""Selection of the backend: CPU (NumPy, scikit-learn) or GPU (CuPy, cuML).

A `Backend` holds everything that differs between the two: the array module ``xp``, transfer of
arrays, reduction of windows and SVM solvers. It is resolved once per run and passed as an argument;
no other code tests which backend is in use. No GPU library is imported and no device is accessed
before `resolve` is called. Only this package imports CuPy, cuML, kvikio and ``sklearn.svm``.
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
    """Return the backend for a choice of device.

    Parameters
    ----------
    choice : {"auto", "cpu", "gpu"} or Backend
        ``auto`` selects the GPU if CuPy can allocate memory on it, else the CPU.
        ``gpu`` never falls back to the CPU. A `Backend` is returned unchanged.

    Returns
    -------
    Backend
        The same object for the same choice. ``auto`` logs the backend and the reason once.

    Raises
    ------
    InputError
        If the choice is none of these.
    BackendError
        If ``gpu`` is not available; the message states the cause and the command that installs
        what is missing.

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
        return cpu("selected explicitly")
    if choice == "gpu":
        return gpu("selected explicitly")
    try:
        chosen = gpu("CuPy can allocate memory on it")
    except BackendError as error:
        chosen = cpu(f"no GPU: {error}")
    log.info("backend %s (%s): %s", chosen.name, chosen.device, chosen.reason)
    return chosen


def _unpickle(name: str) -> Backend:
    """Return the backend of a name, or ``auto``'s if it is not available on this machine."""
    try:
        return resolve(name)
    except BackendError:
        return resolve("auto")


copyreg.pickle(Backend, lambda backend: (_unpickle, (backend.name,)))
