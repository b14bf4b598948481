"""Labels of clips by a trained model: votes, probabilities and rejection."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gpuclf._typing import Array, Bools, Floats, Ints
from gpuclf.backend import resolve
from gpuclf.errors import InputError
from gpuclf.model.calibration import ClipScores, confidence
from gpuclf.model.model_file import Model
from gpuclf.model.voting import elect, vote_counts


class Labelled(NamedTuple):
    """Labels of clips; classes are indices into the labels of the model.

    Parameters
    ----------
    vectors : int64 array, shape (clips, V)
        Predicted class of each feature vector.
    votes : int64 array, shape (clips, classes)
        Number of feature vectors that vote for each class.
    predicted : int64 array, shape (clips,)
        Class with most votes; ties go to the lower index.
    probabilities : float64 array, shape (clips, classes), or None
        Calibrated probabilities; None if the model has none.
    rejected : bool array, shape (clips,), or None
        Whether the probability of the predicted class is below the threshold of the model; None
        if clips are not rejected.
    """

    vectors: Ints
    votes: Ints
    predicted: Ints
    probabilities: Floats | None
    rejected: Bools | None


def label_clips(model: Model, X: Array, *, reject: bool = False) -> Labelled:
    """Label clips by their feature vectors.

    Parameters
    ----------
    model : Model
        Trained model.
    X : float array, shape (clips, V, n)
        Feature vectors; they may be on the device of the model.
    reject : bool
        Whether to reject clips with a low probability.

    Returns
    -------
    Labelled

    Raises
    ------
    InputError
        See `check_threshold`.
    """
    clf = model.classifier
    if reject:
        check_threshold(model)
    votes, decisions = map(resolve(clf.backend).to_host, clf.judge_vectors(X))
    vectors = clf.classes_[votes]
    counts = vote_counts(vectors, len(model.labels), np)
    predicted = elect(counts)
    if not clf.probability:
        return Labelled(vectors, counts, predicted, None, None)
    probabilities = np.zeros(counts.shape)  # 0 for a label without training clips
    scores = ClipScores.of(votes, decisions)
    probabilities[:, clf.classes_] = clf.calibration_.probabilities(scores)
    rejected = None
    if reject:
        rejected = confidence(probabilities, predicted) < clf.rejection_.threshold
    return Labelled(vectors, counts, predicted, probabilities, rejected)


def check_threshold(model: Model) -> None:
    """Check that a model has a threshold, so that clips can be rejected.

    Raises
    ------
    InputError
        If it has none; the message names the option that chooses one.
    """
    if model.classifier.target_precision is None:
        expected = "a model trained with target_precision (gpuclf train --target-precision 0.95)"
        raise InputError("reject", got="a model without a threshold", expected=expected)
