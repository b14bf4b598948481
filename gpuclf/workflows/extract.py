"""From recordings to a feature file: every core decodes and computes, one process writes.

What is finished is kept beside the output until that is written, so that a stopped extraction goes
on where it was. Recordings that cannot be used are passed over and told of.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gpuclf._typing import Frames
from gpuclf._utils.files import check_output, remove_drafts
from gpuclf._utils.formatting import legible
from gpuclf._utils.memory import cores
from gpuclf._utils.versions import versions
from gpuclf.audio.decoding import UnusableError, check_audio, digest_of, read_sound
from gpuclf.audio.settings import Extraction
from gpuclf.audio.spectra import Spectra
from gpuclf.audio.work import Outcome, Work
from gpuclf.audio.workers import side_by_side
from gpuclf.config.presets import ATTRIBUTE
from gpuclf.errors import InputError
from gpuclf.features.clip_writer import column, write_clip_files
from gpuclf.features.feature_file import FeatureStore
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.names import number_classes
from gpuclf.features.writer import stream_grid

OnClips = Callable[[int, int], None]
HELD_UP = frozenset({"Xs", "Xn"})  # whose library is mostly Python: threads gain little
ATTRIBUTE_BYTES = 60_000  # of an HDF5 attribute, which has 64 KiB at most
EXTRACTION = "gpuclf_extraction"


@dataclass(frozen=True)
class Extracted:
    """What an extraction wrote, and what it passed over.

    Parameters
    ----------
    clips : list of ClipFile
        Those in the file, in its order.
    unusable : dict of str to str
        Ids of clips that are not, and why.
    alike : list of list of str
        Ids of clips that sound the same to the last bit.
    fresh : int
        Recordings that were not finished before.
    seconds : dict
        ``extract``, ``write`` and ``total``.
    """

    clips: list[ClipFile]
    unusable: dict[str, str]
    alike: list[list[str]]
    fresh: int
    seconds: dict[str, float]


def extract(
    clips: Sequence[ClipFile],
    output: str | os.PathLike[str],
    extraction: Extraction | None = None,
    *,
    preset: str | None = None,
    grid: bool = False,
    strict: bool = False,
    workers: int | None = None,
    on_clips: OnClips | None = None,
) -> Extracted:
    """Extract the features of recordings into a feature file, clips layout.

    Parameters
    ----------
    clips : sequence of ClipFile
        See `gpuclf.features.importers.clip_files`.
    output : path
        The feature file, replaced if it exists.
    extraction : Extraction, optional
    preset : str, optional
        Which defaults suit its features: see `gpuclf.config.presets`.
    grid : bool
        Whether to write the thesis's layout: clips of each class as many as the smallest has, as
        long as the shortest is; without ids, groups and folds, which it has no room for.
    strict : bool
        Whether a recording that cannot be used is an error, and no reason to pass it over.
    workers : int, optional
        How many work at a time; as many as there are cores by default.
    on_clips : callable, optional
        Called with the recordings done so far and in all.

    Returns
    -------
    Extracted

    Raises
    ------
    InputError
        If the extra ``audio`` is missing, no recording can be used, or, if it is strict, one
        cannot; what is finished is kept.
    OutputError
        If the file cannot be written.
    """
    begun = time.perf_counter()
    extraction = extraction or Extraction()
    check_audio()
    check_output(output, inputs=[clip.path for clip in clips])
    work = Work(output, extraction)
    work.open()
    remove_drafts(output)
    missing = [clip for clip in clips if work.outcome(clip) is None]
    done = len(clips) - len(missing)
    if on_clips:
        on_clips(done, len(clips))
    spawn = not HELD_UP.isdisjoint(extraction.features)
    count = max(1, min(workers or cores(), len(missing)))
    for _ in side_by_side(partial(extract_one, work=work), missing, count, processes=spawn):
        done += 1
        if on_clips:
            on_clips(done, len(clips))
    extracted = time.perf_counter()
    outcomes = {clip.id: work.outcome(clip) or Outcome("is gone") for clip in clips}
    unusable = {name: one.fault for name, one in outcomes.items() if one.fault is not None}
    usable = [clip for clip in clips if clip.id not in unusable]
    _check_usable(usable, unusable, strict)
    if grid:
        usable = _as_many_of_each(usable)
    alike = _alike(usable, outcomes)
    attributes = {
        EXTRACTION: json.dumps(extraction.to_dict()),
        **({} if preset is None else {ATTRIBUTE: preset}),
        "made_with": ", ".join(f"{k} {v}" for k, v in versions(("gpuclf", "librosa")).items()),
        **_told("unusable", [f"{name} {reason}" for name, reason in unusable.items()]),
        **_told("alike", [" = ".join(names) for names in alike]),
    }
    lengths: dict[str, list[int]] = {
        name: [_lengths(outcomes[clip.id])[name] for clip in usable] for name in extraction.features
    }
    write = _write_grid if grid else write_clip_files
    frames = (work.frames(clip) for clip in usable)
    write(output, usable, frames, lengths, attributes=attributes)
    work.remove()
    total = time.perf_counter()
    seconds = {
        "extract": extracted - begun,
        "write": total - extracted,
        "total": total - begun,
    }
    return Extracted(usable, unusable, alike, len(missing), seconds)


def extraction_of(store: FeatureStore) -> Extraction | None:
    """Tell how a feature file was extracted from recordings, if it was."""
    told = store.attributes.get(EXTRACTION)
    return None if told is None else Extraction.from_dict(json.loads(told))


def extract_one(clip: ClipFile, work: Work) -> Outcome:
    """Extract one recording, and keep what comes of it."""
    frames: dict[str, Frames] = {}
    try:
        extraction = work.extraction
        part = {"start": clip.start, "end": clip.end, "duration": extraction.duration}
        sound = read_sound(clip.path, extraction.sr, **part)
        spectra = Spectra(sound, extraction)
        frames = {name: spectra[name] for name in extraction.features}
        lengths = {name: len(one) for name, one in frames.items()}
        outcome = Outcome(digest=digest_of(sound), lengths=lengths)
    except UnusableError as error:
        outcome = Outcome(str(error))
    work.keep(clip, outcome, frames)
    return outcome


def _check_usable(usable: Sequence[ClipFile], unusable: Mapping[str, str], strict: bool) -> None:
    """Make sure that there is something to write, and, if it is strict, all that was asked for."""
    if not unusable or (usable and not strict):
        return
    first, reason = next(iter(unusable.items()))
    more = f", and {len(unusable) - 1} more" if len(unusable) > 1 else ""
    expected = "one to use" if strict else "one to use among them"
    raise InputError(first, got=f"a recording that {reason}{more}", expected=expected)


def _write_grid(
    output: str | os.PathLike[str],
    clips: Sequence[ClipFile],
    frames: Iterable[Mapping[str, Frames]],
    lengths: Mapping[str, Sequence[int]],
    *,
    attributes: Mapping[str, Any],
) -> None:
    labels, _ = number_classes(column(clips, "label"))
    if labels is None:
        raise InputError("grid", got="clips without labels", expected="a class for each")
    least = {name: min(of_clips) // 2 * 2 for name, of_clips in lengths.items()}
    if not all(least.values()):
        raise InputError("grid", got="a clip of one frame", expected="two, one overlapped")
    cut = ({name: one[: least[name]] for name, one in clip.items()} for clip in frames)
    stream_grid(output, cut, labels, len(clips) // len(labels), attributes=attributes)


def _lengths(outcome: Outcome) -> dict[str, int]:
    assert outcome.lengths is not None
    return outcome.lengths


def _alike(clips: Sequence[ClipFile], outcomes: dict[str, Outcome]) -> list[list[str]]:
    by_digest: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        by_digest[outcomes[clip.id].digest].append(clip.id)
    return [names for names in by_digest.values() if len(names) > 1]


def _as_many_of_each(clips: Sequence[ClipFile]) -> list[ClipFile]:
    """Keep the first clips of each class, as many as the smallest has, class after class."""
    of_label: dict[str, list[ClipFile]] = defaultdict(list)
    for clip in clips:
        of_label[clip.label or ""].append(clip)
    least = min(map(len, of_label.values()))
    return [clip for label in sorted(of_label) for clip in of_label[label][:least]]


def _told(name: str, lines: list[str]) -> dict[str, list[str]]:
    """Lines of an attribute, as many as it has room for."""
    kept: list[str] = []
    room = ATTRIBUTE_BYTES
    for line in (legible(line, 10_000) for line in lines):
        room -= len(line.encode()) + 16
        if room < 0:
            kept.append(f"and {len(lines) - len(kept)} more")
            break
        kept.append(line)
    return {name: kept} if kept else {}
