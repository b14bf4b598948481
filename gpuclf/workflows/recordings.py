"""Recordings among files and in folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gpuclf.audio.formats import DESCRIPTION, SUFFIXES, looks_like_sound
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import files_below


def recordings_of(paths: Sequence[str | os.PathLike[str]]) -> dict[Path, Path]:
    """Return the recordings among files and in folders, without repetitions.

    Parameters
    ----------
    paths : sequence of paths
        Files, with any suffix, and folders, of which the files with the suffix or the first bytes
        of an audio format are recordings.

    Returns
    -------
    dict of Path to Path
        Recordings, and their paths relative to the folders in which they were found; of files,
        their names.

    Raises
    ------
    InputError
        If a path does not exist or a folder contains no recording.
    """
    recordings: dict[Path, Path] = {}
    for path in map(Path, paths):
        if path.is_dir():
            files = files_below(path, SUFFIXES, looks_like_sound)
            if not files:
                got = "a folder without recordings"
                raise InputError(str(path), got=got, expected=DESCRIPTION)
            found = {file: file.relative_to(path) for file in files}
        elif path.is_file():
            found = {path: Path(path.name)}
        else:
            raise InputError(str(path), got="no such file", expected="a recording or a folder")
        recordings = recordings | {file: found[file] for file in found if file not in recordings}
    return recordings
