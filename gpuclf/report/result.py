"""Tables of a cross-validation result: accuracy, metrics, scores per class, confusion matrix."""

from __future__ import annotations

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from gpuclf import metrics
from gpuclf._utils.formatting import (
    UNITS,
    counted,
    counted_shape,
    legible,
    metric_text,
    percent,
    percent_interval,
    seconds_text,
)
from gpuclf.metrics.intervals import Interval
from gpuclf.metrics.pooling import Pooled
from gpuclf.report import explanations
from gpuclf.report.html_parts import Grid, Heading, Share
from gpuclf.report.tables import clean, grid_table, pairs
from gpuclf.validation.cv_result import CrossValidation

MATRIX_COLUMN = 4  # characters per column of the confusion matrix, at least
MATRIX_TITLE = "Recall and confusion matrix (rows: true class, in %; columns: predicted class)"
IN_PERCENT = ("accuracy", "balanced_accuracy", "macro_f1", "top_two")
METRICS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "top_two": "top-2 accuracy",
    "auc_votes": "ROC AUC of votes (one-vs-rest)",
    "auc_votes_hand_till": "ROC AUC of votes (Hand and Till)",
    "auc_decisions": "ROC AUC of decision values (one-vs-rest)",
    "auc_decisions_hand_till": "ROC AUC of decision values (Hand and Till)",
    "brier": "Brier score of vote shares (0 to 2)",
    "brier_probabilities": "Brier score of probabilities (0 to 2)",
    "log_loss": "log loss of probabilities",
}


def result_tables(result: CrossValidation, console: Console) -> RenderableType:
    """Return the tables of the terminal output of ``gpuclf evaluate``."""
    lines = (
        accuracy_facts(result) | probability_facts(result) | {"time": seconds_text(result.seconds)}
    )
    metrics_table = grid_table(metrics_grid(result))
    return Group(_classes_table(result, console), metrics_table, pairs(lines))


def print_verdict(console: Console, result: CrossValidation, caution: str = "") -> None:
    """Print the verdict, the first line of the output."""
    console.print(Text(f"{caution}{verdict_text(result)}\n", style="bold"))


def verdict_text(result: CrossValidation) -> str:
    """Return the verdict with the leading metric, its interval, its baseline and the p-value."""
    verdict = result.verdict
    low, high, level = verdict.interval
    value = percent(verdict.value)
    if low == high:
        value += " in every fold"
    elif not np.isnan(low):
        value += f" ({100 * level:g} % confidence interval {percent_interval(low, high)})"
    metric = metric_text(verdict.metric)
    parts = [
        f"{verdict.text}: {metric} on {UNITS[result.scored]} {value}",
        f"compared with {percent(verdict.baseline)}",
        verdict.p_text,
    ]
    return ", ".join(filter(None, parts))


def accuracy_facts(result: CrossValidation) -> dict[str, str]:
    """Return accuracies, confidence intervals, baselines and permutation test."""
    level = 100 * result.interval.level
    facts = {
        f"accuracy on {UNITS[result.scored]}": f"{percent(result.accuracy)} ± "
        f"{percent(result.accuracy_std)}  ({counted_shape(result.scores.shape)})",
        f"{level:g} % confidence interval": _interval(result.interval),
    }
    verdict = result.verdict
    if verdict.metric == "balanced_accuracy":
        facts["balanced accuracy"] = percent(verdict.value)
        facts[f"{level:g} % CI, balanced accuracy"] = _interval(verdict.interval)
    if result.majority_voting:
        accuracy = percent(result.metrics["vectors"]["accuracy"].mean)
        spread = percent(result.vector_scores.std())
        facts["accuracy on feature vectors"] = f"{accuracy} ± {spread}"
    facts["majority class"] = f"{percent(result.majority)}, accuracy of always predicting it"
    facts["chance level"] = percent(result.chance)
    if result.p_value is not None:
        permutations = counted(len(result.permuted), "permutation")
        facts["permutation test"] = f"p-value {result.p_value:.3g} of the accuracy, {permutations}"
        mean, deviation = percent(result.permuted.mean()), percent(result.permuted.std())
        facts["null distribution"] = f"accuracy {mean} ± {deviation}"
    return facts


def _interval(interval: Interval) -> str:
    low, high, _ = interval
    if np.isnan(low):
        return "undefined: requires at least two folds"
    if low == high:
        return f"zero width: {percent(low)} in every fold"
    return f"{percent_interval(low, high)}  (corrected resampled t-test)"


def metrics_grid(result: CrossValidation) -> Grid:
    """Return the metrics of clips and of feature vectors as a table."""
    levels = result.metrics.values()
    units = (Heading(UNITS[level]) for level in result.metrics)
    grid = Grid([Heading("pooled metric", number=False), *units])
    for name, heading in METRICS.items():
        cells = [_measure(name, by_name[name]) if name in by_name else "" for by_name in levels]
        if any(cells):
            grid.add(heading, *cells, note=explanations.METRICS[name])
    if "clips" in result.metrics:
        error = percent(result.calibration.expected_error)
        grid.add(
            "expected calibration error of vote shares", error, "", note=explanations.CALIBRATION
        )
    if result.probabilities is not None:
        error = percent(result.probabilities.calibration().expected_error)
        grid.add(
            "expected calibration error of probabilities",
            error,
            "",
            note=explanations.CALIBRATION_OF_PROBABILITIES,
        )
    return grid


def probability_facts(result: CrossValidation) -> dict[str, str]:
    """Return the quality of the probabilities, and of the rejection; empty without probabilities.

    Their Brier score and log loss are compared with those of the softmax of the decision values.
    """
    held_out = result.probabilities
    if held_out is None:
        return {}
    before, after = (held_out.summary(p) for p in (held_out.uncalibrated, held_out.probabilities))
    facts = {
        "calibration error": f"{percent(after['expected_error'])} of probabilities, "
        f"{percent(before['expected_error'])} of the softmax of decision values",
        "log loss": f"{after['log_loss']:.3f} of probabilities, {before['log_loss']:.3f} of the "
        "softmax of decision values",
    }
    if held_out.target_precision is not None and held_out.coverage is not None:
        precision = "" if held_out.precision is None else percent(held_out.precision)
        facts[f"rejection for precision {percent(held_out.target_precision)}"] = (
            f"{percent(held_out.coverage)} of test clips accepted, "
            f"their precision {precision or 'undefined'}"
        )
    return facts


def classes_grid(result: CrossValidation) -> Grid:
    """Return recall, precision, F1, support and most frequent confusions per class as a table.

    Classes with the lowest recall are first.
    """
    scores = [Heading(name, note=note) for name, note in explanations.CLASSES.items()]
    grid = Grid([Heading("class", number=False), *scores, Heading("confused with", number=False)])
    shares = result.confusion_shares
    support, recall = result.confusion.sum(axis=1), result.recall
    precision, f1 = metrics.precision(result.confusion), metrics.f1(result.confusion)
    for true in np.argsort(recall, kind="stable"):
        grid.add(
            result.labels[true],
            Share(recall[true]),
            percent(precision[true]),
            percent(f1[true]),
            str(support[true]),
            _confusions(shares[true], true, result.labels),
        )
    return grid


def _measure(name: str, pooled: Pooled) -> str:
    """Format the mean of a metric over repeats."""
    if np.isnan(pooled.mean):
        return "-"
    return percent(pooled.mean) if name in IN_PERCENT else f"{pooled.mean:.3f}"


def _classes_table(result: CrossValidation, console: Console) -> RenderableType:
    """Return recall, precision and confusion matrix as a table.

    If the matrix is wider than the console, the most frequent confusions replace it.
    """
    shares = result.confusion_shares
    precision = metrics.precision(result.confusion)
    if MATRIX_COLUMN * len(result.labels) < console.width:  # otherwise the matrix cannot fit
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
            return Group(Text(f"\n{MATRIX_TITLE}"), matrix)
    table = _by_class(result)
    table.add_column("precision", justify="right", no_wrap=True)
    table.add_column("confused with")
    for true, row in enumerate(_class_cells(result)):
        confusions = _confusions(shares[true], true, result.labels)
        table.add_row(*row, percent(precision[true]), clean(confusions))
    return Group(Text("\nRecall, precision and most frequent confusions per class"), table)


def _by_class(result: CrossValidation) -> Table:
    """Return an empty table with columns for the cells of `_class_cells`."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("", justify="right", style="dim", no_wrap=True)
    longest = min(30, max(map(len, result.labels)))
    table.add_column("class", min_width=longest, max_width=30, overflow="ellipsis", no_wrap=True)
    table.add_column("recall", justify="right", no_wrap=True)
    return table


def _class_cells(result: CrossValidation) -> list[tuple[str, str, str]]:
    """Return index, name and recall of every class."""
    rows = enumerate(zip(result.labels, result.recall, strict=True))
    return [(str(number), clean(label), percent(recall)) for number, (label, recall) in rows]


def _matrix_cells(shares: np.ndarray, true: int) -> list[Text]:
    """Format a row of the confusion matrix in percent."""
    return [
        Text(
            f"{100 * share:.0f}" if share else ".",
            style="bold" if predicted == true else "" if share >= 0.005 else "dim",
        )
        for predicted, share in enumerate(shares)
    ]


def _confusions(shares: np.ndarray, true: int, labels: tuple[str, ...]) -> str:
    """Format the three classes that a class is most often confused with."""
    others = [c for c in np.argsort(-shares, kind="stable") if c != true and shares[c] > 0]
    return ", ".join(f"{legible(labels[c], 30)} {100 * shares[c]:.0f} %" for c in others[:3])
