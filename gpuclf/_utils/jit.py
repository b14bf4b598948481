"""Just-in-time compilation of array functions for the CPU.

Modules that define compiled functions are imported inside the functions that call them, because
numba takes a third of a second to import.
"""

from __future__ import annotations

import functools
import logging
import pickle
from collections.abc import Callable
from typing import Any, TypeVar

from gpuclf._utils.cache_folders import use_writable_caches

log = logging.getLogger("gpuclf.compiler")  # its messages are shown on a terminal

Function = TypeVar("Function", bound=Callable[..., Any])

# No NaN and no signed zero, so that maxima are vectorised; fused multiply-add.
FAST_MATH = {"nnan", "nsz", "contract"}

_solver: set[Callable[..., Any]] = set()  # functions whose compilation is to be announced


def compiled(function: Function, **options: Any) -> Function:
    """Compile a function; it releases Python's global interpreter lock.

    The compiled code is cached for later processes.

    Parameters
    ----------
    function : callable
        Loops over NumPy arrays and numbers.
    **options
        Further options of ``numba.njit``.
    """
    numba = _numba()
    uncached = numba.njit(function, nogil=True, **options)
    try:
        cached = numba.njit(function, nogil=True, cache=True, **options)
    except RuntimeError:  # no writable cache folder: compile in every process
        return uncached  # type: ignore[no-any-return]

    @functools.wraps(function)
    def run(*arguments: object) -> object:
        try:
            return cached(*arguments)
        except OSError:  # the disk is full
            return uncached(*arguments)
        except (AttributeError, ImportError, EOFError, pickle.UnpicklingError):
            cached._cache.flush()  # the cache is of an older version of this package
            return cached(*arguments)

    return run  # type: ignore[return-value]


def compiled_fast(function: Function) -> Function:
    """Compile a function of the solver, with vectorised maxima, for numbers that are never NaN."""
    _solver.add(function)
    return compiled(function, fastmath=FAST_MATH, error_model="numpy")


def inlined(function: Function) -> Function:
    """Mark a function to be inlined into the compiled functions that call it.

    After a change, touch the files of its callers: numba's cache compares only the modification
    time of the caller's file.
    """
    return _numba().extending.register_jitable(function)  # type: ignore[no-any-return]


@functools.cache
def _numba() -> Any:
    """Import numba; the first compilation of the solver in this process is logged."""
    use_writable_caches()
    import numba
    import numba.core.event

    event: Any = numba.core.event

    class Announcement(event.Listener):
        def on_start(self, started: Any) -> None:
            if started.data["dispatcher"].py_func in _solver:
                _solver.clear()
                log.info("compiling the solver, once: about 20 seconds")

        def on_end(self, ended: Any) -> None:
            pass

    event.register("numba:compile", Announcement())
    return numba
