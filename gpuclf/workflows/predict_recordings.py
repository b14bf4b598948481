"""Prediction: labels of recordings, whose features are extracted as those of the training clips."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gpuclf._utils.progress import OnProgress, Progress
from gpuclf.audio.front_end import AnyExtraction, extraction_from_dict
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.names import name_of_file, numbered_duplicates
from gpuclf.model.labelling import check_threshold
from gpuclf.model.model_file import Model
from gpuclf.model.predictions import Predictions
from gpuclf.workflows.extract import extract
from gpuclf.workflows.predict import predict
from gpuclf.workflows.recordings import recordings_of


class RecordingPredictions(NamedTuple):
    """Predictions for recordings.

    Parameters
    ----------
    predictions : Predictions
        Predictions for the usable recordings.
    unusable : dict of str to str
        Paths of the skipped recordings, and the reasons.
    """

    predictions: Predictions
    unusable: dict[str, str]


def predict_recordings(
    model: Model,
    paths: Sequence[str | os.PathLike[str]],
    *,
    reject: bool = False,
    onnx: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: OnProgress | None = None,
) -> RecordingPredictions:
    """Predict the labels of recordings.

    Parameters
    ----------
    model : Model
        Model trained on a file written by `gpuclf.workflows.extract.extract`; the features are
        extracted with the same parameters, on the backend of its classifier.
    paths : sequence of paths
        Recordings and folders of recordings.
    reject : bool
        Label clips with a low probability as ``unknown``; see `predict`.
    onnx : path, optional
        ONNX model that computed the embeddings on which the model was trained; by default, the file
        at its path of then. Its digest is verified.
    workers : int, optional
        Number of parallel workers; the number of CPU cores by default.
    progress : callable, optional
        Called with a `gpuclf._utils.progress.Progress` of clips.

    Returns
    -------
    RecordingPredictions
        Predictions, and the recordings that were skipped.

    Raises
    ------
    InputError
        If there is no usable recording, the model has no extraction parameters, or the ONNX model
        is missing or another one.

    Warns
    -----
    UserWarning
        If a recording is truncated or damaged; what can be decoded is used.
    """
    if reject:
        check_threshold(model)
    extraction = extraction_of_model(model, onnx)
    recordings = recordings_of(paths)
    ids = numbered_duplicates(name_of_file(str(path)) for path in recordings)
    clips = [ClipFile(path, name) for path, name in zip(recordings, ids, strict=True)]

    def on_clips(done: int, total: int) -> None:
        if progress is not None:
            progress(Progress("clips", done, total))

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "recordings.hdf5")
        extracted = extract(
            clips,
            file,
            extraction,
            workers=workers,
            backend=model.classifier.backend,
            on_clips=on_clips,
        )
        predictions = predict(model, file, reject=reject, cache=False)
    for name, damage in extracted.damaged.items():
        warnings.warn(f"{name} {damage}", UserWarning, stacklevel=2)
    return RecordingPredictions(predictions, extracted.unusable)


def extraction_of_model(model: Model, onnx: str | os.PathLike[str] | None = None) -> AnyExtraction:
    """Return the parameters of the extraction of the feature set of a model.

    Parameters
    ----------
    model : Model
        Trained model.
    onnx : path, optional
        Path of the ONNX model that computes embeddings, in place of its path of then.

    Raises
    ------
    InputError
        If the model has no extraction parameters, or ``onnx`` is given and it needs none.
    """
    if model.extraction is None:
        expected = "a model trained on a file written by gpuclf extract"
        raise InputError("model", got="a model without extraction parameters", expected=expected)
    values, dataset = model.extraction, model.experiment["dataset"]
    if "model" in values:
        moved = {} if onnx is None else {"model": str(Path(onnx).absolute())}
        return extraction_from_dict({**values, **moved})
    if onnx is not None:
        got = f"{onnx}, which has no effect"
        raise InputError("--onnx", got=got, expected=f"none: the model was trained on {dataset}")
    return extraction_from_dict({**values, "features": [dataset]})
