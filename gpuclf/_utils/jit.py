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

# No NaN, no sign of zero: maxima are found many numbers at a time; and a * b + c is rounded once.
VECTORISED = {"nnan", "nsz", "contract"}


def compiled(function: Function) -> Function:
    """Compile a function that runs without Python's lock, and keep the result for later processes.

    Parameters
    ----------
    function : callable
        Plain loops over NumPy arrays and numbers.

    Returns
    -------
    callable
        The same, many times as fast.
    """
    return _kept(function)


def compiled_fast(function: Function) -> Function:
    """Compile as `compiled` does, for numbers that are never NaN: maxima are found side by side.

    Parameters
    ----------
    function : callable
        Plain loops over NumPy arrays and numbers; it may call functions marked `inlined`.

    Returns
    -------
    callable
        The same, many times as fast.
    """
    return _kept(function, fastmath=VECTORISED, error_model="numpy")


def inlined(function: Function) -> Function:
    """Mark a function that compiled ones may call; it is compiled into each of them.

    Who changes it in a file of its own touches the callers' files: a kept result is known by the
    time of its own file.

    Parameters
    ----------
    function : callable
        Plain loops over NumPy arrays and numbers.
    """
    from numba.extending import register_jitable

    return register_jitable(function)


def _kept(function: Function, **options: Any) -> Function:
    import numba

    alone = numba.njit(function, nogil=True, **options)
    try:
        kept = numba.njit(function, nogil=True, cache=True, **options)
    except RuntimeError:  # nowhere to keep it, in a read-only container: each process compiles
        return alone  # type: ignore[no-any-return]

    @functools.wraps(function)
    def run(*arguments: object) -> object:
        try:
            return kept(*arguments)
        except OSError:  # a full disk
            return alone(*arguments)
        except (AttributeError, ImportError, EOFError, pickle.UnpicklingError):
            kept._cache.flush()  # what an older version of this package kept
            return kept(*arguments)

    return run  # type: ignore[return-value]
