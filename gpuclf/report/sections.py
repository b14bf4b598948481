"""The sections of pages: what is shown of a result, and of the run that it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.filesize import decimal

from gpuclf import plot
from gpuclf._utils.formatting import legible, percent, seconds_text, value_text
from gpuclf.backend import Backend
from gpuclf.config.experiment import Experiment
from gpuclf.plot.classes import SQUARE, confusion_size
from gpuclf.plot.vectors import vectors_size
from gpuclf.report.evaluate import accuracy_facts, classes_grid, metrics_grid
from gpuclf.report.html_page import Section
from gpuclf.report.html_parts import Command, Facts, Mistaken, Mistakes, Picture
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.run_context import read_clip

MOST = 10  # mistakes
SEVERAL = "several"


@dataclass(frozen=True)
class Run:
    """What a result came from.

    Parameters
    ----------
    experiment : Experiment
    record : dict
        What `gpuclf.report.provenance.record` gives.
    backend : Backend
    varied : collection of str
        Hyper-parameters of which it has several values.
    """

    experiment: Experiment
    record: Mapping[str, Any]
    backend: Backend
    varied: Collection[str] = ()

    def said(self, name: str) -> str:
        """Write a hyper-parameter."""
        value = getattr(self.experiment, name)
        return SEVERAL if name in self.varied else "-" if value is None else value_text(value)

    @property
    def title(self) -> str:
        """Tell it from others in a line."""
        file = Path(self.experiment.file or "").name
        svm_type = self.said("svm_type")
        kind = {"linear": "LinearSVC", SEVERAL: "several SVMs"}.get(svm_type, f"{svm_type}-SVC")
        kernel = "" if svm_type == "linear" else f", kernel {self.said('kernel')}"
        return f"{file}, feature set {self.said('dataset')}: {kind}{kernel}"

    @property
    def cautions(self) -> tuple[str, ...]:
        """What makes its scores other than honest ones."""
        cautions = []
        if self.experiment.protocol == "thesis":
            both = "" if self.experiment.majority_voting else ", and a clip's vectors on both sides"
            cautions.append(
                f"Protocol thesis: scaled over the test clips as well{both}. It is optimistic."
            )
        if self.experiment.permute_labels:
            cautions.append("The labels are permuted: this is what is found where nothing is.")
        return tuple(cautions)


def result_sections(result: CrossValidation, run: Run) -> list[Section]:
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
    # The tally holds the file's classes, which permuted labels are not.
    return sections if run.experiment.permute_labels else [*sections, _mistakes(result)]


def example_section(result: CrossValidation, experiment: Experiment, backend: Backend) -> Section:
    """Show the feature vectors of a clip: the one that is most surely wrong, if any is."""
    mistakes = result.clips.mistakes()
    example = read_clip(experiment, mistakes[0].clip if mistakes else 0, backend)
    picture = Picture(
        lambda ax: plot.feature_vectors(example, 0, ax),
        "the feature vectors of a clip",
        vectors_size(example.X.shape[1]),
    )
    note = "Each is an aggregate of the frames of one window; overlapped ones stand half-way."
    return Section("The feature vectors of a clip", [picture], note)


def run_sections(run: Run, seconds: Mapping[str, float], solver: str) -> list[Section]:
    """Show what a result came from: settings, times, environment, command."""
    typed, usual = run.experiment.to_dict(), Experiment().to_dict()
    settings = {name: run.said(name) for name in typed}
    changed = [name for name in typed if typed[name] != usual[name] or name in run.varied]
    about = run.record["environment"]
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
    found, tally = result.clips.mistakes(), result.clips
    rows = [
        Mistaken(
            str(tally.ids[one.clip]),
            result.labels[one.true],
            one.share_true,
            one.share_taken,
            f"{legible(result.labels[one.taken_for], 40)} {percent(one.share_taken)}, "
            f"{legible(result.labels[one.true], 40)} {percent(one.share_true)}",
        )
        for one in found[:MOST]
    ]
    counted = f"{len(found)} of {len(tally.ids)} clips have more votes for another class"
    note = (
        f"{counted}, over all folds that test them." if found else "No clip has most votes wrong."
    )
    return Section("Most surely wrong", [Mistakes(rows)] if rows else [], note)
