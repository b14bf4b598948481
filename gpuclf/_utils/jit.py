"""Python functions over arrays, compiled for the CPU at their first call.

A module that defines compiled functions is imported only where one is called: numba takes a third
of a second to load.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

# No NaN, no signed zero, so that maxima are vectorised; and a * b + c is rounded once.
FAST_MATH = {"nnan", "nsz", "contract"}


def compiled(function: Function, **options: Any) -> Function:
    """Compile plain loops over NumPy arrays; they run without Python's lock.

    The compiled code is cached for later processes.

    Parameters
    ----------
    function : callable
        Plain loops over NumPy arrays and numbers.
    **options
        Further options of ``numba.njit``.
    """
    import numba

    uncached = numba.njit(function, nogil=True, **options)
    try:
        cached = numba.njit(function, nogil=True, cache=True, **options)
    except RuntimeError:  # no writable cache folder, in a read-only container: compile each time
        return uncached  # type: ignore[no-any-return]

    @functools.wraps(function)
    def run(*arguments: object) -> object:
        try:
            return cached(*arguments)
        except OSError:  # a full disk
            return uncached(*arguments)
        except (AttributeError, ImportError, EOFError, pickle.UnpicklingError):
            cached._cache.flush()  # written by an older version of this package
            return cached(*arguments)

    return run  # type: ignore[return-value]


def compiled_fast(function: Function) -> Function:
    """Compile as `compiled` does, with vectorised maxima, for numbers that are never NaN."""
    return compiled(function, fastmath=FAST_MATH, error_model="numpy")


def inlined(function: Function) -> Function:
    """Mark a function that compiled ones may call; it is compiled into each of them.

    After a change in a file of its own, touch the callers' files: numba's cache compares the
    modification time of the caller's file only.
    """
    from numba.extending import register_jitable

    return register_jitable(function)
