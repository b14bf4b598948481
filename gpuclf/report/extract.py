"""Terminal table of the command extract."""

from __future__ import annotations

from gpuclf._utils.formatting import counted, legible, seconds_text
from gpuclf.workflows.extract import Extracted

MOST = 20  # lines of each kind


def extraction_facts(found: Extracted) -> dict[str, str]:
    """Recordings that were passed over, and those that sound the same."""
    facts = {}
    if found.unusable:
        lines = [f"{name} {reason}" for name, reason in found.unusable.items()]
        facts["passed over"] = _some(lines, "recording")
    if found.alike:
        facts["the same sound"] = _some([" = ".join(names) for names in found.alike], "sound")
    return {**facts, "time": seconds_text(found.seconds)}


def _some(lines: list[str], noun: str) -> str:
    more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return f"{counted(len(lines), noun)}: " + "; ".join(
        [*(legible(line) for line in lines[:MOST]), *more]
    )
