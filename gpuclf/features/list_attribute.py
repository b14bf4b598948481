"""Lists of text as attributes of a feature file."""

from __future__ import annotations

from collections.abc import Sequence

from gpuclf._utils.formatting import legible

ATTRIBUTE_BYTES = 60_000  # an HDF5 attribute holds at most 64 KiB


def list_attribute(name: str, lines: Sequence[str]) -> dict[str, list[str]]:
    """Return an HDF5 attribute with as many of the lines as fit; empty without lines.

    Examples
    --------
    >>> list_attribute("unusable", ["a.wav is silent"]), list_attribute("unusable", [])
    ({'unusable': ['a.wav is silent']}, {})
    """
    kept: list[str] = []
    room = ATTRIBUTE_BYTES
    for line in (legible(line, 10_000) for line in lines):
        room -= len(line.encode()) + 16
        if room < 0:
            kept.append(f"and {len(lines) - len(kept)} more")
            break
        kept.append(line)
    return {name: kept} if kept else {}
