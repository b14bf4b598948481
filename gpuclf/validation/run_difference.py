"""Difference between the settings of two runs, for the message of a checkpoint of another run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = 60  # characters of a value in a message


def run_difference(stored: Mapping[str, Any], current: Mapping[str, Any]) -> str:
    """Describe the first difference between the settings of two runs.

    Parameters
    ----------
    stored, current : mapping
        Settings of the run of a checkpoint and of the current run.

    Returns
    -------
    str
        Clause of an error message; empty if there is no difference.

    Examples
    --------
    >>> run_difference({"C": 1.0}, {"C": 10.0})
    'got a checkpoint of a run with C 1.0, expected 10.0'
    """
    for name in {**current, **stored}:
        old, new = stored.get(name), current.get(name)
        if old != new:
            got, expected = _shortened(str(old), str(new))
            return f"got a checkpoint of a run with {name} {got}, expected {expected}"
    return ""


def _shortened(*texts: str) -> Iterator[str]:
    """Shorten long texts to the part in which they differ."""
    same = len(os.path.commonprefix(texts))  # noqa: RUF071 (a prefix of characters)
    start = max(0, same - SHOWN // 2) if max(map(len, texts)) > SHOWN else 0
    for text in texts:
        part = text[start : start + SHOWN]
        yield "..." * (start > 0) + part + "..." * (start + SHOWN < len(text))
