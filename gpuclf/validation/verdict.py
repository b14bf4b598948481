"""Comparison of a cross-validation result with always predicting the most frequent class.

Balanced accuracy replaces accuracy as the leading metric if the classes are imbalanced: if the
largest class has more than 1.5 times as many clips as the smallest. Always predicting one class has
a balanced accuracy of ``1 / classes``, and the accuracy of this class's share of all clips.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from gpuclf._typing import Ints
from gpuclf._utils.formatting import legible
from gpuclf._utils.plain import plain
from gpuclf.metrics.intervals import Interval
from gpuclf.metrics.pooling import LEVEL, Pooled
from gpuclf.metrics.student_t import ROUNDING, corrected_error, two_sided_p

IMBALANCE = 1.5  # ratio of the sizes of the largest and the smallest class
ALPHA = 1 - LEVEL


@dataclass(frozen=True)
class Verdict:
    """Test of a result against always predicting the most frequent class.

    Parameters
    ----------
    metric : {"accuracy", "balanced_accuracy"}
        Leading metric.
    value : float
        Its mean over repeats.
    interval : Interval
        Its confidence interval.
    baseline : float
        Its value when always predicting the most frequent class.
    most_frequent : str or None
        Name of the most frequent class; None if several are equally frequent.
    p : float
        Two-sided p-value of the corrected resampled t-test of ``value`` against ``baseline``; NaN
        with fewer than two folds, or if all folds have the same value.
    """

    metric: str
    value: float
    interval: Interval
    baseline: float
    most_frequent: str | None
    p: float

    @classmethod
    def of(
        cls,
        metrics: dict[str, Pooled],
        counts: Ints,
        labels: Sequence[str],
        test_to_train: float,
    ) -> Self:
        """Test the leading metric.

        Parameters
        ----------
        metrics : dict of str to Pooled
            Metrics of the scored unit.
        counts : int array, shape (classes,)
            Number of clips of each class.
        labels : sequence of str
            Names of the classes.
        test_to_train : float
            Ratio of test to training clips of a fold.
        """
        metric = leading_metric(counts)
        balanced = metric == "accuracy"
        pooled = metrics[metric]
        baseline = float(counts.max() / counts.sum()) if balanced else 1 / np.count_nonzero(counts)
        most = np.flatnonzero(counts == counts.max())
        folds = pooled.folds[~np.isnan(pooled.folds)]
        error = corrected_error(folds, test_to_train)
        p = two_sided_p((pooled.mean - baseline) / error, len(folds) - 1) if error > 0 else np.nan
        return cls(
            metric,
            pooled.mean,
            pooled.interval,
            baseline,
            labels[most[0]] if len(most) == 1 else None,
            p,
        )

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Restore a verdict from the result of `to_dict`."""
        names = ("value", "low", "high", "level", "baseline", "p")
        value, low, high, level, baseline, p = (
            np.nan if content[name] is None else content[name] for name in names
        )
        interval = Interval(low, high, level)
        return cls(content["metric"], value, interval, baseline, content["most_frequent"], p)

    @property
    def is_better(self) -> bool:
        """Whether the value is above the baseline, at the 5 % level."""
        return self._is_different and self.value > self.baseline + ROUNDING

    @property
    def is_worse(self) -> bool:
        """Whether the value is below the baseline, at the 5 % level."""
        return self._is_different and self.value < self.baseline - ROUNDING

    @property
    def _is_different(self) -> bool:
        if math.isnan(self.p):  # equal values in all folds, or one fold
            return not math.isnan(self.interval.low)
        return self.p < ALPHA

    @property
    def text(self) -> str:
        """Verdict in words, such as ``No better than always predicting 'common'``.

        Examples
        --------
        >>> rare = Verdict("accuracy", 0.87, Interval(0.84, 0.9, 0.95), 0.86, "common", 0.5)
        >>> rare.text
        "No better than always predicting 'common'"
        """
        if math.isnan(self.interval.low):
            verdict = "Not tested (at least two folds required) against"
        elif self.is_better:
            verdict = "Better than"
        else:
            verdict = "Worse than" if self.is_worse else "No better than"
        frequent = "one class" if self.most_frequent is None else repr(legible(self.most_frequent))
        return f"{verdict} always predicting {frequent}"

    @property
    def p_text(self) -> str:
        """P-value in words.

        Examples
        --------
        >>> Verdict("accuracy", 0.9, Interval(0.8, 1, 0.95), 0.5, None, 1e-5).p_text
        'p < 0.001'
        """
        if math.isnan(self.p):
            return ""
        return "p < 0.001" if self.p < 0.001 else f"p = {self.p:.2g}"

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON-serialisable built-ins; NaN becomes None."""
        low, high, level = self.interval
        content: dict[str, Any] = plain(
            {
                **{"text": self.text, "metric": self.metric, "value": self.value},
                **{"low": low, "high": high, "level": level},
                **{"baseline": self.baseline, "most_frequent": self.most_frequent, "p": self.p},
            }
        )
        return content


def leading_metric(counts: Ints) -> str:
    """Return ``balanced_accuracy`` if classes are imbalanced, or ``accuracy``.

    Parameters
    ----------
    counts : int array, shape (classes,)
        Number of clips of each class; classes without clips are ignored.

    Examples
    --------
    >>> leading_metric(np.array([52, 8])), leading_metric(np.array([30, 20]))
    ('balanced_accuracy', 'accuracy')
    """
    present = counts[counts > 0]
    imbalanced = present.max() > IMBALANCE * present.min()
    return "balanced_accuracy" if imbalanced else "accuracy"
