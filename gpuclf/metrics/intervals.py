"""Confidence intervals and significance tests.

Scores of cross-validation folds are dependent because the training sets overlap, and clips of one
group are dependent; intervals that assume independence are too narrow. The intervals of this module
account for the dependence. They are two-sided and based on Student's t distribution; ``level`` is
the confidence level. If all values are equal, the interval has zero width: the values agree, which
does not mean that the estimate is certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpuclf.errors import InputError
from gpuclf.metrics.shares import defined_mean
from gpuclf.metrics.student_t import ROUNDING, corrected_error, half_width, two_sided_p


class Interval(NamedTuple):
    """Confidence interval; NaN if there are too few values."""

    low: float
    high: float
    level: float


class Estimate(NamedTuple):
    """Mean with confidence interval and the number of clusters."""

    mean: float
    low: float
    high: float
    level: float
    clusters: int


@dataclass(frozen=True)
class Comparison:
    """Result of a paired test of two classifiers on the same folds.

    Parameters
    ----------
    difference : float
        Mean of the first classifier's scores minus the second's.
    low, high : float
        Confidence interval of the difference.
    t : float
        Test statistic: the difference divided by its standard error.
    p : float
        Two-sided p-value.
    count : int
        Number of pairs of scores.
    level : float
        Confidence level.
    """

    difference: float
    low: float
    high: float
    t: float
    p: float
    count: int
    level: float


def corrected_interval(
    scores: npt.ArrayLike,
    test_to_train: float,
    level: float = 0.95,
    within: tuple[float, float] = (-np.inf, np.inf),
    mean: float | None = None,
) -> Interval:
    """Compute the confidence interval of a mean cross-validation score.

    The interval of the corrected resampled t-test [1]_, which accounts for overlapping training
    sets: with ``J`` scores of sample variance ``s^2``, the variance of their mean is estimated as
    ``s^2 (1 / J + n_test / n_train)``, with ``J - 1`` degrees of freedom. It is derived for random
    splits; for repeated k-fold [2]_ it is conservative (see ``benchmarks/interval_coverage.py``).

    Parameters
    ----------
    scores : float array, shape (repeats, folds)
        Scores, in any shape; NaN is ignored.
    test_to_train : float
        Ratio of test to training samples of a fold, such as 1/9; 0 disables the correction.
    level : float
        Confidence level, in (0, 1).
    within : pair of float
        Range of the mean, such as 0 and 1; the interval is clipped to it.
    mean : float, optional
        Center of the interval; by default the mean of the scores.

    Returns
    -------
    Interval
        NaN if there are fewer than two scores.

    Raises
    ------
    InputError
        If the level or the ratio is outside its range.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, Inference for the generalization error, Machine Learning 52,
       2003.
    .. [2] R. R. Bouckaert and E. Frank, Evaluating the replicability of significance tests for
       comparing learning algorithms, PAKDD 2004.

    Examples
    --------
    >>> low, high, _ = corrected_interval([[0.7, 0.8, 0.9], [0.6, 0.8, 0.8]], test_to_train=1 / 2)
    >>> round(low, 3), round(high, 3)
    (0.55, 0.983)
    """
    values = np.asarray(scores, np.float64)
    values = values[~np.isnan(values)]
    error = corrected_error(values, test_to_train)
    reach = half_width(error, len(values) - 1, level)
    center = defined_mean(values) if mean is None else mean
    low, high = np.clip([center - reach, center + reach], *within).tolist()
    return Interval(low, high, level)


def paired_test(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    test_to_train: float,
    level: float = 0.95,
    difference: float | None = None,
) -> Comparison:
    """Compare two classifiers on the same folds by the corrected resampled t-test.

    The test uses the difference of the scores in each fold, see `corrected_interval`. If all scores
    are equal, the p-value is 1. If the difference is not zero but the same in all folds, its
    variance is zero and t and p are NaN, since a p-value of 0 would be misleading.

    Parameters
    ----------
    a, b : float array, shape (repeats, folds)
        Scores of the two classifiers; pairs that contain NaN are ignored.
    test_to_train : float
        Ratio of test to training samples of a fold, such as 1/9.
    level : float
        Confidence level, in (0, 1).
    difference : float, optional
        Difference of the two classifiers; by default the mean difference of the scores.

    Returns
    -------
    Comparison
        Interval, t and p are NaN if there are fewer than two pairs.

    Raises
    ------
    InputError
        If the shapes differ, or the level or the ratio is outside its range.

    Examples
    --------
    >>> compared = paired_test([0.8, 0.9, 0.8, 0.9], [0.7, 0.7, 0.8, 0.7], test_to_train=1 / 3)
    >>> round(compared.difference, 3), round(compared.t, 3), round(compared.p, 3)
    (0.125, 1.709, 0.186)
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        raise InputError(
            "scores to compare", got=f"shapes {a.shape} and {b.shape}", expected="equal shapes"
        )
    differences = (a - b)[~np.isnan(a - b)]
    differences[np.abs(differences) < ROUNDING] = 0
    count = len(differences)
    if difference is None:
        difference = defined_mean(differences)
    error = corrected_error(differences, test_to_train)
    reach = half_width(error, count - 1, level)
    if error == 0:
        t, p = (0.0, 1.0) if difference == 0 else (np.nan, np.nan)
    else:
        t = difference / error
        p = two_sided_p(t, count - 1)
    return Comparison(difference, difference - reach, difference + reach, t, p, count, level)


def permutation_p(observed: float, permuted: npt.ArrayLike) -> float:
    """Compute the p-value of a permutation test.

    The null hypothesis is that labels are independent of features. The p-value is
    ``(1 + k) / (1 + n)``, where ``k`` of ``n`` scores with permuted labels are at least as high as
    the observed score [1]_; it is never 0 [2]_.

    Parameters
    ----------
    observed : float
        Score with the true labels; higher is better.
    permuted : float array, shape (permutations,)
        Scores with permuted labels; NaN counts as higher than the observed score.

    Returns
    -------
    float
        In (0, 1].

    References
    ----------
    .. [1] M. Ojala and G. C. Garriga, Permutation tests for studying classifier performance, JMLR
       11, 2010, definition 1.
    .. [2] B. Phipson and G. K. Smyth, Permutation p-values should never be zero, Statistical
       Applications in Genetics and Molecular Biology 9, 2010.

    Examples
    --------
    >>> permutation_p(0.5, [0.1, 0.2, 0.5, 0.3])
    0.4
    """
    permuted = np.asarray(permuted, np.float64)
    worse = int(np.count_nonzero(permuted < observed - ROUNDING))
    return (1 + permuted.size - worse) / (1 + permuted.size)


def clustered_mean(
    values: npt.ArrayLike,
    clusters: npt.ArrayLike,
    level: float = 0.95,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """Compute a mean with a cluster-robust confidence interval.

    Clusters are assumed independent, samples of one cluster are not. For ``n`` samples in ``G``
    clusters, with ``d_g`` the sum of the deviations from the mean in cluster ``g``, the variance of
    the mean is ``G / (G - 1) * sum(d_g^2) / n^2``, with ``G - 1`` degrees of freedom [1]_ [2]_. If
    each sample is its own cluster, this is the usual confidence interval of a mean.

    Parameters
    ----------
    values : float array, shape (samples,)
        Values, such as 1 for correctly predicted clips and 0 for others.
    clusters : array, shape (samples,)
        Cluster of each sample, such as the group of a clip.
    level : float
        Confidence level, in (0, 1).
    within : pair of float
        Range of the mean, such as 0 and 1; the interval is clipped to it.

    Returns
    -------
    Estimate
        The interval is NaN for fewer than two clusters, and the mean if there are no samples.

    Raises
    ------
    InputError
        If the shapes differ, or the level is outside its range.

    References
    ----------
    .. [1] K.-Y. Liang and S. L. Zeger, Longitudinal data analysis using generalized linear models,
       Biometrika 73, 1986.
    .. [2] W. G. Cochran, Sampling techniques, 3rd ed., 1977, ch. 6 (ratio estimator).

    Examples
    --------
    >>> estimate = clustered_mean([1, 1, 0, 1, 0, 0], ["a", "a", "b", "b", "c", "c"])
    >>> estimate.mean, round(estimate.low, 3), round(estimate.high, 3), estimate.clusters
    (0.5, -0.742, 1.742, 3)
    """
    values, clusters = np.asarray(values, np.float64), np.asarray(clusters)
    if values.shape != clusters.shape:
        raise InputError("clusters", got=f"shape {clusters.shape}", expected=f"{values.shape}")
    names, codes = np.unique(clusters, return_inverse=True)
    count = len(names)
    mean = defined_mean(values)
    deviations = np.bincount(codes, weights=values - mean)
    spread = np.sqrt(np.sum(deviations**2))
    error = spread / len(values) * np.sqrt(count / (count - 1)) if count > 1 else np.nan
    reach = half_width(error, count - 1, level)
    low, high = np.clip([mean - reach, mean + reach], *within).tolist()
    return Estimate(mean, low, high, level, count)
