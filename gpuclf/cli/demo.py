"""The command demo."""

from __future__ import annotations

import tempfile

import rich_click as click

from gpuclf.cli.command_help import command
from gpuclf.cli.evaluate import evaluate
from gpuclf.cli.options import common_options


@command("gpuclf demo", "gpuclf demo --out demo")
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="Folder for the feature file, the result and its HTML report; by default none is kept.",
)
@common_options
@click.pass_context
def demo(context: click.Context, out: str | None, backend: str) -> None:
    """Create a small feature file and cross-validate a classifier on it.

    It needs no input and takes less than a minute. --out keeps the feature file, the result (JSON)
    and an HTML report.
    """
    from gpuclf._utils.files import make_folder
    from gpuclf.backend import resolve
    from gpuclf.features.demo import write_demo
    from gpuclf.report import tables

    resolve(backend)
    with tempfile.TemporaryDirectory() as temporary:
        folder = make_folder(out or temporary)
        file = str(folder / "demo.hdf5")
        write_demo(file)
        outputs = {"json": str(folder / "demo.json"), "report": str(folder / "demo.html")}
        context.invoke(evaluate, file=file, backend=backend, **outputs if out else {})
    if out:
        text = f"\nSaved to {folder}: open demo.html in a browser. Next: gpuclf info {file}"
        tables.stdout().print(text, markup=False, soft_wrap=True)
