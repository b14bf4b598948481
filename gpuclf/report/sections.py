"""Sections of HTML reports: results of a cross-validation, settings and environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.filesize import decimal

from gpuclf import plot
from gpuclf._utils.formatting import UNITS, percent, seconds_text
from gpuclf.config.experiment import Experiment
from gpuclf.plot.classes import confusion_size
from gpuclf.plot.curves import curves_size
from gpuclf.plot.style import NARROW
from gpuclf.plot.vectors import vectors_size
from gpuclf.report.html_page import Section
from gpuclf.report.html_parts import Command, Facts, Mistaken, Mistakes, Picture
from gpuclf.report.provenance import Provenance
from gpuclf.report.recordings import recordings_of
from gpuclf.report.result import accuracy_facts, classes_grid, metrics_grid
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.run_context import RunContext

MAX_MISTAKES = 10  # rows of the table of misclassified clips


def result_sections(
    result: CrossValidation, provenance: Provenance, run: RunContext
) -> list[Section]:
    """Return the sections on classes, folds, metrics, curves, votes and errors."""
    labels, unit = result.labels, UNITS[result.scored]
    sections = [
        Section(
            "Classes, lowest recall first", [classes_grid(result)], "Scores per class on " + unit
        ),
        Section(
            "Confusion matrix",
            [
                Picture(
                    lambda ax: plot.confusion(result, ax),
                    "confusion matrix",
                    confusion_size(labels),
                    confusion_size(labels, NARROW),
                )
            ],
            f"Percentage of {unit} of the true class (row) that are assigned to the predicted "
            "class (column), over all folds: correct on the diagonal, in blue; errors in orange.",
        ),
        Section(
            "Accuracy by repeat and fold",
            [
                Picture(lambda ax: plot.folds(result, ax), "accuracy of each fold"),
                Facts(accuracy_facts(result)),
            ],
            "Each dot is the accuracy of one fold; the line is the mean, the band its confidence "
            "interval, and the dashed line the accuracy of always predicting the most frequent "
            "class.",
        ),
        Section("Metrics", [metrics_grid(result)], "Pooled over the folds of each repeat."),
        Section(
            "ROC curves",
            [_curves(plot.roc, result, "ROC curve of each class")],
            "True positive rate over false positive rate of each class against the rest, from the "
            "decision values, averaged over the folds; the nearer to the upper left corner, the "
            "better. The macro average is the mean of the classes, whereas the ROC AUC under "
            "Metrics is the mean of the folds.",
        ),
        Section(
            "Precision-recall curves",
            [_curves(plot.precision_recall, result, "precision-recall curve of each class")],
            "Precision that is reached at each recall, of each class against the rest, averaged "
            "over the folds; the nearer to the upper right corner, the better. Unlike ROC curves, "
            "they show how many predictions of a rare class are errors.",
        ),
    ]
    if "clips" in result.metrics:
        error = percent(result.calibration.expected_error)
        note = (
            "Histogram of the vote share, the fraction of a clip's feature vectors that vote for "
            "the predicted class, with the accuracy above each bar; if the vote share is "
            f"calibrated, both are equal (expected calibration error {error})."
        )
        alt = "vote share of correct and incorrect predictions"
        picture = Picture(lambda ax: plot.votes(result, ax), alt)
        sections.append(Section("Calibration of the vote share", [picture], note))
    # With permuted labels, the classes in the file are not those that were trained on.
    if provenance.experiment.permute_labels:
        return sections
    return [*sections, _mistakes(result, run)]


def _curves(
    draw: Callable[[CrossValidation, Any], Any], result: CrossValidation, alt: str
) -> Picture:
    sizes = curves_size(result.labels), curves_size(result.labels, NARROW)
    return Picture(lambda ax: draw(result, ax), alt, *sizes)


def example_section(
    result: CrossValidation, run: RunContext, point: Mapping[str, Any] | None = None
) -> Section:
    """Return a section on the feature vectors of one clip.

    It is the misclassified clip with the highest confidence, or the first clip if all are correct.
    """
    mistakes = result.clips.mistakes()
    example = run.clip_vectors(mistakes[0].clip if mistakes else 0, point or {})
    overlapped = example.overlap == "half"
    picture = Picture(
        lambda ax: plot.feature_vectors(example, 0, ax),
        "feature vectors of one clip",
        vectors_size(example.X.shape[1]),
        vectors_size(example.X.shape[1], NARROW),
    )
    note = (
        "Each panel is one feature vector, the aggregate of the frames of one window, over the "
        "index of the feature"
        + ("; overlapped windows are shifted by half a window." if overlapped else ".")
    )
    return Section("Feature vectors of one clip", [picture], note)


def run_sections(
    provenance: Provenance, seconds: Mapping[str, float], solver: str
) -> list[Section]:
    """Return the sections on settings, command and environment."""
    values, defaults = provenance.experiment.to_dict(), Experiment().to_dict()
    settings = {name: provenance.value_text(name) for name in values}
    if "split" in provenance.record:
        settings["split"] += f" ({provenance.record['split']})"
    changed = [n for n in values if values[n] != defaults[n] or n in provenance.varied]
    environment = provenance.record["environment"]
    file = environment["file"]
    facts = {
        "time": seconds_text(seconds),
        "device": environment["device"],
        "solver": solver,
        "system": environment["system"],
        "Python": environment["python"],
        "packages": ", ".join(
            f"{name} {version}" for name, version in environment["packages"].items()
        ),
        "file": f"{decimal(file['bytes'])}, modified {file['modified']}",
    }
    return [
        Section(
            "Settings", [Facts(settings, changed)], "Values that differ from the default are bold."
        ),
        Section("Command and environment", [Command(environment["command"]), Facts(facts)]),
    ]


def _mistakes(result: CrossValidation, run: RunContext) -> Section:
    """Return a section on the misclassified clips with the highest confidence."""
    mistakes, clips = result.clips.mistakes(), result.clips
    shown = mistakes[:MAX_MISTAKES]
    recordings = recordings_of(run, [one.clip for one in shown])
    rows = [
        Mistaken(
            str(clips.ids[one.clip]),
            result.labels[one.true],
            result.labels[one.predicted],
            one.share_true,
            one.share_predicted,
            recording,
        )
        for one, recording in zip(shown, recordings, strict=True)
    ]
    note = (
        f"{len(mistakes)} of {len(clips.ids)} clips have more votes for another class than for "
        "their own, over all folds. The bar is the vote share of the true class (blue, solid) and "
        "of the predicted class (orange, hatched)."
        if mistakes
        else "All clips have most votes for their own class."
    )
    title = "Misclassified clips with the highest confidence"
    return Section(title, [Mistakes(rows)] if rows else [], note)
