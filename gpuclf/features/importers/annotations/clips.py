"""Clips that are annotated parts of recordings."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from gpuclf._utils.formatting import counted
from gpuclf.errors import InputError, listed, one_of
from gpuclf.features.importers.annotations.event import Event
from gpuclf.features.importers.annotations.formats import SUFFIXES, TEXT, read_events
from gpuclf.features.importers.annotations.matching import Recordings
from gpuclf.features.importers.annotations.raven import names_recordings
from gpuclf.features.importers.clip_files import ClipFile, files_below
from gpuclf.features.names import name_of_file, numbered_duplicates


@dataclass(frozen=True)
class AnnotatedClips:
    """Annotated parts of recordings, and what has no counterpart.

    Parameters
    ----------
    clips : list of ClipFile
        One clip for each part, sorted by recording and time; the group is the recording.
    not_annotated : list of str
        Recordings without an annotation.
    no_recording : list of str
        Annotation files, or recordings that they name, without a recording.
    n_unlabelled, n_instants : int
        Numbers of annotations that are no clips: without a label, or of length 0.
    """

    clips: list[ClipFile]
    not_annotated: list[str]
    no_recording: list[str]
    n_unlabelled: int
    n_instants: int


def annotated_clips(
    folder: Path,
    recordings: Sequence[Path],
    annotations: Sequence[Path],
    label: str | None = None,
) -> AnnotatedClips:
    r"""Return the annotated parts of recordings as clips.

    Parameters
    ----------
    folder : Path
        Folder of the recordings; the names of groups and clips are relative to it.
    recordings : sequence of Path
        Recordings in this folder and its sub-folders.
    annotations : sequence of Path
        Annotation files and folders of them; see `gpuclf.features.importers.annotations.formats`.
    label : str, optional
        Column of the class, or namespace in JAMS.

    Returns
    -------
    AnnotatedClips
        Identical annotations of a recording are one clip; overlapping ones are separate clips.

    Raises
    ------
    InputError
        If no part of a recording is annotated, or a file is damaged; the message names the file.

    Examples
    --------
    >>> Path("a.wav").touch()
    >>> _ = Path("a.txt").write_text("2\t3\twren\n0\t1.5\tlark\n")
    >>> found = annotated_clips(Path(), [Path("a.wav"), Path("b.wav")], [Path("a.txt")])
    >>> [(clip.id, clip.label, clip.group) for clip in found.clips], found.not_annotated
    ([('a.wav:0-1.5', 'lark', 'a.wav'), ('a.wav:2-3', 'wren', 'a.wav')], ['b.wav'])
    """
    events: dict[Path, set[Event]] = defaultdict(set)
    no_recording: dict[str, None] = {}
    names = Recordings(folder, recordings)
    for path, relative in _annotation_files(annotations):
        several = path.suffix.lower() in TEXT and names_recordings(path)
        if not several and names.find(relative) is None:
            no_recording[str(path)] = None
            continue
        for event in read_events(path, label):
            own = relative.with_name(event.recording) if event.recording else relative
            recording = names.find(own)
            if recording is None:
                no_recording[f"{own.name} in {path}"] = None
            else:
                _check(path, event)
                events[recording].add(Event(event.start, event.end, event.label))
    parts = [(path, event) for path in recordings for event in sorted(events[path])]
    kept = [(path, event) for path, event in parts if event.label and event.start < event.end]
    unlabelled = sum(not event.label for _, event in parts)
    if not kept:
        count = counted(len(parts), "annotation")
        got = f"{count}, none with a label and a length" if parts else "none"
        expected = f"labelled parts of the recordings in {folder}"
        raise InputError("annotations", got=got, expected=expected)
    return AnnotatedClips(
        _clips(folder, kept),
        [str(path.relative_to(folder)) for path in recordings if not events[path]],
        list(no_recording),
        unlabelled,
        len(parts) - len(kept) - unlabelled,
    )


def _annotation_files(annotations: Sequence[Path]) -> Iterator[tuple[Path, PurePath]]:
    """Yield the annotation files and their paths relative to the folder that was given."""
    for given in annotations:
        if given.is_dir():
            files = files_below(given, SUFFIXES)
            if not files:
                expected = f"files ending in {one_of(sorted(SUFFIXES))}"
                raise InputError(str(given), got="no annotation file", expected=expected)
            yield from ((path, path.relative_to(given)) for path in files)
        elif given.exists():
            yield given, PurePath(given.name)
        else:
            expected = "annotation files, or a folder of them"
            raise InputError(str(given), got="no such file or folder", expected=expected)


def _check(path: Path, event: Event) -> None:
    if not 0 <= event.start <= event.end or math.isinf(event.end):
        got = f"an annotation from {event.start:g} to {event.end:g} s"
        raise InputError(str(path), got=got, expected="0 <= start <= end")


def _clips(folder: Path, parts: Sequence[tuple[Path, Event]]) -> list[ClipFile]:
    groups = [name_of_file(path.relative_to(folder).as_posix()) for path, _ in parts]
    ids = numbered_duplicates(
        f"{group}:{event.start:.10g}-{event.end:.10g}"
        for group, (_, event) in zip(groups, parts, strict=True)
    )
    return [
        ClipFile(path, name, event.label, group, None, event.start, event.end)
        for (path, event), name, group in zip(parts, ids, groups, strict=True)
    ]


def matching_facts(found: AnnotatedClips) -> dict[str, str]:
    """Return one line for each kind of annotation and recording that is skipped."""
    facts = {}
    if found.not_annotated:
        names = listed(found.not_annotated, most=3)
        facts["not annotated"] = (
            f"{counted(len(found.not_annotated), 'recording')}, skipped: {names}"
        )
    if found.no_recording:
        names = listed(found.no_recording, most=3)
        count = counted(len(found.no_recording), "annotation file")
        facts["no recording"] = f"{count}, skipped: {names}"
    counts = {"without a label": found.n_unlabelled, "of length 0": found.n_instants}
    skipped = [f"{count} {kind}" for kind, count in counts.items() if count]
    return {**facts, "annotations skipped": ", ".join(skipped)} if skipped else facts
