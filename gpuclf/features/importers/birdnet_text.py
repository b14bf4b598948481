r"""Text files of embeddings that BirdNET-Analyzer wrote up to version 2.3.

``NAME.birdnet.embeddings.txt`` (version 1)
    A recording: one line per segment, with its start and end in seconds and the comma-separated
    values, separated by tabs.
``NAME_START_END.birdnet.embeddings.txt`` (versions 2.0 to 2.3)
    A segment of a recording: one line with the comma-separated values.

Newer versions write one CSV file, see `gpuclf.features.importers.csv_frames`, and a database, see
`gpuclf.features.importers.hoplite_frames`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.pack_content import PackContent

SUFFIX = ".birdnet.embeddings.txt"
SEGMENT = re.compile(r"(.+)_([0-9]+\.?[0-9]*)_([0-9]+\.?[0-9]*)")


def is_birdnet_text(path: Path) -> bool:
    """Return whether the name of a file is that of BirdNET-Analyzer's embeddings."""
    return path.name.lower().endswith(SUFFIX)


def birdnet_text_content(files: Sequence[ClipFile], name: str) -> PackContent:
    r"""Return the recordings of text files as clips, and their segments as frames.

    Parameters
    ----------
    files : sequence of ClipFile
        The files.
    name : str
        Name of the feature set.

    Raises
    ------
    InputError
        If a file cannot be read, a value is not a finite number, numbers of features differ, or the
        segments of a recording have different labels, groups or folds.

    Examples
    --------
    >>> for start in (0, 3):
    ...     _ = Path(f"a_{start}.0_{start + 3}.0.birdnet.embeddings.txt").write_text("1,2\n")
    >>> files = [ClipFile(path, path.name, "wren") for path in sorted(Path().glob("*.txt"))]
    >>> content = birdnet_text_content(files, "birdnet")
    >>> [clip.id for clip in content.clips], content.lengths
    (['a'], {'birdnet': [2]})
    """
    parts: dict[str, list[tuple[float, ClipFile]]] = {}
    for file in files:
        recording, start = _recording(file)
        parts.setdefault(recording, []).append((start, file))
    clips = [_clip(recording, own) for recording, own in parts.items()]
    paths = [
        [file.path for _, file in sorted(own, key=lambda part: part[0])] for own in parts.values()
    ]
    lengths = [sum(len(read_birdnet_text(path)) for path in own) for own in paths]
    width = read_birdnet_text(paths[0][0]).shape[1] if paths else 0

    def frames() -> Iterator[Mapping[str, AnyArray]]:
        for own in paths:
            yield {name: np.concatenate([_of_width(path, width, paths[0][0]) for path in own])}

    segments = len(files) > len(clips)
    summary = [f"clip: recording of {'several files, one per segment' if segments else 'a file'}"]
    nbytes = sum(lengths) * width * np.dtype(np.float32).itemsize
    return PackContent(clips, frames(), {name: lengths}, nbytes, summary)


def read_birdnet_text(path: Path) -> AnyArray:
    """Return the embeddings of a file, a float32 array of shape (segments, n)."""
    expected = "lines of comma-separated numbers, after start and end in seconds if tabs are used"
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), got=system_reason(error), expected=expected) from error
    rows: list[AnyArray] = []
    for number, line in enumerate(lines, 1):
        try:
            row = np.array(line.split("\t")[-1].split(","), np.float64).astype(np.float32)
        except ValueError as error:
            got = "a value that is not a number"
            raise InputError(f"{path}, line {number}", got=got, expected=expected) from error
        if not np.isfinite(row).all():
            got = f"{row[~np.isfinite(row)][0]}"
            raise InputError(f"{path}, line {number}", got=got, expected="finite numbers")
        if rows and len(row) != len(rows[0]):
            got, first = f"{len(row)} values", f"{len(rows[0])}, as in the first line"
            raise InputError(f"{path}, line {number}", got=got, expected=first)
        rows.append(row)
    if not rows:
        raise InputError(str(path), got="an empty file", expected=expected)
    return np.array(rows)


def _of_width(path: Path, width: int, first: Path) -> AnyArray:
    frames = read_birdnet_text(path)
    if frames.shape[1] != width:
        expected = f"{width}, as in {first}"
        raise InputError(str(path), got=f"{frames.shape[1]} features", expected=expected)
    return frames


def _recording(file: ClipFile) -> tuple[str, float]:
    """Return the name of the recording of a file, and the start of its segment."""
    name = file.id[: -len(SUFFIX)] if file.id.lower().endswith(SUFFIX) else file.id
    found = SEGMENT.fullmatch(name)
    if found is None or _has_tabs(file.path):
        return name, 0.0
    return found[1], float(found[2])


def _has_tabs(path: Path) -> bool:
    """Return whether a file states the times of its segments, and so contains a recording."""
    try:
        with path.open(encoding="utf-8") as file:
            return "\t" in file.readline()
    except (OSError, UnicodeDecodeError):
        return False  # reported when it is read


def _clip(recording: str, parts: Sequence[tuple[float, ClipFile]]) -> ClipFile:
    """Return the clip of a recording after a check that its segments agree."""
    first = parts[0][1]
    for _, file in parts:
        for role in ("label", "group", "fold"):
            got, expected = getattr(file, role), getattr(first, role)
            if got != expected:
                expected = f"{expected!r}, as of {first.path}, a segment of the same recording"
                raise InputError(f"{file.path}, {role}", got=repr(got), expected=expected)
    return replace(first, id=recording)
