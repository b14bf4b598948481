"""Terminal tables of feature files and predictions; conversion of report elements to tables."""

from __future__ import annotations

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gpuclf._utils.formatting import counted, legible, percent
from gpuclf.backend import Backend
from gpuclf.errors import GpuclfError
from gpuclf.features.feature_file import FeatureStore
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.layout import Clips
from gpuclf.model.predictions import Predictions
from gpuclf.report.command_line import default_split
from gpuclf.report.html_parts import Grid

MAX_HEADING = 20  # characters
MIN_TEXT_WIDTH = 8  # characters of a column of text
MAX_SEGMENTS = 12  # of a timeline


def clean(name: object, longest: int = 200) -> str:
    r"""Escape a name for rich: no markup and no control characters.

    Examples
    --------
    >>> clean("[red]a\nb")
    '\\[red]a?b'
    """
    return escape(legible(name, longest))


def pairs(rows: dict[str, str]) -> Table:
    """Return a two-column table of names and values."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True, max_width=40, overflow="ellipsis")
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(clean(name), clean(value, longest=10_000))
    return table


def grid_table(grid: Grid) -> Table:
    """Return the terminal table of a grid."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for column in grid.columns:
        table.add_column(
            clean(column.heading, MAX_HEADING),
            justify="right" if column.number else "left",
            no_wrap=column.number,
            overflow="ellipsis" if column.number else "fold",
            min_width=None if column.number else MIN_TEXT_WIDTH,
        )
    for row in grid.rows:
        table.add_row(*map(clean, row.cells), style="bold" if row.strong else "")
    return table


def describe_features(features: FeatureSet) -> str:
    """Return a one-line description of a feature set."""
    labels = features.clips.labels
    shortest, longest = features.frames
    frames = f"{shortest} to " * (shortest != longest) + counted(longest, "frame")
    parts = [f"{len(features)} clips" + (f" of {len(labels)} classes" if labels else "")]
    for name, column in (("groups", features.clips.groups), ("folds", features.clips.folds)):
        if column is not None:
            parts.append(f"{len(np.unique(column))} {name}")
    parts += [f"{frames} per clip", counted(features.n_features, "feature")]
    return f"{features.name}: {', '.join(parts)}"


def store_tables(store: FeatureStore, backend: Backend) -> RenderableType:
    """Return the terminal output of ``gpuclf info``: attributes, feature sets, clips per class."""
    facts = {
        "file": str(store.path),
        "size": decimal(store.path.stat().st_size),
        "layout": "clips" if store.is_clips_layout else "grid",
        **store.attributes,
        "free memory": f"{decimal(backend.free_memory())} ({backend.name} backend)",
    }
    sets = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for heading in ("name", "shape", "dtype", "clips", "frames", "memory", "storage"):
        sets.add_column(heading, no_wrap=heading == "shape")
    errors = []
    clips: dict[str, str] = {}
    readers: dict[str, str] = {}
    for name in store.items:
        try:
            features = store[name]
        except GpuclfError as error:
            errors.append(Text(f"not a feature set: {clean(error)}"))
            continue
        sets.add_row(*_set_cells(features))
        readers[f"reader of {name}"] = features.source.reader.how
        clips = _clip_rows(features.clips)
    try:
        split = {"default split": default_split(store)} if clips else {}
    except GpuclfError as error:
        split = {"default split": f"none ({error})"}
    table = sets if sets.rows else Text()
    return Group(pairs(facts), table, *errors, pairs(readers), pairs(split), pairs(clips))


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
        ", ".join(filters) or ("chunked" if dataset.chunks else "contiguous"),
    ]


def _clip_rows(clips: Clips) -> dict[str, str]:
    """Return the number of groups, folds and clips per class."""
    rows = {}
    if clips.groups is not None:
        rows["groups"] = str(len(np.unique(clips.groups)))
    if clips.folds is not None:
        rows["folds"] = str(len(np.unique(clips.folds)))
    if clips.y is None:
        return {**rows, "labels": "none (gpuclf predict only)"}
    counts = np.bincount(clips.y, minlength=len(clips.labels))
    return {
        **rows,
        **{label: f"{n} clips" for label, n in zip(clips.labels, counts, strict=True)},
    }


def prediction_table(predictions: Predictions) -> Table:
    """Return the terminal output of ``gpuclf predict``: one row per clip."""
    table = Table(box=box.SIMPLE)
    table.add_column("clip", overflow="fold")
    if predictions.true is not None:
        table.add_column("true class")
    table.add_column("prediction")
    table.add_column("votes", justify="right")
    table.add_column("margin", justify="right")
    sure = predictions.confidence
    if sure is not None:
        table.add_column("probability", justify="right")
    known = [] if predictions.training is None else predictions.training.in_training.tolist()
    show_known = any(known)
    if show_known:
        table.add_column("in training")
    if predictions.windows is not None:
        table.add_column("timeline", overflow="fold")
    columns = zip(predictions.names, predictions.votes, predictions.margin, strict=True)
    for clip, (label, votes, margin) in enumerate(columns):
        true = [] if predictions.true is None else [predictions.true[clip]]
        wrong = bool(true) and true[0] != label
        table.add_row(
            clean(predictions.ids[clip]),
            *map(clean, true),
            Text.from_markup(clean(label), style="red" if wrong else ""),
            f"{votes.max()} of {votes.sum()}",
            percent(margin),
            *([] if sure is None else [percent(sure[clip])]),
            *(["yes" if known[clip] else "no"] if show_known else []),
            *([] if predictions.windows is None else [_timeline(predictions, clip)]),
        )
    return table


def _timeline(predictions: Predictions, clip: int) -> str:
    segments = predictions.timeline(clip)
    shown = [clean(segment) for segment in segments[:MAX_SEGMENTS]]
    return ", ".join([*shown, *["…"] * (len(segments) > MAX_SEGMENTS)])


def print_next(console: Console, command: str) -> None:
    """Print the next command on one line, so that it can be copied."""
    text = legible(f"Next: {command}", longest=10_000)
    console.print(f"\n{text}", markup=False, soft_wrap=True)


def stdout() -> Console:
    """Return the console for results."""
    return Console(highlight=False)
