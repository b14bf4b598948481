"""Selection of the backend: CPU (NumPy, scikit-learn) or GPU (CuPy, cuML).

A `Backend` holds everything that differs between the two: the array module ``xp``, transfer of
arrays, reduction of windows and SVM solvers. It is resolved once per run and passed as an argument;
no other code tests which backend is in use. No GPU library is imported and no device is accessed
before `resolve` is called. Only this package imports CuPy, cuML, kvikio and ``sklearn.svm``.
"""

from __future__ import annotations

import copyreg
import logging
import re
from functools import cache

from gpuclf._typing import Array
from gpuclf.backend.cpu import cpu
from gpuclf.backend.gpu import gpu
from gpuclf.backend.gpu_parts import import_parts, optional_parts
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
    "import_parts",
    "lives_on_device",
    "resolve",
]

log = logging.getLogger("gpuclf")

CHOICES = ("auto", "cpu", "gpu", "gpu:N")
_CHOICE = re.compile("(auto|cpu|gpu)(?:(?<=gpu):([0-9]+))?")


def resolve(choice: str | Backend = "auto") -> Backend:
    """Return the backend for a choice of device.

    Parameters
    ----------
    choice : {"auto", "cpu", "gpu", "gpu:N"} or Backend
        ``auto`` selects the GPU if CuPy can allocate memory on it, else the CPU.
        ``gpu`` never falls back to the CPU; it is CuPy's current device, or that of number ``N``
        (from 0) among the visible GPUs. A `Backend` is returned unchanged.

    Returns
    -------
    Backend
        The same object for the same choice. ``auto`` logs the backend and the reason once. The GPU
        becomes CuPy's current device in the calling thread.

    Raises
    ------
    InputError
        If the choice is none of these.
    BackendError
        If ``gpu`` is not available; the message states the cause and the command that installs
        what is missing. If there is no GPU of number ``N``, or the process uses another one.

    Examples
    --------
    >>> resolve("cpu").name
    'cpu'
    >>> resolve("tpu")
    Traceback (most recent call last):
    gpuclf.errors.InputError: backend: got 'tpu', expected one of auto, cpu, gpu, gpu:N
    """
    backend = choice if isinstance(choice, Backend) else _named(choice)
    backend.activate()
    return backend


def _named(choice: str) -> Backend:
    parts = _CHOICE.fullmatch(str(choice))
    if parts is None:
        raise InputError("backend", got=repr(choice), expected=one_of(CHOICES))
    name, number = parts.groups()
    return _resolve(name, None if number is None else int(number))


@cache
def _resolve(name: str, number: int | None = None) -> Backend:
    if name == "cpu":
        return cpu("selected explicitly")
    if name == "gpu":
        return gpu("selected explicitly", number)
    try:
        chosen = gpu(f"CuPy can allocate memory on it; {optional_parts()}")
    except BackendError as error:
        chosen = cpu(f"no GPU: {error}")
    log.info("backend %s (%s): %s", chosen.name, chosen.device, chosen.reason)
    return chosen


def _unpickle(choice: str) -> Backend:
    """Return the backend of a choice, or ``auto``'s if it is not available on this machine."""
    try:
        return resolve(choice)
    except BackendError:
        return resolve("auto")


copyreg.pickle(Backend, lambda backend: (_unpickle, (backend.choice,)))
