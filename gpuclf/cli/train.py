"""The command train."""

from __future__ import annotations

from typing import Any

import rich_click as click

from gpuclf.cli.command_help import OUTPUT, command
from gpuclf.cli.options import (
    common_options,
    experiment_options,
    opened_experiment,
    reading_options,
)
from gpuclf.config.parts import Features, Probabilities, Svm


@command(
    "gpuclf train features.hdf5 --model model.npz --kernel rbf --C 10",
    common=(
        *("--model", "--dataset", "--n-vectors", "--statistics", "--scale", "--svm-type"),
        *("--kernel", "--C", "--gamma", "--class-weight", "--backend"),
    ),
)
@click.argument("file", type=click.Path(), required=False)
@click.option(
    "--model",
    type=click.Path(),
    metavar="OUT.npz",
    required=True,
    help="Output file for the model.",
    panel=OUTPUT,
)
@common_options
@reading_options
@experiment_options(Features, Svm, Probabilities)
def train(
    file: str | None,
    model: str,
    backend: str,
    memory: int | None,
    cache: bool,
    config: str | None,
    **options: Any,
) -> None:
    """Fit a classifier on all clips and save it as a model.

    FILE is a feature file. The model contains the settings, the scaler, the SVM, and the ids and
    fingerprints of the clips, by which `gpuclf predict` recognises and does not score them.
    Estimate the accuracy with `gpuclf evaluate` and the same options.
    """
    from gpuclf._utils.files import check_output
    from gpuclf._utils.formatting import counted
    from gpuclf.model.model_file import save_model
    from gpuclf.report import tables
    from gpuclf.report.progress import RunProgress
    from gpuclf.report.train import training_facts
    from gpuclf.workflows.run_context import run_over
    from gpuclf.workflows.train import train_run

    with opened_experiment(file, config, options) as (store, experiment):
        check_output(model, inputs=[*experiment.inputs, config])
        with RunProgress() as progress:
            run = run_over(
                store, experiment, backend=backend, progress=progress, memory=memory, cache=cache
            )
            trained = train_run(run)
            count = counted(len(run.features({})), "clip")
    save_model(model, trained)
    tables.stdout().print(
        f"{model}: {len(trained.labels)} classes, trained on all {count} of {experiment.file}",
        markup=False,
        soft_wrap=True,
    )
    for name, text in training_facts(trained.classifier).items():
        tables.stdout().print(f"{name}: {text}", markup=False, soft_wrap=True)
