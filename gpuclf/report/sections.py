"""The sections of pages: what is shown of a result, and of the run that it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.filesize import decimal

from gpuclf import plot
from gpuclf._utils.formatting import legible, percent, seconds_text
from gpuclf.config.experiment import Experiment
from gpuclf.plot.classes import SQUARE, confusion_size
from gpuclf.plot.vectors import vectors_size
from gpuclf.report.html_page import Section
from gpuclf.report.html_parts import Command, Facts, Mistaken, Mistakes, Picture
from gpuclf.report.provenance import Provenance
from gpuclf.report.result import accuracy_facts, classes_grid, metrics_grid
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.run_context import RunContext

MOST = 10  # mistakes


def result_sections(result: CrossValidation, provenance: Provenance) -> list[Section]:
    """Show a result: folds, metrics, classes, votes, ROC curves, mistakes."""
    sections = [
        Section(
            "Accuracy by repeat and fold",
            [
                Picture(lambda ax: plot.folds(result, ax), "the accuracy of every fold"),
                Facts(accuracy_facts(result)),
            ],
        ),
        Section("Metrics", [metrics_grid(result)]),
        Section(
            "Classes",
            [
                Picture(
                    lambda ax: plot.confusion(result, ax),
                    "the confusion matrix",
                    confusion_size(result.labels),
                ),
                classes_grid(result),
            ],
            note="In % of the true class, summed over all folds.",
        ),
    ]
    if "clips" in result.metrics:
        error = percent(result.calibration.expected_error)
        note = (
            "A clip's label is the class with most of its vectors' votes. Were the winner's share "
            f"a probability, as many would be right; they lie {error} apart, for a mean clip."
        )
        picture = Picture(lambda ax: plot.votes(result, ax), "how sure right and wrong votes were")
        sections.append(Section("How sure the votes were", [picture], note))
    sections.append(
        Section(
            "ROC curves",
            [Picture(lambda ax: plot.roc(result, ax), "a ROC curve for each class", SQUARE)],
            note="Each class against the others, by decision values; means over the folds that "
            "test it. The mean of the classes weighs each alike; the metric above, each fold.",
        )
    )
    # The clip votes are of the file's classes, which permuted labels are not.
    return sections if provenance.experiment.permute_labels else [*sections, _mistakes(result)]


def example_section(
    result: CrossValidation, run: RunContext, point: Mapping[str, Any] | None = None
) -> Section:
    """Show the feature vectors of a clip: the one that is most surely wrong, if any is."""
    mistakes = result.clips.mistakes()
    example = run.clip_vectors(mistakes[0].clip if mistakes else 0, point or {})
    picture = Picture(
        lambda ax: plot.feature_vectors(example, 0, ax),
        "the feature vectors of a clip",
        vectors_size(example.X.shape[1]),
    )
    note = "Each is an aggregate of the frames of one window; overlapped ones stand half-way."
    return Section("The feature vectors of a clip", [picture], note)


def run_sections(
    provenance: Provenance, seconds: Mapping[str, float], solver: str
) -> list[Section]:
    """Show what a result came from: settings, times, environment, command."""
    typed, usual = provenance.experiment.to_dict(), Experiment().to_dict()
    settings = {name: provenance.value_text(name) for name in typed}
    changed = [name for name in typed if typed[name] != usual[name] or name in provenance.varied]
    about = provenance.record["environment"]
    machine = {
        "time": seconds_text(seconds),
        "device": about["device"],
        "solver": solver,
        "system": about["system"],
        "Python": about["python"],
        "packages": ", ".join(f"{name} {version}" for name, version in about["packages"].items()),
        "file": f"{decimal(about['file']['bytes'])}, modified {about['file']['modified']}",
    }
    return [
        Section("Settings", [Facts(settings, changed)], "Bold: not the default."),
        Section("Run", [Command(about["command"]), Facts(machine)]),
    ]


def _mistakes(result: CrossValidation) -> Section:
    """The clips that are most surely wrong."""
    mistakes, clips = result.clips.mistakes(), result.clips
    rows = [
        Mistaken(
            str(clips.ids[one.clip]),
            result.labels[one.true],
            one.share_true,
            one.share_taken,
            f"{legible(result.labels[one.taken_for], 40)} {percent(one.share_taken)}, "
            f"{legible(result.labels[one.true], 40)} {percent(one.share_true)}",
        )
        for one in mistakes[:MOST]
    ]
    counted = f"{len(mistakes)} of {len(clips.ids)} clips have more votes for another class"
    note = (
        f"{counted}, over all folds that test them."
        if mistakes
        else "No clip has most votes wrong."
    )
    return Section("Most surely wrong", [Mistakes(rows)] if rows else [], note)
