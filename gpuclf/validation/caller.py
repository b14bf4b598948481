"""Position of the code that called this package, for warnings."""

from __future__ import annotations

import sys
from types import FrameType


def caller_stacklevel() -> int:
    """Return the ``stacklevel`` at which a warning points to the code that called this package."""
    level = 1
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals["__name__"].startswith(
        ("gpuclf.validation", "gpuclf.tuning", "gpuclf._utils")
    ):
        level, frame = level + 1, frame.f_back
    return level
