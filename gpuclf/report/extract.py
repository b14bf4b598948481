"""Terminal table of the command extract."""

from __future__ import annotations

from gpuclf._utils.formatting import counted, legible, seconds_text
from gpuclf.workflows.extract import ExtractionResult

MAX_LISTED = 20  # recordings of each kind


def extraction_facts(extracted: ExtractionResult) -> dict[str, str]:
    """Return the backend, the skipped, damaged and duplicate recordings, and the durations."""
    facts = {"backend": extracted.backend}
    if extracted.unusable:
        skipped = [f"{name} {reason}" for name, reason in extracted.unusable.items()]
        facts["skipped"] = _listing(skipped, "recording")
    if extracted.damaged:
        damaged = [f"{name} {damage}" for name, damage in extracted.damaged.items()]
        facts["damaged, but used"] = _listing(damaged, "recording")
    if extracted.duplicates:
        duplicates = [" = ".join(names) for names in extracted.duplicates]
        facts["duplicate recordings"] = _listing(duplicates, "group")
    return {**facts, "time": seconds_text(extracted.seconds)}


def _listing(lines: list[str], noun: str) -> str:
    """Format a count and the first lines of a list."""
    more = [f"and {len(lines) - MAX_LISTED} more"] if len(lines) > MAX_LISTED else []
    listed = [legible(line) for line in lines[:MAX_LISTED]]
    return f"{counted(len(lines), noun)}: {'; '.join([*listed, *more])}"
