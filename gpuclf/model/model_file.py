"""Model files: a trained classifier as arrays and JSON, without pickle.

The file is a NumPy ``.npz`` archive. Its member ``header`` is a JSON text with ``format``,
``protocol`` (increased when older readers would misread the file), the experiment, the labels and
every value that is not an array; the other members are arrays. A model can be loaded with another
backend than the one that trained it.

Protocol 2 adds the training clips; a file of protocol 1 is read as a model whose training clips
are unknown. Protocol 3 adds the calibration of probabilities and the threshold of rejection; a
model of an older file has neither.
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray, Bytes
from gpuclf._utils.files import replacing
from gpuclf._utils.system_errors import system_reason
from gpuclf._utils.versions import versions
from gpuclf.backend import Backend, resolve
from gpuclf.errors import ModelFileError
from gpuclf.model.calibration import ClipCalibration
from gpuclf.model.classifier import ClipClassifier
from gpuclf.model.rejection import Rejection
from gpuclf.model.training_clips import TrainingClips
from gpuclf.svm import LinearDecision, RbfDecision, SvmModel
from gpuclf.vectors.scaling import Scaler

FORMAT, PROTOCOL = "gpuclf-model", 3
KINDS = {"linear": LinearDecision, "rbf": RbfDecision}
Arrays = dict[str, AnyArray]


@dataclass(frozen=True)
class Model:
    """Trained classifier and the settings of its training.

    Parameters
    ----------
    classifier : ClipClassifier
        Fitted classifier; its classes are indices into ``labels``.
    labels : tuple of str
        Names of the classes.
    experiment : dict
        Settings of the experiment, as `gpuclf.Experiment.to_dict` returns them.
    frames : tuple of int
        Consecutive frames of the shortest and of the longest training clip.
    extraction : dict, optional
        Settings with which the features were extracted from recordings, as
        `gpuclf.audio.settings.Extraction.to_dict` returns them.
    training : TrainingClips, optional
        Clips that the classifier was trained on; None if unknown.
    """

    classifier: ClipClassifier
    labels: tuple[str, ...]
    experiment: dict[str, Any]
    frames: tuple[int, int]
    extraction: dict[str, Any] | None = None
    training: TrainingClips | None = None


def save_model(path: str | os.PathLike[str], model: Model) -> None:
    """Write a model file.

    Parameters
    ----------
    path : str or path
        File to write; an existing file is replaced when the new one is complete.
    model : Model
        Trained classifier and its settings.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> clf = ClipClassifier(backend="cpu").fit([[0.0], [1.0], [4.0], [5.0]], [0, 0, 1, 1])
    >>> model = Model(clf, labels=("blues", "rock"), experiment={}, frames=(1, 1))
    >>> save_model("model.npz", model)
    >>> load_model("model.npz", "cpu").classifier.predict([[1.0], [4.5]]).tolist()
    [0, 1]
    """
    clf = model.classifier
    to_host = resolve(clf.backend).to_host
    scaler, svm = clf.scaler_.moved(to_host), clf.svm_.moved(to_host)
    numbers = {
        name: value for name, value in vars(svm.decision).items() if isinstance(value, float)
    }
    parameters = {name: value for name, value in clf.get_params().items() if name != "backend"}
    (kind,) = [name for name, of_kind in KINDS.items() if isinstance(svm.decision, of_kind)]
    header = {
        "format": FORMAT,
        "protocol": PROTOCOL,
        "versions": versions(),
        "experiment": model.experiment,
        "labels": list(model.labels),
        "frames": list(model.frames),
        "extraction": model.extraction,
        "classifier": parameters,
        "features": clf.n_features_in_,
        "one_vs_one": svm.one_vs_one,
        "decision": {"kind": kind, **numbers},
    }
    arrays = {
        "classes": np.asarray(clf.classes_),
        "converged": svm.converged,
        **{f"scaler.{name}": value for name, value in vars(scaler).items()},
        **{
            f"decision.{name}": value
            for name, value in vars(svm.decision).items()
            if name not in numbers
        },
        **_training_arrays(model.training),
        **_probability_arrays(clf),
    }
    with replacing(path) as draft, draft.open("wb") as file:
        np.savez(file, allow_pickle=False, header=np.array(json.dumps(header)), **arrays)


def load_model(path: str | os.PathLike[str], backend: str | Backend = "auto") -> Model:
    """Read a model file.

    Parameters
    ----------
    path : str or path
        File written by `save_model`.
    backend : {"auto", "cpu", "gpu", "gpu:N"} or Backend, default "auto"
        Where the model computes; it may differ from the backend that trained it.

    Returns
    -------
    Model

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, not a model file, or written by a newer gpuclf.

    Examples
    --------
    See `save_model`.
    """
    path, backend = Path(path), resolve(backend)
    header, arrays = _read(path)
    try:
        return _restore(header, arrays, backend)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(str(path), got="a damaged file", expected="a model") from error


def _restore(header: dict[str, Any], arrays: Arrays, backend: Backend) -> Model:
    decision = KINDS[header["decision"].pop("kind")](
        **_part(arrays, "decision"), **header["decision"]
    )
    svm = SvmModel(decision, len(arrays["classes"]), header["one_vs_one"], arrays["converged"])
    clf = ClipClassifier(**header["classifier"], backend=backend)
    clf.classes_ = arrays["classes"]
    clf.n_features_in_ = header["features"]
    clf.scaler_ = Scaler(**_part(arrays, "scaler")).moved(backend.asarray)
    clf.svm_ = svm.moved(backend.asarray)
    if clf.probability:
        by_decisions, by_votes = map(float, arrays["calibration.weights"])
        clf.calibration_ = ClipCalibration(by_decisions, by_votes, arrays["calibration.bias"])
    if clf.target_precision is not None:
        clf.rejection_ = Rejection(*map(float, arrays["rejection"]))
    shortest, longest = map(int, header["frames"])
    return Model(
        clf,
        tuple(header["labels"]),
        header["experiment"],
        (shortest, longest),
        header.get("extraction"),
        _restore_training(_part(arrays, "training")),
    )


def _training_arrays(training: TrainingClips | None) -> Arrays:
    """Return the arrays of the training clips; names as JSON text, since few may be long."""
    if training is None:
        return {}
    arrays = {
        "ids": _packed(training.ids),
        "groups": _packed(training.groups),
        "fingerprints": training.fingerprints,
        **vars(training.scaler),
    }
    return {f"training.{name}": array for name, array in arrays.items()}


def _probability_arrays(clf: ClipClassifier) -> Arrays:
    """Return the arrays of the calibration and of the rejection, if the classifier has them."""
    arrays: Arrays = {}
    if clf.probability:
        calibration = clf.calibration_
        weights = calibration.decision_weight, calibration.vote_weight
        arrays = {"calibration.weights": np.array(weights), "calibration.bias": calibration.bias}
    if clf.target_precision is not None:
        arrays["rejection"] = np.array(astuple(clf.rejection_))
    return arrays


def _restore_training(arrays: Arrays) -> TrainingClips | None:
    if not arrays:
        return None
    ids, groups = (tuple(json.loads(arrays.pop(name).tobytes())) for name in ("ids", "groups"))
    return TrainingClips(ids, groups, arrays.pop("fingerprints"), Scaler(**arrays))


def _packed(names: tuple[str, ...]) -> Bytes:
    return np.frombuffer(json.dumps(names).encode(), np.uint8)


def _read(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Read the header and all arrays; NumPy verifies their checksums."""
    try:
        if not zipfile.is_zipfile(path):
            path.open("rb").close()  # raises if the file is missing
            raise ModelFileError(
                str(path), got="a file that is not a model or is truncated", expected="a model"
            )
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays.pop("header")))
        if header["format"] != FORMAT or not isinstance(header["protocol"], int):
            raise KeyError(header["format"])
    except OSError as error:
        raise ModelFileError(str(path), got=system_reason(error), expected="a model") from error
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ModelFileError(str(path), got="a file of another kind", expected="a model") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFileError(str(path), got="a damaged file", expected="a model") from error
    if header["protocol"] > PROTOCOL:
        raise ModelFileError(
            f"{path}, protocol",
            got=header["protocol"],
            expected=f"at most {PROTOCOL}: the model was written by a newer gpuclf",
        )
    return header, arrays


def _part(arrays: Arrays, name: str) -> Arrays:
    """Return the arrays named ``name.*``, without the prefix."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): arrays[key] for key in arrays if key.startswith(prefix)}
