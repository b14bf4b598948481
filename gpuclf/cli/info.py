"""The command info."""

from __future__ import annotations

import rich_click as click

from gpuclf.cli.command_help import command
from gpuclf.cli.options import common_options


@command("gpuclf info features.hdf5")
@click.argument("file", type=click.Path())
@common_options
def info(file: str, backend: str) -> None:
    """Show the feature sets, classes and clips of a feature file.

    It reads FILE (HDF5) and prints its attributes, the shape and size of each feature set, and
    the number of clips of each class, group and fold. The command writes no file.
    """
    from gpuclf.backend import resolve
    from gpuclf.features.feature_file import open_features
    from gpuclf.report import tables

    with open_features(file) as store:
        tables.stdout().print(tables.store_tables(store, resolve(backend)))
