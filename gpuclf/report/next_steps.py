"""What to do after a result: checks that concern its validity first, then the next commands."""

from __future__ import annotations

from gpuclf._utils.formatting import counted
from gpuclf.config.experiment import Experiment
from gpuclf.report.command_line import (
    audit_command,
    estimate_command,
    search_command,
    train_command,
)
from gpuclf.report.html_parts import Step
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.run_context import RunContext

FACTORS = (0.1, 1, 10)  # values of C of a search, as multiples of the current one
NU = (0.1, 0.3, 0.5)


def next_steps(result: CrossValidation, run: RunContext) -> list[Step]:
    """Return the steps after a cross-validation of one setting.

    Parameters
    ----------
    result : CrossValidation
    run : RunContext
        Run with the experiment and its open feature file.

    Returns
    -------
    list of Step
    """
    experiment = run.experiment
    steps = [*_checks(result, run)]
    search = search_command(experiment, run.store, *_candidates(experiment))
    if not result.verdict.is_better:
        text = "The result is not above the baseline: check the labels and the features, listen to "
        text += "misclassified clips, and compare settings on inner folds, without optimism."
        return [*steps, Step(text, search)]
    return [
        *steps,
        Step("Compare settings on inner folds, without optimism.", search),
        Step("Train the classifier on all clips.", train_command(experiment, run.store)),
        Step("Classify new clips.", "gpuclf predict model.npz NEW.hdf5 --csv predictions.csv"),
    ]


def _checks(result: CrossValidation, run: RunContext) -> list[Step]:
    """Return the steps that concern the validity of a result."""
    experiment, steps = run.experiment, []
    unconverged = sum(len(fold.unconverged) for fold in result.folds)
    if unconverged:
        text = f"{counted(unconverged, 'SVM')} did not converge: standardise the features."
        scaled = estimate_command(experiment.replace(scale="std"), run.store)
        steps.append(Step(text, scaled))
    clips = run.features({}).clips
    if clips.groups is None and experiment.groups is None and experiment.split != "predefined":
        text = (
            "The clips have no groups. If several come from one source (artist, recording, site), "
            "give it by --groups CSV:COLUMN: otherwise the result is optimistically biased."
        )
        audit = audit_command(experiment, run.store)
        steps.append(Step(f"{text} Measure the effect of data leakage.", audit))
    return steps


def _candidates(experiment: Experiment) -> tuple[str, list[float]]:
    """Return the parameter of the regularization, and values around the current one."""
    if experiment.svm_type == "nu":
        return "nu", list(NU)
    return "C", [factor * experiment.C for factor in FACTORS]
