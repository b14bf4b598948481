"""Python functions over arrays, compiled for the CPU at their first call.

A module that defines compiled functions is imported only where one is called: numba takes a third
of a second to load.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


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
    import numba

    alone = numba.njit(function, nogil=True)
    try:
        kept = numba.njit(function, nogil=True, cache=True)
    except RuntimeError:  # nowhere to keep it, in a read-only container: each process compiles
        return alone  # type: ignore[no-any-return]

    @functools.wraps(function)
    def run(*arguments: object) -> object:
        try:
            return kept(*arguments)
        except OSError:  # a full disk
            return alone(*arguments)

    return run  # type: ignore[return-value]
