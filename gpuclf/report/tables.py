"""Tables on a terminal: files, results, predictions, environment."""

from __future__ import annotations

import math

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gpuclf.backend import Backend
from gpuclf.data.features import FeatureSet
from gpuclf.data.store import FeatureStore
from gpuclf.errors import GpuclfError
from gpuclf.predictions import Predictions
from gpuclf.selection import CrossValidation


def percent(share: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.4275), percent(float("nan"))
    ('42.8 %', '-')
    """
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"


def pairs(rows: dict[str, str]) -> Table:
    """Names and values in two columns, without lines."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(escape(name), escape(value))
    return table


def describe_features(features: FeatureSet) -> str:
    """Say in a line what a feature set holds."""
    labels = features.clips.labels
    shortest, longest = features.frames
    frames = f"{longest}" if shortest == longest else f"{shortest} to {longest}"
    classes = f" of {len(labels)} classes" if labels else ""
    return (
        f"{features.name}: {len(features)} clips{classes}, "
        f"{frames} frames a clip, {features.n_features} features"
    )


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
    labels: tuple[str, ...] = ()
    counts = np.zeros(0, dtype=int)
    for name in store.names:
        try:
            features = store[name]
        except GpuclfError as error:
            sets.add_row(escape(name), escape(str(error)))
            continue
        dataset = features.source.dataset
        filters = [dataset.compression, "shuffle" if dataset.shuffle else None]
        stored = ", ".join(filter(None, filters)) or ("chunks" if dataset.chunks else "plain")
        sets.add_row(
            escape(name),
            str(dataset.shape),
            str(dataset.dtype),
            str(len(features)),
            "-".join(map(str, sorted(set(features.frames)))),
            decimal(features.nbytes),
            stored,
        )
        if features.clips.y is not None:
            labels = features.clips.labels
            counts = np.bincount(features.clips.y, minlength=len(labels))
    classes = pairs({name: f"{count} clips" for name, count in zip(labels, counts, strict=True)})
    return Group(pairs(about), sets, classes if labels else Text("no labels: predict only"))


def result_tables(result: CrossValidation, console: Console) -> RenderableType:
    """What ``gpuclf evaluate`` prints: accuracies, per-class recall, confusion, times."""
    repeats, folds = result.scores.shape
    of = f"{repeats} x {folds} folds"
    spread = {"clips": result.scores} if result.majority_voting else {}
    spread["vectors"] = result.vector_scores
    lines = {
        f"accuracy of {what}": f"{percent(scores.mean())} ± {percent(scores.std())}  ({of})"
        for what, scores in spread.items()
    }
    lines["chance"] = percent(result.chance)
    times = {name: f"{seconds:.2f} s" for name, seconds in result.seconds.items()}
    lines["time"] = ", ".join(f"{name} {time}" for name, time in times.items())
    return Group(_classes_table(result, console), pairs(lines))


def _classes_table(result: CrossValidation, console: Console) -> RenderableType:
    """Recall by class beside the confusion matrix, or beside the worst confusions if it is wide."""
    shares = result.confusion / np.maximum(1, result.confusion.sum(axis=1, keepdims=True))
    matrix = _by_class(result)
    for number in range(len(result.labels)):
        matrix.add_column(str(number), justify="right", min_width=3, no_wrap=True)
    for true, row in enumerate(_class_cells(result)):
        matrix.add_row(*row, *_matrix_cells(shares[true], true))
    unbounded = console.options.update(width=100 * console.width)
    if console.measure(matrix, options=unbounded).maximum <= console.width:
        return Group(Text("\nRecall, and confusion in % of the true class (its row)"), matrix)
    worst = _by_class(result)
    worst.add_column("taken for")
    for true, row in enumerate(_class_cells(result)):
        worst.add_row(*row, _taken_for(shares[true], true, result.labels))
    return Group(Text("\nRecall, and what a class was most often taken for"), worst)


def _by_class(result: CrossValidation) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("", justify="right", style="dim", no_wrap=True)
    longest = min(30, max(map(len, result.labels)))
    table.add_column("class", min_width=longest, max_width=30, overflow="ellipsis", no_wrap=True)
    table.add_column("recall", justify="right", no_wrap=True)
    return table


def _class_cells(result: CrossValidation) -> list[tuple[str, str, str]]:
    rows = enumerate(zip(result.labels, result.recall, strict=True))
    return [(str(number), escape(label), percent(recall)) for number, (label, recall) in rows]


def _matrix_cells(shares: np.ndarray, true: int) -> list[Text]:
    return [
        Text(
            f"{100 * share:.0f}" if share else ".",
            style="bold" if predicted == true else "" if share >= 0.005 else "dim",
        )
        for predicted, share in enumerate(shares)
    ]


def _taken_for(shares: np.ndarray, true: int, labels: tuple[str, ...]) -> str:
    others = [c for c in np.argsort(-shares, kind="stable") if c != true and shares[c] > 0]
    return escape(", ".join(f"{labels[c]} {100 * shares[c]:.0f} %" for c in others[:3]))


def prediction_table(predictions: Predictions) -> Table:
    """What ``gpuclf predict`` prints: label, votes and margin of every clip."""
    table = Table(box=box.SIMPLE)
    table.add_column("clip", overflow="fold")
    if predictions.true is not None:
        table.add_column("true")
    table.add_column("label")
    table.add_column("votes", justify="right")
    table.add_column("margin", justify="right")
    for clip, (votes, margin) in enumerate(zip(predictions.votes, predictions.margin, strict=True)):
        label = predictions.labels[predictions.predicted[clip]]
        true = [] if predictions.true is None else [predictions.true[clip]]
        wrong = bool(true) and true[0] != label
        table.add_row(
            escape(str(predictions.ids[clip])),
            *map(escape, true),
            Text(label, style="red" if wrong else ""),
            f"{votes.max()} of {votes.sum()}",
            percent(margin),
        )
    return table


def stdout() -> Console:
    """The console for results."""
    return Console(highlight=False)
