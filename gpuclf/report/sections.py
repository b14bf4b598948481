"""Sections of HTML reports: results of a cross-validation, settings and environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.filesize import decimal

from gpuclf import plot
from gpuclf._utils.formatting import UNITS, legible, percent, seconds_text
from gpuclf.config.experiment import Experiment
from gpuclf.plot.classes import SQUARE, confusion_size
from gpuclf.plot.vectors import vectors_size
from gpuclf.report.html_page import Section
from gpuclf.report.html_parts import Command, Facts, Mistaken, Mistakes, Picture
from gpuclf.report.provenance import Provenance
from gpuclf.report.result import accuracy_facts, classes_grid, metrics_grid
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.run_context import RunContext

MAX_MISTAKES = 10  # rows of the table of misclassified clips


def result_sections(result: CrossValidation, provenance: Provenance) -> list[Section]:
    """Return the sections on accuracy, metrics, classes, votes, ROC curves and errors."""
    sections = [
        Section(
            "Accuracy by repeat and fold",
            [
                Picture(lambda ax: plot.folds(result, ax), "accuracy of each fold"),
                Facts(accuracy_facts(result)),
            ],
            note="Each dot is the accuracy of one fold; the line is the mean, the band its "
            "confidence interval, and the dashed line the accuracy of always predicting the most "
            "frequent class.",
        ),
        Section("Metrics", [metrics_grid(result)]),
        Section(
            "Confusion matrix and scores per class",
            [
                Picture(
                    lambda ax: plot.confusion(result, ax),
                    "confusion matrix",
                    confusion_size(result.labels),
                ),
                classes_grid(result),
            ],
            note=f"Each cell is the percentage of {UNITS[result.scored]} of the true class (row) "
            "that are assigned to the predicted class (column), over all folds: correct in blue, "
            "errors in orange.",
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
    sections.append(
        Section(
            "ROC curves",
            [Picture(lambda ax: plot.roc(result, ax), "ROC curve of each class", SQUARE)],
            note="True positive rate over false positive rate of each class against the rest, from "
            "the decision values, averaged over the folds; the macro average is the mean of the "
            "classes, whereas the ROC AUC under Metrics is the mean of the folds.",
        )
    )
    # With permuted labels, the classes in the file are not those that were trained on.
    return sections if provenance.experiment.permute_labels else [*sections, _mistakes(result)]


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


def _mistakes(result: CrossValidation) -> Section:
    """Return a section on the misclassified clips with the highest confidence."""
    mistakes, clips = result.clips.mistakes(), result.clips
    rows = [
        Mistaken(
            str(clips.ids[one.clip]),
            result.labels[one.true],
            one.share_true,
            one.share_predicted,
            f"{legible(result.labels[one.predicted], 40)} {percent(one.share_predicted)}, "
            f"{legible(result.labels[one.true], 40)} {percent(one.share_true)}",
        )
        for one in mistakes[:MAX_MISTAKES]
    ]
    note = (
        f"{len(mistakes)} of {len(clips.ids)} clips have more votes for another class than for "
        "their own, over all folds; the bar is the vote share of the true class (blue) and of the "
        "predicted class (orange)."
        if mistakes
        else "All clips have most votes for their own class."
    )
    title = "Misclassified clips with the highest confidence"
    return Section(title, [Mistakes(rows)] if rows else [], note)
