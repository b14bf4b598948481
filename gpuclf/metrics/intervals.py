"""How far a measured score can be trusted: intervals and tests, on the host.

A score of cross-validation is a mean over folds whose training sets overlap, and a clip is one of
several of its group: neither is independent of the others, and an interval that takes them for it
is too narrow. The ones here do not. They are two-sided, by Student's t; ``level`` is the share of
intervals that should hold the truth. Where all values are equal there is no spread to judge by:
the interval has no width, which says that the values agree, not that they are certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Floats
from gpuclf.errors import InputError

ROUNDING = 1e-12  # scores nearer than this are equal: they were only summed in another order


class Interval(NamedTuple):
    """An interval that should hold the truth; NaN where there is too little to tell."""

    low: float
    high: float
    level: float


class Estimate(NamedTuple):
    """A mean over samples, its interval, and from how many clusters it was told."""

    mean: float
    low: float
    high: float
    level: float
    clusters: int


@dataclass(frozen=True)
class Comparison:
    """How the scores of two classifiers differ over the same folds.

    Parameters
    ----------
    difference : float
        Mean of the first one's scores less the second one's.
    low, high : float
        Its interval.
    t : float
        The difference in units of its standard error.
    p : float
        How likely a difference at least as large, either way, would be if there were none.
    count : int
        Pairs of scores.
    level : float
        Of the interval.
    """

    difference: float
    low: float
    high: float
    t: float
    p: float
    count: int
    level: float


def defined_mean(values: npt.ArrayLike) -> float:
    """Mean of the values that are defined: not NaN.

    Parameters
    ----------
    values : float array
        Of any shape.

    Returns
    -------
    float
        NaN if none is defined.

    Examples
    --------
    >>> defined_mean([[0.5, np.nan], [1.0, 0.0]]), defined_mean([np.nan])
    (0.5, nan)
    """
    values = np.asarray(values, np.float64)
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else np.nan


def corrected_interval(
    scores: npt.ArrayLike,
    test_to_train: float,
    level: float = 0.95,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Interval:
    """Interval of the mean score of a repeated cross-validation, for folds that overlap.

    It is about the mean score of classifiers that are trained on as many samples as a fold's are.
    With the variance ``s^2`` of ``J`` scores (over ``J - 1``), that of their mean is taken to be
    ``s^2 (1 / J + n_test / n_train)``, and t to have ``J - 1`` degrees of freedom: C. Nadeau and
    Y. Bengio, Inference for the generalization error, Machine Learning 52, 2003 (the corrected
    resampled t-test), for random splits; R. R. Bouckaert and E. Frank, Evaluating the replicability
    of significance tests for comparing learning algorithms, PAKDD 2004, for repeated k-fold.

    It is meant for random splits. A repeat of k-fold tests every clip once and scatters less, so
    that the interval is wider there than it need be (measured by ``tests/measure_coverage.py``).

    Parameters
    ----------
    scores : float array, shape (repeats, folds)
        Or of any other shape; NaN is left out.
    test_to_train : float
        Samples that a fold tests over those that it trains on, such as 1/9; 0 does not correct.
    level : float
        In (0, 1).
    within : pair of float
        Bounds that the mean cannot leave, such as 0 and 1; the interval is clipped to them.

    Returns
    -------
    Interval
        NaN if there are fewer than two scores.

    Raises
    ------
    InputError
        If the level or the ratio is outside its range.

    Examples
    --------
    >>> low, high, _ = corrected_interval([[0.7, 0.8, 0.9], [0.6, 0.8, 0.8]], test_to_train=1 / 2)
    >>> round(low, 3), round(high, 3)
    (0.55, 0.983)
    """
    values = np.asarray(scores, np.float64)
    values = values[~np.isnan(values)]
    error = _corrected_error(values, test_to_train)
    reach = _reach(error, len(values) - 1, level)
    mean = values.mean() if len(values) else np.nan
    low, high = np.clip([mean - reach, mean + reach], *within).tolist()
    return Interval(low, high, level)


def paired_test(
    a: npt.ArrayLike, b: npt.ArrayLike, test_to_train: float, level: float = 0.95
) -> Comparison:
    """Compare two classifiers by their scores over the same folds.

    The corrected resampled t-test of the differences, fold by fold; see `corrected_interval`.
    Equal scores everywhere give a difference of 0 and a p of 1. Where the difference is another but
    the same in every fold, ``s`` is 0: t and p are NaN, as nothing tells how it would vary; a p of
    0 would claim a certainty that no number of folds can give.

    Parameters
    ----------
    a, b : float array, shape (repeats, folds)
        Scores, those of one fold in the same place; pairs with a NaN are left out.
    test_to_train : float
        Samples that a fold tests over those that it trains on, such as 1/9.
    level : float
        In (0, 1).

    Returns
    -------
    Comparison
        With NaN if there are fewer than two pairs.

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
        raise InputError("scores to compare", got=f"shapes {a.shape} and {b.shape}", expected="one")
    differences = (a - b)[~np.isnan(a - b)]
    differences[np.abs(differences) < ROUNDING] = 0
    count = len(differences)
    difference = float(differences.mean()) if count else np.nan
    error = _corrected_error(differences, test_to_train)
    reach = _reach(error, count - 1, level)
    if error == 0:
        t, p = (0.0, 1.0) if difference == 0 else (np.nan, np.nan)
    else:
        t = difference / error
        p = _two_sided_p(t, count - 1)
    return Comparison(difference, difference - reach, difference + reach, t, p, count, level)


def permutation_p(observed: float, permuted: npt.ArrayLike) -> float:
    """How likely a score at least as good would be if labels and features were unrelated.

    ``(1 + k) / (1 + n)``, where ``k`` of ``n`` scores with permuted labels are as good as the
    observed one: M. Ojala and G. C. Garriga, Permutation tests for studying classifier performance,
    JMLR 11, 2010, definition 1. It is never 0: B. Phipson and G. K. Smyth, Permutation p-values
    should never be zero, Statistical Applications in Genetics and Molecular Biology 9, 2010.

    Parameters
    ----------
    observed : float
        Score with the true labels, the higher the better.
    permuted : float array, shape (permutations,)
        Scores with permuted ones. NaN counts as as good.

    Returns
    -------
    float
        In (0, 1].

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
    """Mean over samples, with an interval that takes only clusters to be independent.

    For ``n`` samples in ``G`` clusters, whose deviations from the mean sum up to ``d_g`` in each,
    the variance of the mean is ``G / (G - 1) * sum(d_g^2) / n^2``, and t has ``G - 1`` degrees of
    freedom: K.-Y. Liang and S. L. Zeger, Longitudinal data analysis using generalized linear
    models, Biometrika 73, 1986; W. G. Cochran, Sampling techniques, 3rd ed., 1977, ch. 6 (a ratio
    estimator, as clusters differ in size). If each sample is its own cluster, it is the usual one.

    Parameters
    ----------
    values : float array, shape (samples,)
        Such as 1 for a clip predicted right and 0 for another.
    clusters : array, shape (samples,)
        What each belongs to, such as its group.
    level : float
        In (0, 1).
    within : pair of float
        Bounds that the mean cannot leave, such as 0 and 1; the interval is clipped to them.

    Returns
    -------
    Estimate
        Its interval is NaN if there is one cluster only, and its mean as well if there is none.

    Raises
    ------
    InputError
        If the shapes differ, or the level is outside its range.

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
    reach = _reach(error, count - 1, level)
    low, high = np.clip([mean - reach, mean + reach], *within).tolist()
    return Estimate(mean, low, high, level, count)


def _corrected_error(values: Floats, test_to_train: float) -> float:
    """Standard error of the mean of scores over folds that overlap."""
    if not 0 <= test_to_train < np.inf:
        raise InputError("test_to_train", got=test_to_train, expected="a number, at least 0")
    if len(values) < 2:
        return np.nan
    if np.ptp(values) < ROUNDING:
        return 0.0
    return float(values.std(ddof=1) * np.sqrt(1 / len(values) + test_to_train))


def _reach(error: float, freedom: int, level: float) -> float:
    """How far an interval reaches to either side of the mean."""
    from scipy.special import stdtrit

    if not 0 < level < 1:
        raise InputError("level", got=level, expected="a number above 0 and below 1")
    return error * float(stdtrit(freedom, (1 + level) / 2)) if freedom > 0 else np.nan


def _two_sided_p(t: float, freedom: int) -> float:
    from scipy.special import stdtr

    return 2 * float(stdtr(freedom, -abs(t))) if freedom > 0 else np.nan
