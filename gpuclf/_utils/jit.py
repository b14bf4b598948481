"""Just-in-time compilation of array functions for the CPU.

Modules that define compiled functions are imported inside the functions that call them, because
numba takes a third of a second to import.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

# No NaN and no signed zero, so that maxima are vectorised; fused multiply-add.
FAST_MATH = {"nnan", "nsz", "contract"}


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
    import numba

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
    """Compile as `compiled` does, with vectorised maxima, for numbers that are never NaN."""
    return compiled(function, fastmath=FAST_MATH, error_model="numpy")


def inlined(function: Function) -> Function:
    """Mark a function to be inlined into the compiled functions that call it.

    After a change, touch the files of its callers: numba's cache compares only the modification
    time of the caller's file.
    """
    from numba.extending import register_jitable

    return register_jitable(function)
