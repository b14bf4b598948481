"""The command demo."""

from __future__ import annotations

import tempfile

import rich_click as click

from gpuclf.cli.evaluate import evaluate
from gpuclf.cli.options import common_options


@click.command(epilog="Example: gpuclf demo --out demo")
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="Keep the file, the result and its page here."
)
@common_options
@click.pass_context
def demo(context: click.Context, out: str | None, backend: str) -> None:
    """Make a small feature file and run the main job on it."""
    from gpuclf._utils.files import make_folder
    from gpuclf.backend import resolve
    from gpuclf.features.demo import write_demo
    from gpuclf.report import tables

    resolve(backend)
    with tempfile.TemporaryDirectory() as temporary:
        folder = make_folder(out or temporary)
        file = str(folder / "demo.hdf5")
        write_demo(file)
        kept = {"json": str(folder / "demo.json"), "report": str(folder / "demo.html")}
        context.invoke(evaluate, file=file, backend=backend, **kept if out else {})
    if out:
        text = f"\nKept in {folder}: look at demo.html. Go on with: gpuclf info {file}"
        tables.stdout().print(text, markup=False, soft_wrap=True)
