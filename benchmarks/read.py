"""Benchmark of reading and aggregating a feature file: gpuclf against h5py with NumPy."""

from __future__ import annotations

from typing import Any

import rich_click as click
from gpuclf._utils.files import check_output, write_json
from gpuclf._utils.versions import describe
from gpuclf.backend import resolve
from gpuclf.cli.options import common_options, experiment_options, memory_option, opened_experiment
from gpuclf.config.parts import Features
from gpuclf.report import tables
from gpuclf.report.progress import RunProgress
from measure_read import OURS, REFERENCE, ReadBench, bench_read
from rich import box
from rich.console import Group
from rich.filesize import decimal
from rich.table import Table
from script import run

MIN_SECONDS = 0.05  # below this, starting threads dominates


@click.command(
    epilog="Example: python benchmarks/read.py features.hdf5 --rounds 7 --json read.json"
)
@click.argument("file", type=click.Path(), required=False)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=5, help="Number of rounds. [default: 5]"
)
@click.option(
    "--json", type=click.Path(), metavar="OUT", help="Write all results to this JSON file."
)
@common_options
@memory_option
@experiment_options(Features)
def read(
    file: str | None,
    rounds: int,
    json: str | None,
    backend: str,
    memory: int | None,
    config: str | None,
    **options: Any,
) -> None:
    """Time reading and aggregation of FILE: gpuclf against h5py with NumPy.

    Rates are in MB of float32 frames per second. The feature vectors of both are compared; a
    difference above 1e-6 of a feature's maximum is an error.
    """
    chosen = resolve(backend)
    with opened_experiment(file, config, options) as (store, experiment), RunProgress() as progress:
        if json is not None:
            check_output(json, inputs=[*experiment.inputs, config])
        features = experiment.select(store)
        result = bench_read(
            features,
            experiment,
            backend=chosen,
            memory=memory,
            rounds=rounds,
            on_round=lambda done: progress.on_round(done, rounds),
        )
        about = {
            "file": str(store.path),
            "features": tables.describe_features(features),
            "reader": features.source.reader.how,
            "backend": f"{chosen.name}, {chosen.device}",
        }
    if json is not None:
        write_json(json, {**result.to_dict(), "about": about, "environment": describe()})
    console = tables.stdout()
    console.print(tables.pairs(about))
    console.print(bench_table(result))


def bench_table(bench: ReadBench) -> Group:
    """Return the table of all methods."""
    table = Table(box=box.SIMPLE)
    table.add_column("", no_wrap=True)
    for heading in ("seconds", "MB/s", *(f"vs {name.removeprefix('h5py ')}" for name in REFERENCE)):
        table.add_column(heading, justify="right")
    for name in bench.rounds.seconds:
        ours = name in OURS
        ratios = [f"{bench.rounds.ratio(other, name):.2f}" if ours else "" for other in REFERENCE]
        seconds, rate = f"{bench.rounds.median(name):.3f}", f"{bench.rate(name):,.0f}"
        table.add_row(name, seconds, rate, *ratios, style="bold" if ours else "")
    too_few = bench.rounds.median(OURS[1]) < MIN_SECONDS
    rounds = len(bench.rounds.seconds[OURS[0]])
    same = "feature vectors are bitwise equal"
    near = f"feature vectors differ by at most {bench.difference:.0e} of a feature's maximum"
    about = {
        "seconds": f"median of {rounds} round" + "s" * (rounds > 1),
        "vs": "speed-up: time of h5py with NumPy / time of gpuclf, median over rounds",
        "h5py abs sum": "reading and np.abs(frames).sum()",
        "frames": f"{decimal(bench.nbytes)} as float32"
        + " (too small for reliable timing)" * too_few,
        "results": near if bench.difference else same,
        "peak memory": f"{decimal(bench.peaks['aggregate'])}; "
        f"{decimal(bench.peaks['python'])} of it is the Python interpreter",
    }
    return Group(table, tables.pairs(about))


if __name__ == "__main__":
    run(read)
