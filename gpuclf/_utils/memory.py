"""CPU cores and memory of this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

from gpuclf.errors import InputError

MAX_MEMORY = 2**30
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_CONTAINER = Path("/sys/fs/cgroup")


def cores() -> int:
    """Return the number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory() -> int:
    """Return the free memory in bytes, within the memory limit of the container."""
    import psutil

    available = int(psutil.virtual_memory().available)
    try:
        limit = int((_CONTAINER / "memory.max").read_text())
        used = int((_CONTAINER / "memory.current").read_text())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return available
    return max(0, min(available, limit - used))


def memory_limit(limit: int | str | None = None) -> int:
    """Convert a memory limit to bytes.

    Parameters
    ----------
    limit : int, str or None
        Bytes, or a string such as ``"512M"`` or ``"1.5 GiB"`` (powers of 1024); by default a
        quarter of the free memory, at most 1 GiB.

    Raises
    ------
    InputError
        If the limit is not a positive size.

    Examples
    --------
    >>> memory_limit("1.5G")
    1610612736
    >>> memory_limit("much")
    Traceback (most recent call last):
    gpuclf.errors.InputError: memory: got 'much', expected a size such as 512M or 2G
    """
    if limit is None:
        return min(MAX_MEMORY, free_memory() // 4)
    size = _SIZE.fullmatch(str(limit).strip())
    amount = int(float(size[1]) * UNITS[size[2].upper()]) if size else 0
    if amount < 1:
        raise InputError("memory", got=repr(limit), expected="a size such as 512M or 2G")
    return amount


def size_text(nbytes: float) -> str:
    """Format a number of bytes, in the units of `memory_limit`.

    Examples
    --------
    >>> size_text(2**20 * 1.5), size_text(900)
    ('1.5 MiB', '900 bytes')
    """
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if nbytes >= UNITS[unit[0]]:
            return f"{nbytes / UNITS[unit[0]]:.4g} {unit}"
    return f"{nbytes:.0f} bytes"
