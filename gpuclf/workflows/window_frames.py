"""Frames of the windows of recordings, computed by workers and delivered in order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

from gpuclf._typing import Frames
from gpuclf._utils.formatting import counted
from gpuclf.audio.decoders import Part
from gpuclf.audio.decoding import recording_of
from gpuclf.audio.front_end import AnyExtraction, front_end_of
from gpuclf.audio.unusable import UnusableError
from gpuclf.audio.windows import WindowedRecording, WindowSignal
from gpuclf.audio.workers import map_unordered
from gpuclf.backend import Backend, resolve
from gpuclf.config.experiment import Experiment
from gpuclf.workflows.extract import fault_of

BATCH = 1 << 22  # numbers, in the frames of the windows that are labelled at a time
SLOTS_PER_WORKER = (
    8  # windows that are decoded and not delivered; one that takes long delays others
)


@dataclass(frozen=True)
class Window:
    """Signal of a window of one of several recordings.

    Parameters
    ----------
    number : int
        Index among the windows of all recordings.
    recording : int
        Index of the recording.
    signal : WindowSignal
    """

    number: int
    recording: int
    signal: WindowSignal


@dataclass(frozen=True)
class WindowFrames:
    """Frames of a window.

    Parameters
    ----------
    number, recording
        See `Window`.
    part : gpuclf.audio.decoders.Part
        Start and end.
    frames : float32 array, shape (frames, n), or None
        None if there are none.
    fault : str
        Reason why there are none.
    """

    number: int
    recording: int
    part: Part
    frames: Frames | None
    fault: str


def window_frames(
    recordings: Sequence[WindowedRecording],
    extraction: AnyExtraction,
    experiment: Experiment,
    backend: Backend,
    unusable: dict[str, str],
    workers: int,
) -> Generator[WindowFrames, None, None]:
    """Yield the frames of the windows of one recording after another, in the order of time.

    Parameters
    ----------
    recordings : sequence of WindowedRecording
    extraction : Extraction or Embedding
        Parameters of one feature set.
    experiment : Experiment
        Selection and number of the frames that the vectors of a window need.
    backend : Backend
        Where to compute mel and mfcc.
    unusable : dict of str to str
        Receives the paths of recordings without windows, and the reasons.
    workers : int
        Number of parallel workers.
    """
    front_end = front_end_of(extraction)
    where = front_end.backend(backend)
    function = partial(analyse, extraction=extraction, experiment=experiment, backend=where)
    slots: SimpleQueue[bool] = SimpleQueue()  # False to stop; in C, as interrupts require
    for _ in range(SLOTS_PER_WORKER * workers):
        slots.put(True)
    windows = _windows(recordings, unusable, slots)
    with closing(
        map_unordered(function, windows, workers, processes=front_end.processes)
    ) as frames:
        try:
            for each in _ordered(frames):
                slots.put(True)
                yield each
        finally:
            slots.put(False)


def _windows(
    recordings: Sequence[WindowedRecording], unusable: dict[str, str], slots: SimpleQueue[bool]
) -> Iterator[Window]:
    """Yield the windows of all recordings; each occupies a slot until its frames are delivered."""
    number = 0
    for index, recording in enumerate(recordings):
        try:
            for signal in recording.windows():
                if not slots.get():
                    return
                yield Window(number, index, signal)
                number += 1
        except UnusableError as error:
            unusable[str(recording.path)] = str(error)


def analyse(
    window: Window, extraction: AnyExtraction, experiment: Experiment, backend: str | Backend
) -> WindowFrames:
    """Compute the frames of a window as an extraction computes those of a clip."""
    part = window.signal.part
    frames: Frames | None = None
    fault = ""
    try:
        signal = window.signal.signal
        recording = recording_of(signal, extraction.sr, extraction.channel, part)
        (frames,) = front_end_of(extraction).frames(recording.sound, resolve(backend)).values()
        frames = frames[: experiment.n_frames]
        if len(frames) < experiment.n_vectors:
            raise UnusableError(
                f"has {counted(len(frames), 'frame')}, fewer than vectors ({experiment.n_vectors})"
            )
    except Exception as error:  # no window ends a prediction
        frames, fault = None, fault_of(error)
    return WindowFrames(window.number, window.recording, part, frames, fault)


def _ordered(analysed: Iterable[WindowFrames]) -> Iterator[WindowFrames]:
    """Yield windows in the order of their numbers, which are consecutive from 0."""
    waiting: dict[int, WindowFrames] = {}
    following = 0
    for window in analysed:
        waiting[window.number] = window
        while following in waiting:
            yield waiting.pop(following)
            following += 1


def batches(windows: Iterable[WindowFrames]) -> Iterator[list[WindowFrames]]:
    """Yield consecutive windows whose frames have about `BATCH` numbers."""
    batch: list[WindowFrames] = []
    size = 0
    for window in windows:
        batch.append(window)
        size += 1 if window.frames is None else window.frames.size
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
