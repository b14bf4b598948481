"""The command info."""

from __future__ import annotations

import rich_click as click

from gpuclf.cli.options import common_options


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
