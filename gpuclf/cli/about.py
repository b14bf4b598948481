"""Commands that look around: doctor, info, demo."""

from __future__ import annotations

import tempfile

import rich_click as click

from gpuclf.cli.evaluate import evaluate
from gpuclf.cli.options import common_options


@click.command(epilog="Example: gpuclf doctor --backend gpu")
@common_options
def doctor(backend: str) -> None:
    """Say what is installed, which backend would be used, and why."""
    from rich.filesize import decimal

    from gpuclf._utils.versions import describe, driver
    from gpuclf.backend import resolve
    from gpuclf.report import tables
    from gpuclf.vectors.cache import VectorCache

    about = describe()
    installed = {"Python": about["python"], "system": about["system"], **about["packages"]}
    console = tables.stdout()
    console.print(tables.pairs({**installed, "NVIDIA driver": driver()}))
    chosen = resolve(backend)
    cache = VectorCache()
    kept = decimal(sum(file.stat().st_size for file in cache.files()))
    rows = {
        "backend": f"{chosen.name} ({chosen.reason})",
        "device": chosen.device,
        "free memory": decimal(chosen.free_memory()),
        "cache": f"{cache.folder}, {kept if cache.writable else 'which cannot be written'}",
    }
    console.print(tables.pairs(rows))


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


@click.command(epilog="Example: gpuclf info features.hdf5")
@click.argument("file", type=click.Path())
@common_options
def info(file: str, backend: str) -> None:
    """Describe a feature file: attributes, feature sets, shapes, sizes, clips."""
    from gpuclf.backend import resolve
    from gpuclf.features.feature_file import open_features
    from gpuclf.report import tables

    with open_features(file) as store:
        tables.stdout().print(tables.store_tables(store, resolve(backend)))
