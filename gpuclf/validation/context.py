"""What all fits of a run share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from gpuclf._utils.progress import OnProgress, Progress
from gpuclf.backend import Backend


class Finished(Protocol):
    """Where finished work is kept by name, such as a `gpuclf.validation.checkpoint.Checkpoint`."""

    def get(self, name: str) -> Any:
        """Return the work that is kept under a name, or None."""

    def put(self, name: str, work: Any) -> None:
        """Keep plain values under a name."""


class InMemoryCheckpoint(dict[str, Any]):
    """Checkpoint that lasts as long as the process."""

    put = dict.__setitem__


@dataclass(kw_only=True)
class Context:
    """What all fits of a run share.

    Parameters
    ----------
    backend : Backend
        Where they compute.
    progress : callable, optional
        Called with a `Progress` of clips, two-class problems and folds.
    checkpoint : Finished, optional
        Where finished folds are looked up and kept.
    """

    backend: Backend
    progress: OnProgress | None = None
    checkpoint: Finished | None = None

    def report(self, progress: Progress) -> None:
        """Call the progress callback, if there is one."""
        if self.progress is not None:
            self.progress(progress)
