"""Shared state of all fits of a run: backend, progress callback and checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from gpuclf._utils.progress import OnProgress, Progress
from gpuclf.backend import Backend


class CheckpointStore(Protocol):
    """Storage of completed work by name, such as `gpuclf.validation.checkpoint.Checkpoint`."""

    def get(self, name: str) -> Any:
        """Return the result stored under a name, or None."""

    def put(self, name: str, work: Any) -> None:
        """Store a JSON-serialisable result under a name."""


class InMemoryCheckpoint(dict[str, Any]):
    """In-memory checkpoint."""

    put = dict.__setitem__


@dataclass(kw_only=True)
class Context:
    """Shared state of all fits of a run.

    Parameters
    ----------
    backend : Backend
        Backend that computes.
    progress : callable, optional
        Called with a `Progress` of clips, two-class problems or folds.
    checkpoint : CheckpointStore, optional
        Storage of completed folds.
    """

    backend: Backend
    progress: OnProgress | None = None
    checkpoint: CheckpointStore | None = None

    def report(self, progress: Progress) -> None:
        """Call the progress callback, if there is one."""
        if self.progress is not None:
            self.progress(progress)
