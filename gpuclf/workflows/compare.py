"""Comparison: a paired test of two results over the same splits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gpuclf._typing import Floats
from gpuclf._utils.formatting import difference_text, number_text
from gpuclf._utils.plain import plain
from gpuclf._utils.run_result import RunResult
from gpuclf._utils.table import Table
from gpuclf.errors import ResultFileError
from gpuclf.metrics.intervals import Comparison, paired_test
from gpuclf.workflows.result_file import ResultFile, load_result

# Settings that determine the splits and the scored units; they must be equal in both results.
SPLIT_SETTINGS = (
    *("split", "folds", "test_size", "repeats", "seed", "groups", "folds_from"),
    *(
        "n_classes",
        "n_clips",
        "permute_labels",
        "majority_voting",
        "protocol",
        "n_vectors",
        "overlap",
    ),
)

LOWER_IS_BETTER = ("brier", "brier_probabilities", "log_loss")


@dataclass(frozen=True)
class Compared(RunResult):
    """Comparison of two results.

    Parameters
    ----------
    first, second : ResultFile
        Compared results.
    metric : str
        Compared metric.
    means : tuple of float
        Mean of the metric in the first and in the second; NaN if it is undefined in all folds.
    comparison : Comparison
        Paired test of the first minus the second.
    """

    first: ResultFile
    second: ResultFile
    metric: str
    means: tuple[float, float]
    comparison: Comparison

    @property
    def cautions(self) -> list[str]:
        """Warnings about results that bias the comparison."""
        return [one.caution for one in (self.first, self.second) if one.caution]

    @property
    def differences(self) -> Floats:
        """Differences first minus second, shape ``(repeats, folds)``; NaN where undefined."""
        return self.first.folds(self.metric) - self.second.folds(self.metric)

    @property
    def is_share(self) -> bool:
        """Whether the metric is a fraction, displayed in percent."""
        return is_share(self.metric)

    @property
    def different(self) -> dict[str, tuple[Any, Any]]:
        """Hyper-parameters that differ, with both values."""
        first, second = self.first.settings, self.second.settings
        return {
            name: (first.get(name), second.get(name))
            for name in {**first, **second}
            if first.get(name) != second.get(name)
        }

    @property
    def is_detected(self) -> bool:
        """Whether the difference is significant: its p-value is below one minus the level."""
        return bool(self.comparison.p < 1 - self.comparison.level)

    @property
    def verdict(self) -> str:
        """Outcome of the test in words."""
        if np.isnan(self.comparison.p):
            return "The difference cannot be tested"
        if not self.is_detected:
            return "No detectable difference"
        is_first = (self.comparison.difference > 0) != (self.metric in LOWER_IS_BETTER)
        return "A is better than B" if is_first else "B is better than A"

    @property
    def difference_text(self) -> str:
        """Formatted difference with its confidence interval."""
        test = self.comparison
        numbers = test.difference, test.low, test.high
        if self.is_share:
            return difference_text(*numbers, test.level)
        difference, low, high = (number_text(n, "+") for n in numbers)
        return f"{difference} ({100 * test.level:g} % confidence interval {low} to {high})"

    @property
    def p_text(self) -> str:
        """Formatted p-value with the test statistic."""
        test = self.comparison
        if not np.isnan(test.p):
            return f"{test.p:.3g} (t = {test.t:.2f} over {test.count} folds, corrected t-test)"
        if test.count < 2:
            return "not defined: fewer than two folds define the metric"
        return "not defined: the difference is the same in every fold"

    def __repr__(self) -> str:
        return f"<{self.verdict}: {self.metric}, A - B {self.difference_text}, p {self.p_text}>"

    def to_table(self) -> Table:
        """Return one row per fold: the metric of both results and its difference.

        The metric of a fold is its jackknife pseudo-value, see
        `gpuclf.metrics.pooling.Pooling.pool`.
        """
        repeats, folds = np.indices(self.differences.shape)
        columns: dict[str, Any] = {
            **{"repeat": repeats, "fold": folds},
            "first": self.first.folds(self.metric),
            "second": self.second.folds(self.metric),
            "difference": self.differences,
        }
        return Table({name: np.ravel(column) for name, column in columns.items()})

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON-serialisable built-ins."""
        content: dict[str, Any] = plain(
            {
                "first": str(self.first.path),
                "second": str(self.second.path),
                "metric": self.metric,
                "verdict": self.verdict,
                "means": self.means,
                "different": self.different,
                **asdict(self.comparison),
            }
        )
        return content


def compare(
    first: str | os.PathLike[str], second: str | os.PathLike[str], metric: str | None = None
) -> Compared:
    """Compare two results over the same splits by a corrected paired t-test.

    Parameters
    ----------
    first, second : path
        Files written by ``gpuclf evaluate --json`` or ``gpuclf search --json``, from the same
        feature file and the same splits.
    metric : str, optional
        ``accuracy`` or one of the ``metrics`` of the files; by default the leading metric of the
        first: ``balanced_accuracy`` if classes are imbalanced, else ``accuracy``.

    Returns
    -------
    Compared
        Verdict, and the difference of the metric, A (first) minus B (second), with its confidence
        interval and p-value.

    Raises
    ------
    ResultFileError
        If a file is not a result, or the two differ in their feature file or splits.
    InputError
        If the metric is unknown.

    References
    ----------
    C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52, 2003.

    Examples
    --------
    >>> import gpuclf
    >>> compared = gpuclf.compare("rbf.json", "linear.json")           # doctest: +SKIP
    >>> compared.verdict                                               # doctest: +SKIP
    'A is better than B'
    >>> compared.comparison.difference, compared.comparison.p          # doctest: +SKIP
    (0.072, 0.0075)
    """
    one, other = load_result(first), load_result(second)
    metric = metric or one.record["verdict"]["metric"]
    _check_comparable(one, other)
    means = one.mean(metric), other.mean(metric)
    return Compared(one, other, metric, means, compare_folds(one, other, metric))


def compare_folds(one: ResultFile, other: ResultFile, metric: str) -> Comparison:
    """Test the difference of a metric of two results over the same splits, one minus other."""
    return paired_test(
        one.folds(metric),
        other.folds(metric),
        float(one.record["splits"]["test_to_train"]),
        difference=one.mean(metric) - other.mean(metric),
    )


def is_share(metric: str) -> bool:
    """Return whether a metric is a fraction, displayed in percent."""
    return not metric.startswith(("auc", "brier", "log_loss"))


def _check_comparable(one: ResultFile, other: ResultFile) -> None:
    """Check that two results have the same feature file, splits and scored units."""
    files = [result.record["environment"]["file"] for result in (one, other)]
    if files[0] != files[1]:
        got, expected = (f"a result for {_file_text(result)}" for result in (other, one))
        raise ResultFileError(str(other.path), got=got, expected=f"{expected}, as in {one.path}")
    if one.record["splits"]["digest"] != other.record["splits"]["digest"]:
        got, expected = first_difference(other.settings, one.settings)
        expected = f"{expected}, as in {one.path}"
        raise ResultFileError(f"{other.path}, splits", got=got, expected=expected)
    if one.unit != other.unit:
        got, expected = (f"scores of {result.unit}" for result in (other, one))
        raise ResultFileError(str(other.path), got=got, expected=f"{expected}, as in {one.path}")


def _file_text(result: ResultFile) -> str:
    """Return path, size and modification time of the feature file of a result."""
    file = result.record["environment"]["file"]
    return f"{result.settings['file']} of {file['bytes']:,} bytes ({file['modified']})"


def first_difference(got: Mapping[str, Any], expected: Mapping[str, Any]) -> tuple[str, str]:
    """Return the first setting of the splits that differs, as text with each value."""
    for name in SPLIT_SETTINGS:
        if got.get(name) != expected.get(name):
            return f"{name} {got.get(name)}", f"{name} {expected.get(name)}"
    return "other splits", "the same splits"
