"""Tables on a terminal: files, predictions, environment; and how content becomes tables."""

from __future__ import annotations

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gpuclf._utils.formatting import legible, percent
from gpuclf.backend import Backend
from gpuclf.errors import GpuclfError
from gpuclf.features.feature_file import FeatureStore
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.layout import Clips
from gpuclf.model.predictions import Predictions
from gpuclf.report.html_parts import Grid

LONGEST_HEADING = 16
NARROWEST = 8  # letters of a column of text
MOST_STRETCHES = 12  # of a time line


def clean(name: object, longest: int = 200) -> str:
    r"""Make a name from a file safe to print by rich: legible, and no markup.

    Examples
    --------
    >>> clean("[red]a\nb")
    '\\[red]a?b'
    """
    return escape(legible(name, longest))


def pairs(rows: dict[str, str]) -> Table:
    """Names and values in two columns, without lines."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True, max_width=40, overflow="ellipsis")
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(clean(name), clean(value, longest=10_000))
    return table


def grid_table(grid: Grid) -> Table:
    """Rows under headings."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for column in grid.columns:
        table.add_column(
            clean(column.heading, LONGEST_HEADING),
            justify="right" if column.number else "left",
            no_wrap=column.number,
            overflow="ellipsis" if column.number else "fold",
            min_width=None if column.number else NARROWEST,
        )
    for row in grid.rows:
        table.add_row(*map(clean, row.cells), style="bold" if row.strong else "")
    return table


def describe_features(features: FeatureSet) -> str:
    """Say in a line what a feature set holds."""
    labels = features.clips.labels
    shortest, longest = features.frames
    frames = f"{longest}" if shortest == longest else f"{shortest} to {longest}"
    parts = [f"{len(features)} clips" + (f" of {len(labels)} classes" if labels else "")]
    for name, column in (("groups", features.clips.groups), ("folds", features.clips.folds)):
        if column is not None:
            parts.append(f"{len(np.unique(column))} {name}")
    parts += [f"{frames} frames a clip", f"{features.n_features} features"]
    return f"{features.name}: {', '.join(parts)}"


def store_tables(store: FeatureStore, backend: Backend) -> RenderableType:
    """What ``gpuclf info`` prints: attributes, feature sets, clips by class."""
    about = {
        "file": str(store.path),
        "size": decimal(store.path.stat().st_size),
        "layout": "clips" if store.is_clips_layout else "grid",
        **store.attributes,
        "free memory": f"{decimal(backend.free_memory())} on the backend {backend.name}",
    }
    sets = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for heading in ("set", "shape", "type", "clips", "frames", "in memory", "stored"):
        sets.add_column(heading, no_wrap=heading == "shape")
    faults = []
    clips: dict[str, str] = {}
    ways: dict[str, str] = {}
    for name in store.items:
        try:
            features = store[name]
        except GpuclfError as error:
            faults.append(Text(f"no feature set: {clean(error)}"))
            continue
        sets.add_row(*_set_cells(features))
        ways[f"{name} is read"] = features.source.reader.how
        clips = _clip_rows(features.clips)
    parts = [pairs(about), *([sets] if sets.rows else [Text()]), *faults, pairs(ways), pairs(clips)]
    return Group(*parts)


def _set_cells(features: FeatureSet) -> list[str]:
    dataset = features.source.dataset
    filters = filter(None, [dataset.compression, "shuffle" if dataset.shuffle else None])
    return [
        clean(features.name),
        str(dataset.shape),
        str(dataset.dtype),
        str(len(features)),
        "-".join(map(str, sorted(set(features.frames)))),
        decimal(features.nbytes),
        ", ".join(filters) or ("chunks" if dataset.chunks else "plain"),
    ]


def _clip_rows(clips: Clips) -> dict[str, str]:
    """Clips by class, groups, folds: what there is of them."""
    rows = {}
    if clips.groups is not None:
        rows["groups"] = str(len(np.unique(clips.groups)))
    if clips.folds is not None:
        rows["folds"] = str(len(np.unique(clips.folds)))
    if clips.y is None:
        return {**rows, "labels": "none: predict only"}
    counts = np.bincount(clips.y, minlength=len(clips.labels))
    return {
        **rows,
        **{label: f"{n} clips" for label, n in zip(clips.labels, counts, strict=True)},
    }


def prediction_table(predictions: Predictions) -> Table:
    """What ``gpuclf predict`` prints: label, votes and margin of every clip."""
    table = Table(box=box.SIMPLE)
    table.add_column("clip", overflow="fold")
    if predictions.true is not None:
        table.add_column("true")
    table.add_column("label")
    table.add_column("votes", justify="right")
    table.add_column("margin", justify="right")
    if predictions.windows is not None:
        table.add_column("time line", overflow="fold")
    for clip, (votes, margin) in enumerate(zip(predictions.votes, predictions.margin, strict=True)):
        label = predictions.labels[predictions.predicted[clip]]
        true = [] if predictions.true is None else [predictions.true[clip]]
        wrong = bool(true) and true[0] != label
        table.add_row(
            clean(predictions.ids[clip]),
            *map(clean, true),
            Text.from_markup(clean(label), style="red" if wrong else ""),
            f"{votes.max()} of {votes.sum()}",
            percent(margin),
            *([] if predictions.windows is None else [_timeline(predictions, clip)]),
        )
    return table


def _timeline(predictions: Predictions, clip: int) -> str:
    stretches = predictions.timeline(clip)
    shown = [clean(stretch) for stretch in stretches[:MOST_STRETCHES]]
    return ", ".join([*shown, *["…"] * (len(stretches) > MOST_STRETCHES)])


def print_next(console: Console, command: str) -> None:
    """Say which command comes next, in one line that can be copied."""
    text = legible(f"Go on with: {command}", longest=10_000)
    console.print(f"\n{text}", markup=False, soft_wrap=True)


def stdout() -> Console:
    """The console for results."""
    return Console(highlight=False)
