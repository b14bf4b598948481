"""Text formatting of numbers, names and settings for tables, reports and figures.

NaN is formatted as ``-``. Differences of fractions are in percentage points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

UNITS = {"clips": "clips", "vectors": "feature vectors"}  # what is scored


def percent(share: float) -> str:
    """Format a fraction as a percentage.

    Examples
    --------
    >>> percent(0.4275), percent(float("nan"))
    ('42.8 %', '-')
    """
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"


def percent_interval(low: float, high: float) -> str:
    """Format an interval of a fraction in percent.

    Examples
    --------
    >>> percent_interval(0.4275, 0.5), percent_interval(float("nan"), float("nan"))
    ('42.8 to 50.0 %', '-')
    """
    return "-" if math.isnan(low) else f"{100 * low:.1f} to {100 * high:.1f} %"


def points(difference: float) -> str:
    """Format a difference of two fractions in percentage points.

    Examples
    --------
    >>> points(0.021), points(-0.1), points(-1e-9), points(float("nan"))
    ('+2.1', '-10.0', '+0.0', '-')
    """
    return "-" if math.isnan(difference) else f"{round(100 * difference, 1) + 0.0:+.1f}"


def points_interval(low: float, high: float) -> str:
    """Format an interval of a difference of two fractions in percentage points.

    Examples
    --------
    >>> points_interval(-0.004, 0.046), points_interval(float("nan"), float("nan"))
    ('-0.4 to +4.6', '-')
    """
    return "-" if math.isnan(low) else f"{points(low)} to {points(high)}"


def metric_text(name: str) -> str:
    """Format the name of a metric.

    Examples
    --------
    >>> metric_text("balanced_accuracy")
    'balanced accuracy'
    """
    return name.replace("_", " ")


def value_text(value: Any) -> str:
    """Format the value of a hyper-parameter in the syntax of ``--grid``.

    Examples
    --------
    >>> value_text(("mean", "std")), value_text(0.10000000149), value_text(None)
    ('mean+std', '0.1', 'None')
    """
    if isinstance(value, tuple | list):
        return "+".join(map(str, value))
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def option_words(name: str, value: Any) -> list[str]:
    """Return the words of a command line that set a hyper-parameter.

    Examples
    --------
    >>> option_words("n_vectors", 3), option_words("C", 10.0), option_words("rectify", False)
    (['--n-vectors', '3'], ['--C', '10'], ['--no-rectify'])
    >>> option_words("statistics", ("mean", "std"))
    ['--statistics', 'mean,std']
    """
    name = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, float):
        return [f"--{name}", repr(value).removesuffix(".0")]
    return [f"--{name}", ",".join(value) if isinstance(value, tuple) else str(value)]


def setting_text(point: Mapping[str, Any]) -> str:
    """Format several hyper-parameters on one line.

    Examples
    --------
    >>> setting_text({"C": 0.10000000149, "statistics": ("mean", "std")})
    'C=0.1, statistics=mean+std'
    """
    return ", ".join(f"{name}={value_text(value)}" for name, value in point.items())


def number_text(value: float, sign: str = "") -> str:
    """Format a number that is not a fraction.

    Examples
    --------
    >>> number_text(0.86125), number_text(0.5, "+"), number_text(float("nan"))
    ('0.8612', '+0.5000', '-')
    """
    return "-" if math.isnan(value) else f"{value:{sign}.4f}"


def counted(count: int, noun: str) -> str:
    """Format a count with its noun, in the plural unless it is 1.

    Examples
    --------
    >>> counted(1, "recording"), counted(2, "recording")
    ('1 recording', '2 recordings')
    """
    return f"{count} {noun}" + "s" * (count != 1)


def counted_shape(shape: Sequence[int]) -> str:
    """Format the numbers of repeats and folds.

    Examples
    --------
    >>> counted_shape((1, 10))
    '1 repeat x 10 folds'
    """
    repeats, folds = shape
    return f"{counted(repeats, 'repeat')} x {counted(folds, 'fold')}"


def splits_text(shape: Sequence[int]) -> str:
    """Format the number of splits, with the numbers of repeats and folds.

    Examples
    --------
    >>> splits_text((20, 10))
    '200 splits (20 repeats x 10 folds)'
    """
    return f"{counted(math.prod(shape), 'split')} ({counted_shape(shape)})"


def seconds_text(seconds: Mapping[str, float]) -> str:
    """Format the durations of the stages of a run.

    Examples
    --------
    >>> seconds_text({"read": 0.1234, "fit": 2})
    'read 0.12 s, fit 2.00 s'
    """
    return ", ".join(f"{name} {duration:.2f} s" for name, duration in seconds.items())


def legible(name: object, longest: int = 200) -> str:
    r"""Replace control characters in a name and shorten it.

    Examples
    --------
    >>> legible("a\nb"), legible("glockenspiel", longest=6)
    ('a?b', 'glock…')
    """
    text = "".join(c if c.isprintable() else "?" for c in str(name))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def difference_text(difference: float, low: float, high: float, level: float) -> str:
    """Format a difference of two fractions with its confidence interval.

    Examples
    --------
    >>> difference_text(0.021, -0.004, 0.046, 0.95)
    '+2.1 points (95 % confidence interval -0.4 to +4.6)'
    """
    interval = f"{100 * level:g} % confidence interval {points_interval(low, high)}"
    return f"{points(difference)} points ({interval})"
