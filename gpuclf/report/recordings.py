"""Recordings of clips, as far as they exist, for the players of a report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from gpuclf.workflows.run_context import RunContext


class Recording(NamedTuple):
    """Recording of a clip: its file, and the part of it as a media fragment (``t=1.5,3``)."""

    file: str
    part: str = ""

    def url(self, folder: str | os.PathLike[str]) -> str:
        """Return the URL relative to a folder, absolute if the file is on another drive."""
        try:
            path = Path(os.path.relpath(self.file, folder)).as_posix()
            url = quote(os.fsencode(path))
        except ValueError:
            url = Path(self.file).as_uri()
        return url + ("#" + quote(self.part, safe="=,.") if self.part else "")


def recordings_of(run: RunContext, clips: Sequence[int]) -> list[Recording | None]:
    """Return the recordings of clips, None for clips whose recording is unknown or missing.

    Parameters
    ----------
    run : RunContext
        Run with its open feature file.
    clips : sequence of int
        Numbers of the clips.
    """
    urls, folder = run.features({}).clips.recordings, run.store.path.absolute().parent
    if urls is None:
        return [None] * len(clips)
    return [_existing(folder, str(urls[clip])) for clip in clips]


def _existing(folder: Path, url: str) -> Recording | None:
    path, _, part = url.partition("#")
    file = os.path.normpath(folder / os.fsdecode(unquote_to_bytes(path)))
    return Recording(file, part) if os.path.isfile(file) else None  # noqa: PTH113 (any path)
