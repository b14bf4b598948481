"""Checkpoint of an extraction: the frames of each finished recording, until the output is written.

Each recording has one file with its frames, or with the reason why it has none. Files are written
under a temporary name and renamed; one that is damaged all the same, by a power cut or a copy, is
not finished. The file name is a digest of the recording's path, size, modification time, part,
extraction parameters and backend: results of others are never loaded, and are deleted with the
folder. A lock prevents concurrent use.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gpuclf._typing import Frames
from gpuclf._utils.files import make_folder, replacing
from gpuclf._utils.lock import locked
from gpuclf.audio.front_end import AnyExtraction
from gpuclf.errors import OutputError, first_line
from gpuclf.features.importers.clip_files import ClipFile

log = logging.getLogger("gpuclf")

SUFFIX, LOCK = ".extracting", "lock"
VERSION = 2  # to be increased when the same parameters give other frames
OUTCOME = "outcome"


@dataclass(frozen=True)
class Outcome:
    """Outcome of the extraction of one recording.

    Parameters
    ----------
    fault : str or None
        Reason why it has no frames.
    digest : str
        Digest of its signal.
    lengths : dict of str to int
        Number of frames of each feature set.
    damage : str
        Damage of a recording that has frames, such as "is truncated: 0.75 of 1.50 s".
    """

    fault: str | None = None
    digest: str = ""
    lengths: dict[str, int] = field(default_factory=dict)
    damage: str = ""


def saved_recordings(output: str | os.PathLike[str]) -> Path | None:
    """Return the folder of finished recordings of an interrupted extraction, if there are any.

    Examples
    --------
    >>> saved_recordings("features.hdf5") is None
    True
    """
    folder = Path(os.fspath(output) + SUFFIX)
    return folder if any(folder.glob("*.npz")) else None


class ExtractionCheckpoint:
    """Folder of finished recordings, in the same folder as the output.

    Parameters
    ----------
    output : path
        Feature file of the extraction.
    extraction : Extraction or Embedding
        Parameters of the extraction.
    backend : str
        Name of the backend.
    """

    def __init__(
        self, output: str | os.PathLike[str], extraction: AnyExtraction, backend: str
    ) -> None:
        self.folder = Path(os.fspath(output) + SUFFIX)
        self.extraction, self.backend = extraction, backend

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Create the folder and lock it; delete it at the end if no recording is finished.

        Raises
        ------
        OutputError
            If the folder cannot be written, or another process has locked it.
        """
        created = not self.folder.exists()
        make_folder(self.folder)
        try:
            with locked(self.folder / LOCK):
                yield
        finally:
            if created and not any(self.folder.glob("*.npz")):
                self.remove()

    def remove(self) -> None:
        """Delete the folder and its content."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def outcome(self, clip: ClipFile) -> Outcome | None:
        """Return the outcome of a clip, or None if the clip is not finished."""
        path = self._path(clip)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                return Outcome(**json.loads(str(saved[OUTCOME])))
        except FileNotFoundError:
            return None
        except Exception as error:  # NumPy raises many types for a damaged archive
            log.info("%s: a damaged file is ignored: %s", path, first_line(error))
            return None

    def is_finished(self, clip: ClipFile) -> bool:
        """Return whether the outcome and all frames of a clip are saved and intact."""
        outcome = self.outcome(clip)
        if outcome is None or outcome.fault is not None:
            return outcome is not None
        try:
            frames = self.frames(clip)
        except OutputError:
            return False
        return {name: len(values) for name, values in frames.items()} == outcome.lengths

    def frames(self, clip: ClipFile) -> dict[str, Frames]:
        """Return the frames of a finished clip by feature set.

        Raises
        ------
        OutputError
            If the file is damaged.
        """
        path = self._path(clip)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                return {name: saved[name] for name in self.extraction.features}
        except Exception as error:  # NumPy raises many types for a damaged archive
            expected = "an intact one: rerun the same command"
            raise OutputError(str(path), got="a damaged file", expected=expected) from error

    def save(self, clip: ClipFile, outcome: Outcome, frames: dict[str, Frames]) -> None:
        """Save the outcome and the frames of a clip.

        Raises
        ------
        OutputError
            If the file cannot be written, for example because the disk is full.
        """
        content = np.array(json.dumps(vars(outcome)))
        with replacing(self._path(clip), durable=False) as draft, draft.open("wb") as file:
            np.savez(file, allow_pickle=False, **{OUTCOME: content}, **frames)

    def _path(self, clip: ClipFile) -> Path:
        """Return the path of a clip's file; the recording itself may no longer exist."""
        try:
            status = clip.path.stat()
            size, modified = status.st_size, status.st_mtime_ns
        except OSError:
            size = modified = -1
        identity = [
            *(VERSION, self.extraction.to_dict(), self.backend, str(clip.path.absolute())),
            *(size, modified, clip.start, clip.end),
        ]
        digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:40]
        return self.folder / f"{digest}.npz"
