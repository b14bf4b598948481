"""Python functions over arrays, compiled for the CPU at their first call.

A module that defines compiled functions is imported only where one is called: numba takes a third
of a second to load.
"""

from __future__ import annotations

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

    try:
        return numba.njit(function, nogil=True, cache=True)  # type: ignore[no-any-return]
    except RuntimeError:  # nowhere to keep it, in a read-only container: each process compiles
        return numba.njit(function, nogil=True)  # type: ignore[no-any-return]
