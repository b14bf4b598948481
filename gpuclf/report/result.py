"""Tables of a cross-validation result: accuracy and interval, metrics, classes and confusion."""

from __future__ import annotations

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from gpuclf import metrics
from gpuclf._utils.formatting import legible, percent, percent_interval, seconds_text
from gpuclf.metrics.intervals import defined_mean
from gpuclf.report.html_parts import Grid, Heading
from gpuclf.report.tables import clean, grid_table, pairs
from gpuclf.validation.cv_result import CrossValidation

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
    """What ``gpuclf evaluate`` prints: per-class recall, confusion, metrics, accuracies, times."""
    lines = accuracy_facts(result) | {"time": seconds_text(result.seconds)}
    metrics_table = grid_table(metrics_grid(result))
    return Group(_classes_table(result, console), metrics_table, pairs(lines))


def accuracy_facts(result: CrossValidation) -> dict[str, str]:
    """Accuracies and what they are to be held against."""
    repeats, folds = result.scores.shape
    low, high, level = result.interval
    facts = {
        f"accuracy of {result.scored}": f"{_mean_and_std(result.scores)}  "
        f"({repeats} x {folds} folds)",
        f"{100 * level:g} % interval": _interval(low, high),
    }
    if result.majority_voting:
        facts["accuracy of vectors"] = _mean_and_std(result.vector_scores)
    facts["chance"] = percent(result.chance)
    facts["majority class"] = percent(result.majority.mean())
    if result.p_value is not None:
        times = f"{len(result.permuted)} times"
        facts["permuted labels"] = (
            f"{_mean_and_std(result.permuted)}, {times}: p = {result.p_value:.3g}"
        )
    return facts


def _mean_and_std(scores: np.ndarray) -> str:
    return f"{percent(scores.mean())} ± {percent(scores.std())}"


def _interval(low: float, high: float) -> str:
    if np.isnan(low):
        return "none: one fold alone has no spread"
    if low == high:
        return f"no width: {percent(low)} in every fold"
    return f"{percent_interval(low, high)}, corrected for overlap"


def metrics_grid(result: CrossValidation) -> Grid:
    """Metrics of the clips beside those of the vectors, means over folds."""
    levels = result.metrics.values()
    grid = Grid([Heading("mean over folds", number=False), *map(Heading, result.metrics)])
    for name, heading in METRICS.items():
        cells = [_measure(name, by_name[name]) if name in by_name else "" for by_name in levels]
        if any(cells):
            grid.add(heading, *cells)
    if "clips" in result.metrics:
        error = percent(result.calibration.expected_error)
        grid.add("calibration error of vote shares", error, "")
    return grid


def classes_grid(result: CrossValidation) -> Grid:
    """Recall, precision and F1 of every class, and what it was most often taken for."""
    names = ("tested", "recall", "precision", "F1")
    grid = Grid([Heading("class", number=False), *map(Heading, names), Heading("taken for", False)])
    shares = result.confusion_shares
    columns = zip(
        result.labels,
        result.confusion.sum(axis=1),
        metrics.recall(result.confusion),
        metrics.precision(result.confusion),
        metrics.f1(result.confusion),
        strict=True,
    )
    for true, (label, tested, *measures) in enumerate(columns):
        others = _taken_for(shares[true], true, result.labels)
        grid.add(label, str(tested), *map(percent, measures), others)
    return grid


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
    shares = result.confusion_shares
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
        worst.add_row(*row, percent(precision[true]), clean(others))
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
    return ", ".join(f"{legible(labels[c], 30)} {100 * shares[c]:.0f} %" for c in others[:3])
