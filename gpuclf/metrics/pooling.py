"""Metrics of repeated cross-validation, pooled over the folds of each repeat.

A metric is computed once per repeat, from counts that are summed over its folds; a mean over folds
would skip the classes that a fold lacks [1]_. Counts have shape ``(repeats, folds, ...)``.

References
----------
.. [1] G. Forman and M. Scholz, Apples-to-apples in cross-validation studies: pitfalls in classifier
   performance measurement, SIGKDD Explorations 12, 2010.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray, Floats
from gpuclf._utils.plain import plain
from gpuclf.metrics.intervals import Interval, corrected_interval
from gpuclf.metrics.shares import defined_mean

LEVEL = 0.95  # of confidence intervals
SHARE = (0.0, 1.0)  # range of a fraction


@dataclass(frozen=True)
class Pooled:
    """Metric of a repeated cross-validation.

    Parameters
    ----------
    repeats : float64 array, shape (repeats,)
        Metric of each repeat, pooled over its folds; NaN if it is undefined.
    folds : float64 array, shape (repeats, folds)
        Jackknife pseudo-values of the folds, see `pool`; their spread gives the interval.
    interval : Interval
        95 % confidence interval of ``mean``.
    """

    repeats: Floats
    folds: Floats
    interval: Interval

    @property
    def mean(self) -> float:
        """Mean over repeats."""
        return defined_mean(self.repeats)

    @property
    def std(self) -> float:
        """Standard deviation over repeats."""
        return float(np.sqrt(defined_mean((self.repeats - self.mean) ** 2)))

    def to_dict(self) -> dict[str, Any]:
        """Return the metric as JSON-serialisable built-ins; NaN becomes None."""
        low, high, _ = self.interval
        content: dict[str, Any] = plain(
            {
                **{"mean": self.mean, "std": self.std, "low": low, "high": high},
                **{"repeats": self.repeats.tolist(), "folds": self.folds.tolist()},
            }
        )
        return content


@dataclass(frozen=True)
class Pooling:
    """Sizes of the folds over which metrics are pooled.

    Parameters
    ----------
    sizes : int64 array, shape (repeats, folds)
        Number of test samples of each fold.
    test_to_train : float
        Ratio of test to training samples of a fold, such as 1/9.
    """

    sizes: AnyArray
    test_to_train: float

    def pool(
        self,
        metric: Callable[..., Floats],
        *counts: AnyArray,
        within: tuple[float, float] = SHARE,
    ) -> Pooled:
        """Compute a metric from counts that are summed over the folds of each repeat.

        The jackknife pseudo-value of a fold with a fraction ``1 / h`` of the test samples is ``h t
        - (h - 1) t_0``, where ``t`` is the metric of all folds and ``t_0`` that of the other folds
        [1]_; for a mean over samples, such as accuracy, it is the mean over the samples of the
        fold. The confidence interval of the mean over repeats is that of the corrected resampled
        t-test on the pseudo-values, see `gpuclf.metrics.intervals.corrected_interval`.

        Parameters
        ----------
        metric : callable
            Function of the counts that maps the shape ``(..., *shape of the counts)`` to ``(...)``.
        *counts : array, shape (repeats, folds, ...)
            Arguments of the metric for each fold, which can be summed over folds.
        within : pair of float
            Range of the metric; the interval is clipped to it.

        Returns
        -------
        Pooled

        References
        ----------
        .. [1] F. M. T. A. Busing, E. Meijer and R. van der Leeden, Delete-m jackknife for unequal
           m, Statistics and Computing 9, 1999, eq. 2.

        Examples
        --------
        >>> from gpuclf.metrics import balanced_accuracy
        >>> confusion = np.array([[[[3, 0], [1, 0]], [[3, 0], [0, 1]]]])
        >>> pooled = Pooling(np.array([[4, 4]]), 1 / 1).pool(balanced_accuracy, confusion)
        >>> pooled.mean, pooled.folds.tolist()
        (0.75, [[0.5, 1.0]])
        """
        totals = [each.sum(axis=1) for each in counts]
        repeats = metric(*totals)
        folds = repeats[:, None]
        if self.sizes.shape[1] > 1:
            others = metric(
                *(total[:, None] - each for total, each in zip(totals, counts, strict=True))
            )
            h = self.sizes.sum(axis=1, keepdims=True) / self.sizes
            folds = h * folds - (h - 1) * others
        interval = corrected_interval(
            folds, self.test_to_train, LEVEL, within, mean=defined_mean(repeats)
        )
        return Pooled(repeats, folds, interval)
