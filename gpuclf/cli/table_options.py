"""Options for tables and arrays of features, the same in pack and run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from gpuclf.cli.command_help import CLIPS, VECTORS

if TYPE_CHECKING:
    from gpuclf.features.importers.table_columns import ColumnChoice

TABLE_OPTIONS = ("labels", "time_columns", "row_per_clip", "exclude")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def table_options(command: Decorated) -> Decorated:
    """Add ``--labels``, ``--time-columns``, ``--row-per-clip`` and ``--exclude`` to a command."""
    command = click.option(
        "--exclude",
        multiple=True,
        metavar="PATTERN",
        help="Columns of numbers that are no features; may be repeated.",
        panel=VECTORS,
    )(command)
    command = click.option(
        "--row-per-clip",
        is_flag=True,
        help="Each row of the table is a clip, named by its number.",
        panel=CLIPS,
    )(command)
    command = click.option(
        "--time-columns",
        metavar="NAMES",
        help="Columns of the start and end of a frame, separated by commas; the first must "
        "increase within a clip. [default: start, end and similar]",
        panel=CLIPS,
    )(command)
    return click.option(
        "--labels",
        type=click.Path(),
        metavar="CSV",
        help="CSV file with one row per clip of a table or array: column label; optional: clip, "
        "group, fold. Rows are matched by the clip, if both name it, else by order.",
        panel=CLIPS,
    )(command)


def column_choice(
    options: Mapping[str, Any], features: tuple[str, ...] = (), *, labelled: bool = True
) -> ColumnChoice:
    """Return the columns that `table_options` and the column options name."""
    from gpuclf.features.importers.table_columns import ColumnChoice

    times = (options["time_columns"] or "").split(",")
    return ColumnChoice(
        clip=options["clip_column"],
        label=options["label_column"],
        group=options["group_column"],
        fold=options["fold_column"],
        times=tuple(each.strip() for each in times if each),
        features=features,
        exclude=options["exclude"],
        row_per_clip=options["row_per_clip"],
        labelled=labelled,
    )
