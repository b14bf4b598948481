"""Prediction for the windows of long recordings, in bounded memory.

A recording is decoded once, block by block, and never whole in memory. Workers compute the frames
of windows in parallel; batches of windows are then aggregated and labelled.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from gpuclf._typing import Ints
from gpuclf._utils.formatting import counted
from gpuclf._utils.memory import cores
from gpuclf._utils.progress import OnProgress, Progress
from gpuclf.audio.decoders import Part
from gpuclf.audio.decoding import check_audio
from gpuclf.audio.front_end import AnyExtraction
from gpuclf.audio.windows import WindowedRecording, WindowLayout
from gpuclf.backend import Backend, resolve
from gpuclf.config.experiment import Experiment
from gpuclf.errors import InputError
from gpuclf.model.labelling import check_threshold, label_clips
from gpuclf.model.model_file import Model
from gpuclf.model.window_predictions import NO_LABEL, WindowPredictions
from gpuclf.vectors.aggregation import aggregate_frames
from gpuclf.workflows.predict import warn_of_other_lengths
from gpuclf.workflows.predict_recordings import extraction_of_model
from gpuclf.workflows.recordings import recordings_of
from gpuclf.workflows.window_frames import WindowFrames, batches, window_frames


@dataclass
class _Results:
    """What is known of a recording: a class and votes for each window, in the order of time."""

    parts: list[Part] = field(default_factory=list)
    predicted: list[int] = field(default_factory=list)
    votes: list[Ints] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


class WindowPredictor:
    """Prediction for the windows of recordings.

    Parameters
    ----------
    model : Model
        Model trained on a file written by `gpuclf.workflows.extract.extract`; the features are
        extracted with the same parameters, on the backend of its classifier.
    paths : sequence of paths
        Recordings and folders of recordings.
    window : float
        Length of the windows in seconds; that of the training clips suits best.
    hop : float, optional
        Distance of the starts of consecutive windows in seconds; half of the length by default.
    reject : bool
        Give no label to windows with a low probability; requires a model with a threshold.
    workers : int, optional
        Number of parallel workers; the number of CPU cores by default.
    onnx : path, optional
        ONNX model that computed the embeddings on which the model was trained; see
        `gpuclf.workflows.predict_recordings.predict_recordings`.

    Attributes
    ----------
    recordings : dict of Path to Path
        Recordings, and their paths relative to the folders in which they were found.
    unusable : dict of str to str
        Paths of the skipped recordings, and the reasons; complete after `predictions`.

    Raises
    ------
    InputError
        If a path is no recording, the model has no extraction parameters or, with ``reject``, no
        threshold, or the window is too short or too long for them.

    Warns
    -----
    UserWarning
        If windows are shorter or longer than the training clips and the statistics include
        ``sum``, which depends on the length.

    See Also
    --------
    gpuclf.audio.windows.WindowLayout : Definition of the windows.

    Examples
    --------
    >>> predictor = WindowPredictor(model, ["night.wav"], window=3)    # doctest: +SKIP
    >>> for predictions in predictor.predictions():                    # doctest: +SKIP
    ...     print(predictions.regions(min_score=0.7, merge=True).times)
    """

    def __init__(
        self,
        model: Model,
        paths: Sequence[str | os.PathLike[str]],
        *,
        window: float,
        hop: float | None = None,
        reject: bool = False,
        workers: int | None = None,
        onnx: str | os.PathLike[str] | None = None,
    ) -> None:
        check_audio()
        if reject:
            check_threshold(model)
        self.model, self.reject = model, reject
        self.extraction = extraction_of_model(model, onnx)
        self.layout = WindowLayout(window, window / 2 if hop is None else hop)
        self.experiment = Experiment.from_dict(model.experiment)
        frames = _check_window(window, self.extraction, self.experiment.n_vectors)
        warn_of_other_lengths("the windows", (frames, frames), model)
        self.recordings = recordings_of(paths)
        self.unusable: dict[str, str] = {}
        self.workers = workers or cores()

    def predictions(self, progress: OnProgress | None = None) -> Iterator[WindowPredictions]:
        """Predict the windows of one recording after another.

        Parameters
        ----------
        progress : callable, optional
            Called with a `gpuclf._utils.progress.Progress` of the windows of a recording.

        Yields
        ------
        WindowPredictions
            One per usable recording.

        Raises
        ------
        InputError
            If no recording is usable.
        """
        backend = resolve(self.model.classifier.backend)
        opened = [
            WindowedRecording(path, self.layout, self.extraction.channel)
            for path in self.recordings
        ]
        frames = window_frames(
            opened, self.extraction, self.experiment, backend, self.unusable, self.workers
        )
        with closing(frames):
            for index, windows in groupby(frames, lambda each: each.recording):
                yield self._predict(opened[index], windows, backend, progress)
        if len(self.unusable) == len(self.recordings):
            path, reason = next(iter(self.unusable.items()))
            more = f", and {len(self.unusable) - 1} more" if len(self.unusable) > 1 else ""
            got = f"a recording that {reason}{more}"
            raise InputError(path, got=got, expected="at least one usable recording")

    def _predict(
        self,
        recording: WindowedRecording,
        windows: Iterable[WindowFrames],
        backend: Backend,
        progress: OnProgress | None,
    ) -> WindowPredictions:
        """Return the predictions of a recording."""
        results = _Results()
        for batch in batches(windows):
            self._decide(batch, results, backend)
            if progress is not None:
                done = len(results.parts)
                total = max(done, recording.n_windows)
                progress(Progress("windows", done, total, name=str(recording.path)))
        low, high = self.extraction.band
        return WindowPredictions(
            recording=str(recording.path),
            name=self.recordings[recording.path],
            labels=self.model.labels,
            times=np.array([(part.start, part.end) for part in results.parts], np.float64),
            predicted=np.array(results.predicted, np.int64),
            votes=np.array(results.votes, np.int64),
            band=(low, min(high, recording.rate / 2)),
            unlabelled=dict(results.faults),
            damage=recording.damage,
        )

    def _decide(self, batch: Sequence[WindowFrames], results: _Results, backend: Backend) -> None:
        """Label a batch of windows."""
        usable = [number for number, each in enumerate(batch) if each.frames is not None]
        predicted = np.full(len(batch), NO_LABEL)
        votes = np.zeros((len(batch), len(self.model.labels)), np.int64)
        if usable:
            frames = [each.frames for each in batch if each.frames is not None]
            lengths = np.array([len(each) for each in frames])
            with backend.exclusive():
                X, _ = aggregate_frames(
                    backend.asarray(np.concatenate(frames)),
                    lengths,
                    **self.experiment.features.aggregation,
                    backend=backend,
                )
                labelled = label_clips(self.model, X, reject=self.reject)
            predicted[usable], votes[usable] = labelled.predicted, labelled.votes
            if labelled.rejected is not None and labelled.rejected.any():
                predicted[np.array(usable)[labelled.rejected]] = NO_LABEL
                results.faults["is rejected"] += int(labelled.rejected.sum())
        results.parts += [each.part for each in batch]
        results.predicted += predicted.tolist()
        results.votes += list(votes)
        results.faults.update(each.fault for each in batch if each.frames is None)


def _check_window(window: float, extraction: AnyExtraction, n_vectors: int) -> int:
    """Check that a window is neither too short nor too long; return its number of frames."""
    (name,) = extraction.features
    frames = extraction.count_frames(name, round(window * extraction.sr))
    if frames < n_vectors:
        got = f"{window:g} s, {counted(frames, 'frame')} of {name}"
        expected = f"at least {counted(n_vectors, 'frame')}, one for each vector of the model"
        raise InputError("window", got=got, expected=expected)
    if extraction.duration is not None and window > extraction.duration:
        got, expected = f"{window:g} s", f"at most {extraction.duration:g}, as in the extraction"
        raise InputError("window", got=got, expected=expected)
    return frames
