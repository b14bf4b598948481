"""Two results over the same splits, compared fold by fold."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gpuclf._typing import Floats
from gpuclf._utils.displayable import Displayable
from gpuclf._utils.formatting import difference_text, number_text
from gpuclf._utils.plain import plain
from gpuclf.errors import InputError, ResultFileError, did_you_mean
from gpuclf.metrics.intervals import Comparison, defined_mean, paired_test

# What settles the splits and what is scored: it must be the same in both.
SPLITTING = (
    *("split", "folds", "test_size", "repeats", "seed", "groups", "folds_from"),
    *("n_classes", "n_clips", "permute_labels", "majority_voting", "protocol", "n_vectors"),
)


@dataclass(frozen=True)
class ResultFile:
    """One result, as ``--json`` wrote it.

    Parameters
    ----------
    path : Path
    record : dict
    """

    path: Path
    record: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """The hyper-parameters of its experiment; what a search chose has no one value."""
        settings = dict(self.record["experiment"])
        if "search" in self.record:
            search = self.record["search"]
            chosen = dict.fromkeys(search["settings"][0]["parameters"], "searched")
            settings |= {**chosen, "search": f"{search['reported']}, {search['method']}"}
        return settings

    @property
    def is_flat(self) -> bool:
        """Whether it is the best of several settings on the test clips: an optimistic score."""
        return bool(self.record.get("search", {}).get("reported") == "flat")

    def folds(self, metric: str) -> Floats:
        """Give a metric fold by fold, ``(repeats, folds)``; NaN where it is not defined.

        Parameters
        ----------
        metric : str
            ``accuracy``, or a metric of what was scored.

        Raises
        ------
        InputError
            If it is not known.
        """
        if metric == "accuracy":
            return np.array(self.record["scores"], dtype=float)
        level = "clips" if self.settings["majority_voting"] else "vectors"
        known = self.record["metrics"][level]
        if metric not in known:
            raise InputError("metric", got=repr(metric), expected=did_you_mean(metric, known))
        return np.array(known[metric]["folds"], dtype=float)


@dataclass(frozen=True)
class Compared(Displayable):
    """How two results differ.

    Parameters
    ----------
    first, second : ResultFile
    metric : str
        What was compared.
    means : tuple of float
        Of the first and of the second; NaN where no fold defines the metric.
    comparison : Comparison
        The first less the second.
    """

    first: ResultFile
    second: ResultFile
    metric: str
    means: tuple[float, float]
    comparison: Comparison

    @property
    def cautions(self) -> list[str]:
        """What must be known of either before the comparison is believed."""
        return [
            f"{one.path} is a flat search's: the best of settings on the test clips"
            for one in (self.first, self.second)
            if one.is_flat
        ]

    @property
    def differences(self) -> Floats:
        """The first less the second, fold by fold, ``(repeats, folds)``; NaN where not defined."""
        return self.first.folds(self.metric) - self.second.folds(self.metric)

    @property
    def is_share(self) -> bool:
        """Whether the metric is a share, which people read in percent."""
        return not self.metric.startswith(("auc", "brier"))

    @property
    def different(self) -> dict[str, tuple[Any, Any]]:
        """The hyper-parameters that differ, with both values."""
        first, second = self.first.settings, self.second.settings
        return {
            name: (first.get(name), second.get(name))
            for name in {**first, **second}
            if first.get(name) != second.get(name)
        }

    @property
    def difference_text(self) -> str:
        """The difference with its interval, as people read it."""
        found = self.comparison
        numbers = found.difference, found.low, found.high
        if self.is_share:
            return difference_text(*numbers, found.level)
        difference, low, high = (number_text(n, "+") for n in numbers)
        return f"{difference} ({100 * found.level:g} % interval {low} to {high})"

    @property
    def p_text(self) -> str:
        """How likely the difference is by chance, as people read it."""
        found = self.comparison
        if not np.isnan(found.p):
            return f"{found.p:.3g} (t = {found.t:.2f} over {found.count} folds, corrected)"
        if found.count < 2:
            return "not defined: fewer than two folds define the metric"
        return "not defined: the difference is the same in every fold"

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain numbers, lists and strings."""
        content: dict[str, Any] = plain(
            {
                "first": str(self.first.path),
                "second": str(self.second.path),
                "metric": self.metric,
                "means": self.means,
                "different": self.different,
                **asdict(self.comparison),
            }
        )
        return content


def compare(
    first: str | os.PathLike[str], second: str | os.PathLike[str], metric: str = "accuracy"
) -> Compared:
    """Compare two results of ``gpuclf evaluate`` or ``gpuclf search`` by a paired, corrected test.

    Parameters
    ----------
    first, second : path
        What ``--json`` wrote: over the same file and the same splits.
    metric : str
        ``accuracy``, or one of the record's ``metrics``.

    Returns
    -------
    Compared

    Raises
    ------
    ResultFileError
        If a file is no result, or the two are over other files or other splits.
    InputError
        If the metric is not known.

    Examples
    --------
    >>> compared = compare("rbf.json", "linear.json")                  # doctest: +SKIP
    >>> compared.comparison.difference, compared.comparison.p          # doctest: +SKIP
    (0.072, 0.0075)
    """
    one, other = load_result(first), load_result(second)
    _check_comparable(one, other)
    a, b = one.folds(metric), other.folds(metric)
    ratio = float(one.record["splits"]["test_to_train"])
    means = defined_mean(a), defined_mean(b)
    return Compared(one, other, metric, means, paired_test(a, b, ratio))


def load_result(path: str | os.PathLike[str]) -> ResultFile:
    """Read what ``--json`` wrote.

    Raises
    ------
    ResultFileError
        If the file is missing, or is no result of ``gpuclf evaluate`` or ``gpuclf search``.
    """
    expected = "what gpuclf evaluate or gpuclf search wrote with --json"
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultFileError(str(path), got=error.strerror, expected=expected) from error
    except ValueError as error:  # of JSON, or of UTF-8
        raise ResultFileError(
            str(path), got="a file that is not JSON", expected=expected
        ) from error
    needed = ("experiment", "environment", "scores", "splits", "metrics")
    if not isinstance(record, dict) or any(name not in record for name in needed):
        raise ResultFileError(str(path), got="other JSON, or an older gpuclf's", expected=expected)
    return ResultFile(Path(path), record)


def _check_comparable(one: ResultFile, other: ResultFile) -> None:
    files = [result.record["environment"]["file"] for result in (one, other)]
    if files[0] != files[1]:
        expected, got = _of_file(one), _of_file(other)
        raise ResultFileError(
            str(other.path), got=f"a result over {got}", expected=f"over {expected}, as {one.path}"
        )
    if one.record["splits"]["digest"] != other.record["splits"]["digest"]:
        got, expected = _first_difference(other.settings, one.settings)
        raise ResultFileError(
            f"{other.path}, splits", got=got, expected=f"{expected}, as {one.path}"
        )
    if one.settings["majority_voting"] != other.settings["majority_voting"]:
        scored = {True: "clips", False: "vectors"}
        got, expected = (scored[r.settings["majority_voting"]] for r in (other, one))
        raise ResultFileError(
            str(other.path), got=f"scores of {got}", expected=f"of {expected}, as {one.path}"
        )


def _of_file(result: ResultFile) -> str:
    file = result.record["environment"]["file"]
    return f"{result.settings['file']} of {file['bytes']:,} bytes ({file['modified']})"


def _first_difference(got: Mapping[str, Any], expected: Mapping[str, Any]) -> tuple[str, str]:
    for name in SPLITTING:
        if got.get(name) != expected.get(name):
            return f"{name} {got.get(name)}", f"{name} {expected.get(name)}"
    return "other splits of the clips", "the same ones"
