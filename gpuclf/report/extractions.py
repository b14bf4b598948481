"""What is told of an extraction."""

from __future__ import annotations

from gpuclf.pipeline.extracting import Extracted
from gpuclf.wording import seconds_text

MOST = 20  # lines of each kind


def extraction_facts(found: Extracted) -> dict[str, str]:
    """Recordings that were passed over, and those that sound the same."""
    facts = {}
    if found.unusable:
        lines = [f"{name} {reason}" for name, reason in found.unusable.items()]
        facts["passed over"] = _some(lines, "recordings")
    if found.alike:
        facts["the same sound"] = _some([" = ".join(names) for names in found.alike], "sounds")
    return {**facts, "time": seconds_text(found.seconds)}


def _some(lines: list[str], what: str) -> str:
    more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return f"{len(lines)} {what}: " + "; ".join([*lines[:MOST], *more])
