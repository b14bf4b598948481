"""Feature extraction: recordings to a feature file.

Recordings are decoded and processed in parallel; one process writes the output. Finished recordings
are saved in a checkpoint, from which an interrupted extraction resumes. Recordings that cannot be
used are skipped and reported; truncated and damaged ones are used and reported. With every backend,
recordings are decoded on the CPU by the workers, which then take turns on the GPU if there is one.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gpuclf._typing import Frames
from gpuclf._utils.files import check_output, remove_drafts
from gpuclf._utils.memory import cores
from gpuclf._utils.system_errors import is_full_disk, system_reason
from gpuclf._utils.versions import versions
from gpuclf.audio.decoders import Part
from gpuclf.audio.decoding import check_audio, digest_of, read_recording
from gpuclf.audio.extraction_checkpoint import ExtractionCheckpoint, Outcome
from gpuclf.audio.front_end import AnyExtraction, extraction_from_dict, front_end_of
from gpuclf.audio.settings import Extraction
from gpuclf.audio.unusable import UnusableError
from gpuclf.audio.workers import map_unordered
from gpuclf.backend import Backend, resolve
from gpuclf.config.presets import ATTRIBUTE
from gpuclf.errors import BackendError, InputError, OutputError
from gpuclf.features.clip_writer import (
    balanced,
    recording_url,
    write_clip_files,
    write_grid_files,
)
from gpuclf.features.feature_file import FeatureStore
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.list_attribute import list_attribute

OnClips = Callable[[int, int], None]
EXTRACTION = "gpuclf_extraction"


@dataclass(frozen=True)
class ExtractionResult:
    """Result of an extraction.

    Parameters
    ----------
    clips : list of ClipFile
        Clips of the feature file, in its order.
    unusable : dict of str to str
        Ids of the skipped clips, and the reasons.
    damaged : dict of str to str
        Ids of the clips whose recording is truncated or damaged, and what is wrong with it; the
        feature file contains what could be decoded.
    duplicates : list of list of str
        Ids of duplicate recordings: clips with identical signals.
    n_extracted : int
        Number of recordings that were not loaded from the checkpoint.
    backend : str
        Backend and device that computed the features, such as ``cpu, 2 cores``.
    seconds : dict
        Durations in seconds: ``extract``, ``write`` and ``total``.
    """

    clips: list[ClipFile]
    unusable: dict[str, str]
    damaged: dict[str, str]
    duplicates: list[list[str]]
    n_extracted: int
    backend: str
    seconds: dict[str, float]


def extract(
    clips: Sequence[ClipFile],
    output: str | os.PathLike[str],
    extraction: AnyExtraction | None = None,
    *,
    preset: str | None = None,
    grid: bool = False,
    strict: bool = False,
    workers: int | None = None,
    backend: str | Backend = "auto",
    attributes: Mapping[str, str] | None = None,
    on_clips: OnClips | None = None,
) -> ExtractionResult:
    """Extract the features of recordings and write them to a feature file.

    Parameters
    ----------
    clips : sequence of ClipFile
        Recordings; see `gpuclf.features.importers.clip_files`.
    output : path
        Feature file to write, replaced if it exists.
    extraction : Extraction or Embedding, optional
        Parameters of the extraction of spectra, or of embeddings by an ONNX model; see
        `gpuclf.audio.onnx_front_end.embedding_of`.
    preset : str, optional
        Preset that the file names as its default; see `gpuclf.config.presets`.
    grid : bool
        Whether to write the grid layout of the thesis instead of the clips layout: all classes are
        cut to the size of the smallest, and all clips to the length of the shortest; ids, groups
        and folds are not written.
    strict : bool
        Whether to raise if a recording cannot be used, instead of skipping it, or if one is
        truncated or damaged, instead of using what can be decoded.
    workers : int, optional
        Number of parallel workers; the number of CPU cores by default.
    backend : {"auto", "cpu", "gpu", "gpu:N"} or Backend
        Where to compute mel, mfcc and embeddings; the other feature sets are computed on the CPU.
    attributes : mapping of str to str, optional
        Additional root attributes of the file.
    on_clips : callable, optional
        Called with the number of finished recordings and the number of all recordings.

    Returns
    -------
    ExtractionResult
        Clips that were written, skipped clips and duplicate recordings.

    Raises
    ------
    InputError
        If the optional dependencies ``gpuclf[audio]`` are missing, no recording can be used, or one
        cannot, or is damaged, and ``strict`` is True; finished recordings stay in the checkpoint.
        If the ONNX model cannot be loaded, or its digest differs from that of the parameters.
    OutputError
        If the file cannot be written.
    BackendError
        If the backend is not available, or fails during the extraction.

    Examples
    --------
    >>> import numpy as np, soundfile
    >>> from pathlib import Path
    >>> from gpuclf.features.importers.clip_files import ClipFile
    >>> path = Path("a.wav")
    >>> soundfile.write(path, 0.1 * np.sin(np.arange(22050) / 9), 22050)
    >>> clips = [ClipFile(path, "a", "tone"), ClipFile(path.with_name("b.wav"), "b", "tone")]
    >>> extracted = extract(clips, path.with_name("features.hdf5"), workers=1)
    >>> [clip.id for clip in extracted.clips], extracted.unusable
    (['a'], {'b': 'cannot be decoded: no such file'})
    """
    check_audio()
    check_output(output, inputs=[clip.path for clip in clips])
    extraction = extraction or Extraction()
    chosen = front_end_of(extraction).backend(backend)
    checkpoint = ExtractionCheckpoint(output, extraction, chosen.name)
    with checkpoint.opened():
        remove_drafts(output)
        return _extract(
            clips,
            output,
            checkpoint,
            chosen,
            preset=preset,
            grid=grid,
            strict=strict,
            workers=workers,
            attributes=attributes or {},
            on_clips=on_clips,
        )


def _extract(
    clips: Sequence[ClipFile],
    output: str | os.PathLike[str],
    checkpoint: ExtractionCheckpoint,
    backend: Backend,
    *,
    preset: str | None,
    grid: bool,
    strict: bool,
    workers: int | None,
    attributes: Mapping[str, str],
    on_clips: OnClips | None,
) -> ExtractionResult:
    """Extract the features of recordings with an open checkpoint; see `extract`."""
    start = time.perf_counter()
    extraction = checkpoint.extraction
    pending = [clip for clip in clips if not checkpoint.is_finished(clip)]
    done = len(clips) - len(pending)
    if on_clips:
        on_clips(done, len(clips))
    processes = front_end_of(extraction).processes
    count = max(1, min(workers or cores(), len(pending)))
    # A process resolves the choice, to fail where unpickling would fall back.
    where = backend.choice if processes else backend
    function = partial(extract_one, checkpoint=checkpoint, backend=where)
    for _ in map_unordered(function, pending, count, processes=processes):
        done += 1
        if on_clips:
            on_clips(done, len(clips))
    extracted = time.perf_counter()
    deleted = Outcome("was modified or deleted during the extraction")
    outcomes = {clip.id: checkpoint.outcome(clip) or deleted for clip in clips}
    unusable = {name: one.fault for name, one in outcomes.items() if one.fault is not None}
    usable = [clip for clip in clips if clip.id not in unusable]
    damaged = {clip.id: damage for clip in usable if (damage := outcomes[clip.id].damage)}
    _check_usable(usable, unusable, damaged, strict)
    if grid:
        usable = balanced(usable)
    duplicates = _duplicates(usable, outcomes)
    stored = {
        **attributes,
        EXTRACTION: json.dumps(extraction.to_dict()),
        **({} if preset is None else {ATTRIBUTE: preset}),
        "made_with": _made_with(extraction, backend),
        **list_attribute("unusable", [f"{name} {reason}" for name, reason in unusable.items()]),
        **list_attribute("damaged", [f"{name} {damage}" for name, damage in damaged.items()]),
        **list_attribute("alike", [" = ".join(names) for names in duplicates]),
    }
    lengths: dict[str, list[int]] = {
        name: [outcomes[clip.id].lengths[name] for clip in usable] for name in extraction.features
    }
    folder = Path(output).absolute().parent
    urls = [recording_url(clip, folder) for clip in usable]
    write = write_grid_files if grid else partial(write_clip_files, recordings=urls)
    frames = (checkpoint.frames(clip) for clip in usable)
    write(output, usable, frames, lengths, attributes=stored)
    checkpoint.remove()
    end = time.perf_counter()
    seconds = {"extract": extracted - start, "write": end - extracted, "total": end - start}
    device = f"{backend.name}, {backend.device}"
    return ExtractionResult(usable, unusable, damaged, duplicates, len(pending), device, seconds)


def extraction_of(store: FeatureStore) -> AnyExtraction | None:
    """Return the extraction parameters of a feature file, or None if it has none."""
    text = store.attributes.get(EXTRACTION)
    return None if text is None else extraction_from_dict(json.loads(text))


def extract_one(clip: ClipFile, checkpoint: ExtractionCheckpoint, backend: str | Backend) -> None:
    """Extract one recording and save its outcome in the checkpoint."""
    backend = resolve(backend)
    frames: dict[str, Frames] = {}
    try:
        extraction = checkpoint.extraction
        part = Part(clip.start, clip.end, extraction.duration)
        recording = read_recording(clip.path, extraction.sr, extraction.channel, part)
        frames = front_end_of(extraction).frames(recording.sound, backend)
        lengths = {name: len(values) for name, values in frames.items()}
        digest = digest_of(recording.sound)
        outcome = Outcome(damage=recording.damage, digest=digest, lengths=lengths)
    except Exception as error:  # no recording ends an extraction
        outcome = Outcome(fault_of(error))
    checkpoint.save(clip, outcome, frames)


def fault_of(error: Exception) -> str:
    """Return why a recording has no features, or raise an error that is not the recording's."""
    if isinstance(error, UnusableError):
        return str(error)
    if isinstance(error, BackendError):
        raise error
    if isinstance(error, MemoryError):
        return "does not fit in memory; limit it with --duration"
    if is_full_disk(error):  # librosa saves compiled functions
        what, expected = "compiled functions", "free disk space for the cache"
        raise OutputError(what, got=system_reason(error), expected=expected) from error
    return f"cannot be processed: {type(error).__name__}: {system_reason(error)}"


def _made_with(extraction: AnyExtraction, backend: Backend) -> str:
    """Return the versions of what computes features, and the backend."""
    own = front_end_of(extraction).packages(backend)
    packages = {**versions(("gpuclf",)), **own, "backend": backend.name}
    return ", ".join(f"{name} {version}" for name, version in packages.items())


def _check_usable(
    usable: Sequence[ClipFile],
    unusable: Mapping[str, str],
    damaged: Mapping[str, str],
    strict: bool,
) -> None:
    """Check that some recordings are usable or, if ``strict``, that all are and none is damaged."""
    faults = {**unusable, **(damaged if strict else {})}
    if not faults or (usable and not strict):
        return
    first, reason = next(iter(faults.items()))
    more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
    expected = "at least one usable recording"
    if strict:
        remedy = "skip it" if first in unusable else "use what can be decoded"
        expected = f"a usable recording; omit --strict to {remedy}"
    raise InputError(first, got=f"a recording that {reason}{more}", expected=expected)


def _duplicates(clips: Sequence[ClipFile], outcomes: dict[str, Outcome]) -> list[list[str]]:
    """Return the ids of each set of duplicate recordings."""
    by_digest: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        by_digest[outcomes[clip.id].digest].append(clip.id)
    return [names for names in by_digest.values() if len(names) > 1]
