"""The tables of a cross-validation: classes and confusion, metrics, accuracy and its interval."""

from __future__ import annotations

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from gpuclf import metrics
from gpuclf.report.tables import clean, pairs, percent, percent_interval
from gpuclf.selection import CrossValidation
from gpuclf.stats import defined_mean

MATRIX_COLUMN = 4  # characters of its narrowest column
SHARES = ("balanced_accuracy", "macro_f1", "top_two")
METRICS = {
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "top_two": "class among the top two",
    "auc_votes": "ROC AUC, one against rest, of votes",
    "auc_votes_hand_till": "ROC AUC, Hand and Till, of votes",
    "auc_decisions": "ROC AUC, one against rest, of decisions",
    "auc_decisions_hand_till": "ROC AUC, Hand and Till, of decisions",
    "brier": "Brier score of vote shares (0 to 2)",
}


def result_tables(result: CrossValidation, console: Console) -> RenderableType:
    """What ``gpuclf evaluate`` prints: accuracies, per-class recall, confusion, times."""
    repeats, folds = result.scores.shape
    scored = "clips" if result.majority_voting else "vectors"
    low, high, level = result.interval
    lines = {
        f"accuracy of {scored}": f"{_mean_and_std(result.scores)}  ({repeats} x {folds} folds)",
        f"{100 * level:g} % interval": _interval(low, high),
    }
    if result.majority_voting:
        lines["accuracy of vectors"] = _mean_and_std(result.vector_scores)
    lines["chance"] = percent(result.chance)
    lines["majority class"] = percent(result.majority.mean())
    if result.p_value is not None:
        times = f"{len(result.permuted)} times"
        lines["permuted labels"] = (
            f"{_mean_and_std(result.permuted)}, {times}: p = {result.p_value:.3g}"
        )
    lines["time"] = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in result.seconds.items())
    return Group(_classes_table(result, console), _metrics_table(result), pairs(lines))


def _mean_and_std(scores: np.ndarray) -> str:
    return f"{percent(scores.mean())} ± {percent(scores.std())}"


def _interval(low: float, high: float) -> str:
    if np.isnan(low):
        return "none: one fold alone has no spread"
    if low == high:
        return f"no width: {percent(low)} in every fold"
    return f"{percent_interval(low, high)}, corrected for overlap"


def _metrics_table(result: CrossValidation) -> Table:
    """Metrics of the clips beside those of the vectors, means over folds."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("mean over folds", no_wrap=True)
    for level in result.metrics:
        table.add_column(level, justify="right")
    for name, heading in METRICS.items():
        cells = [
            _measure(name, by_name[name]) if name in by_name else ""
            for by_name in result.metrics.values()
        ]
        if any(cells):
            table.add_row(heading, *cells)
    if "clips" in result.metrics:
        error = percent(result.calibration.expected_error)
        table.add_row("calibration error of vote shares", error)
    return table


def _measure(name: str, values: np.ndarray) -> str:
    """Write the mean of a metric over the folds that define it."""
    mean = defined_mean(values)
    if np.isnan(mean):
        return "-"
    return percent(mean) if name in SHARES else f"{mean:.3f}"


def _classes_table(result: CrossValidation, console: Console) -> RenderableType:
    """Recall by class beside the confusion matrix, or beside the worst confusions if it is wide.

    Precision stands under the matrix, a predicted class's in its column, or in a column of its own.
    """
    shares = result.confusion / np.maximum(1, result.confusion.sum(axis=1, keepdims=True))
    precision = metrics.precision(result.confusion)
    if MATRIX_COLUMN * len(result.labels) < console.width:  # else it need not even be made
        matrix = _by_class(result)
        for number in range(len(result.labels)):
            matrix.add_column(str(number), justify="right", min_width=3, no_wrap=True)
        for true, row in enumerate(_class_cells(result)):
            matrix.add_row(*row, *_matrix_cells(shares[true], true))
        matrix.add_section()
        cells = ["-" if np.isnan(share) else f"{100 * share:.0f}" for share in precision]
        matrix.add_row("", "precision", "", *cells, style="dim")
        unbounded = console.options.update(width=100 * console.width)
        if console.measure(matrix, options=unbounded).maximum <= console.width:
            return Group(Text("\nRecall, and confusion in % of the true class (its row)"), matrix)
    worst = _by_class(result)
    worst.add_column("precision", justify="right", no_wrap=True)
    worst.add_column("taken for")
    for true, row in enumerate(_class_cells(result)):
        others = _taken_for(shares[true], true, result.labels)
        worst.add_row(*row, percent(precision[true]), others)
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
    return [(str(number), clean(label), percent(recall)) for number, (label, recall) in rows]


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
    return ", ".join(f"{clean(labels[c], 30)} {100 * shares[c]:.0f} %" for c in others[:3])
