"""What is finished of an extraction, kept on disk until its file is written.

Each recording leaves a file of its frames, or of the reason why it has none; it is written under a
temporary name first, so that it is whole or not there. Their names are told by the
recording's file, as it is now, by the part of it and by the settings: another file or other
settings find nothing, and what nobody asks for any more goes with the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpuclf._typing import Frames
from gpuclf._utils.files import replacing
from gpuclf.audio.settings import Extraction
from gpuclf.features.importers.clip_files import ClipFile

SUFFIX = ".extracting"
VERSION = 1  # of what the same settings compute
OUTCOME = "outcome"


@dataclass(frozen=True)
class Outcome:
    """What came of a recording.

    Parameters
    ----------
    fault : str or None
        Why it has no frames.
    digest : str
        Of its sound.
    lengths : dict of str to int
        Frames of each feature set.
    """

    fault: str | None = None
    digest: str = ""
    lengths: dict[str, int] | None = None


class Work:
    """The folder of what is finished, beside the output.

    Parameters
    ----------
    output : path
        The feature file that it is for.
    extraction : Extraction
    """

    def __init__(self, output: str | os.PathLike[str], extraction: Extraction) -> None:
        self.folder = Path(os.fspath(output) + SUFFIX)
        self.extraction = extraction

    def name(self, clip: ClipFile) -> str:
        """Name what comes of a clip: by its file, which may be gone, its part and the settings."""
        try:
            about = clip.path.stat()
            size, modified = about.st_size, about.st_mtime_ns
        except OSError:
            size = modified = -1
        told = [
            *(VERSION, self.extraction.to_dict(), str(clip.path.absolute())),
            *(size, modified, clip.start, clip.end),
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:40]

    def outcome(self, clip: ClipFile) -> Outcome | None:
        """Give what came of a clip, or None if it is not finished."""
        try:
            with np.load(self._path(clip), allow_pickle=False) as kept:
                return Outcome(**json.loads(str(kept[OUTCOME])))
        except FileNotFoundError:
            return None

    def keep(self, clip: ClipFile, outcome: Outcome, frames: dict[str, Frames]) -> None:
        """Keep what came of a clip.

        Raises
        ------
        OutputError
            If there is no room for it.
        """
        told = np.array(json.dumps(vars(outcome)))
        with replacing(self._path(clip), durable=False) as draft, draft.open("wb") as file:
            np.savez(file, allow_pickle=False, **{OUTCOME: told}, **frames)

    def frames(self, clip: ClipFile) -> dict[str, Frames]:
        """Read a finished clip's frames."""
        with np.load(self._path(clip), allow_pickle=False) as kept:
            return {name: kept[name] for name in self.extraction.features}

    def _path(self, clip: ClipFile) -> Path:
        return self.folder / f"{self.name(clip)}.npz"

    def open(self) -> None:
        """Make the folder, if it is not there."""
        self.folder.mkdir(exist_ok=True)

    def remove(self) -> None:
        """Take the folder away, with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
