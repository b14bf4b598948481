"""Texts of predictions: which clips the model was trained on, and the accuracy on the others.

Each fact is a name and a text: a row of a card, or the line ``name: text`` on the terminal.
"""

from __future__ import annotations

import numpy as np

from gpuclf._typing import Bools
from gpuclf._utils.formatting import counted, legible, percent
from gpuclf.metrics import mean_recall
from gpuclf.model.predictions import Predictions
from gpuclf.model.rejection import UNKNOWN
from gpuclf.validation.verdict import leading_metric


def overlap_facts(predictions: Predictions) -> dict[str, str]:
    """Return what the clips have in common with the training clips of the model.

    Parameters
    ----------
    predictions : Predictions

    Returns
    -------
    dict of str to str
        Number of clips that were used for training and, if there are any, of other clips with the
        id or of the group of a training clip.
    """
    overlap, labelled = predictions.training, predictions.true is not None
    if overlap is None:
        text = "not in this model file; train again to have them recognised"
        return {"training clips unknown": text + " and not scored" * labelled}
    known, same_id = int(overlap.in_training.sum()), int(overlap.same_id.sum())
    scored = " (not scored)" if known and labelled else ""
    facts = {"used for training": f"{known} of {counted(len(predictions.ids), 'clip')}{scored}"}
    if same_id:
        facts["same id as a training clip, other feature vectors"] = (
            f"{counted(same_id, 'clip')}: other clips, or the same extracted with other settings"
        )
    if overlap.groups:
        groups = f"{counted(len(overlap.groups), 'group')}: {_first(overlap.groups)}"
        facts["new clips of training groups"] = f"{overlap.same_group.sum()} of {groups}"
    return facts


def rejection_facts(predictions: Predictions) -> dict[str, str]:
    """Return how many clips are rejected and, with true labels, the precision of the others.

    Returns
    -------
    dict of str to str
        Empty if no clips are rejected.
    """
    if predictions.rejected is None:
        return {}
    count = counted(len(predictions.ids), "clip")
    facts = {"rejected": f"{predictions.rejected.sum()} of {count}, labelled {UNKNOWN!r}"}
    accepted = predictions.scored & ~predictions.rejected
    precision = predictions.accuracy_on(accepted)
    if precision is not None:
        count = counted(int(accepted.sum()), "clip")
        facts["precision on accepted clips"] = f"{percent(precision)} ({count})"
    return facts


def accuracy_facts(predictions: Predictions, estimate: str) -> dict[str, str]:
    """Return the accuracy on the scored clips, or how to estimate it.

    Parameters
    ----------
    predictions : Predictions
    estimate : str
        What estimates the accuracy of the model by cross-validation: a command or a function.

    Returns
    -------
    dict of str to str
        Accuracy next to that of always predicting the most frequent class, balanced accuracy if
        classes are imbalanced, clips of classes that the model cannot predict, and accuracy on
        clips of new groups if some are not; empty without true labels.
    """
    if predictions.true is None:
        return {}
    if predictions.accuracy is None:
        return {"no accuracy": f"no clip is new to the model; for an honest estimate: {estimate}"}
    scored, overlap = predictions.scored, predictions.training
    facts = _scores(predictions, scored)
    if overlap is not None and overlap.groups:
        others = scored & ~overlap.same_group
        accuracy = predictions.accuracy_on(others)
        facts["accuracy on clips of new groups"] = (
            f"none; for an honest estimate: {estimate}"
            if accuracy is None
            else f"{percent(accuracy)} ({counted(int(others.sum()), 'clip')})"
        )
    return facts


def _scores(predictions: Predictions, scored: Bools) -> dict[str, str]:
    """Return accuracies on the scored clips, with those of always predicting one class."""
    correct = predictions.correct
    assert correct is not None and predictions.true is not None
    true = np.array(predictions.true)[scored]
    names, y, counts = np.unique(true, return_inverse=True, return_counts=True)
    most = legible(names[counts.argmax()])
    always = percent(counts.max() / len(true))
    accuracy = percent(correct[scored].mean())
    count = counted(len(true), "clip")
    facts = {"accuracy on clips": f"{accuracy} ({count}; always predicting {most!r}: {always})"}
    if leading_metric(counts) == "balanced_accuracy":
        balanced = percent(mean_recall(y, correct[scored]))
        one = percent(1 / len(names))
        facts["balanced accuracy on clips"] = f"{balanced} (always predicting one class: {one})"
    unknown = tuple(name for name in names.tolist() if name not in predictions.labels)
    if unknown:
        count = counted(int(np.isin(true, unknown).sum()), "clip")
        facts["classes unknown to the model"] = f"{count}, scored as errors: {_first(unknown)}"
    return facts


def _first(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{legible(names[0])}{more}"
