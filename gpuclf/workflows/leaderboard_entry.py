"""Entries of a leaderboard: results with their metric, and whether they are comparable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuclf._utils.plain import plain
from gpuclf.metrics.intervals import Comparison, Interval
from gpuclf.workflows.compare import first_difference
from gpuclf.workflows.result_file import ResultFile

NAN = float("nan")
UNTESTED = Comparison(difference=NAN, low=NAN, high=NAN, t=NAN, p=NAN, count=0, level=NAN)


@dataclass(frozen=True)
class Entry:
    """Result of a leaderboard.

    Parameters
    ----------
    name : str
        Name of the file, without its suffix unless this is needed to tell the files apart.
    result : ResultFile
    value : float
        Mean of the metric over repeats; NaN if it is undefined.
    interval : Interval
        Its 95 % confidence interval.
    settings : dict
        Values of the hyper-parameters that differ between the results of the leaderboard.
    test : Comparison
        Paired test of this result minus the best; NaN for the best and for results that are not
        comparable.
    p : float
        P-value of the test, adjusted for the number of tests (Holm).
    reason : str
        Why the result is not comparable with the ranked ones; empty for a ranked result.
    """

    name: str
    result: ResultFile
    value: float
    interval: Interval
    settings: dict[str, Any]
    test: Comparison = UNTESTED
    p: float = np.nan
    reason: str = ""

    @property
    def is_detected(self) -> bool:
        """Whether the difference to the best is significant after the adjustment."""
        return bool(self.p < 1 - self.test.level)

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as JSON-serialisable built-ins; NaN becomes None."""
        content: dict[str, Any] = plain(
            {
                **{"result": self.name, "path": str(self.result.path), "value": self.value},
                **{"low": self.interval.low, "high": self.interval.high},
                "training_clips": self.result.training_clips,
                **{"difference": self.test.difference, "difference_low": self.test.low},
                **{"difference_high": self.test.high, "p": self.test.p, "p_holm": self.p},
                **{"not_comparable": self.reason, "settings": self.settings},
            }
        )
        return content


def comparable(result: ResultFile) -> tuple[str, str]:
    """Return what comparable results have in common: clips, classes and folds, and the unit."""
    return result.record["splits"]["digest"], result.unit


def make_entries(results: Sequence[ResultFile], metric: str, reference: ResultFile) -> list[Entry]:
    """Return the entries of results, without tests.

    Parameters
    ----------
    results : sequence of ResultFile
    metric : str
        Metric of the leaderboard.
    reference : ResultFile
        Ranked result, with which the others are comparable or not.

    Returns
    -------
    list of Entry
        In the order of the results.
    """
    stems = [result.path.stem for result in results]
    names = stems if len(set(stems)) == len(stems) else [str(result.path) for result in results]
    settings = [result.settings for result in results]
    known = dict.fromkeys(name for one in settings for name in one)
    varied = [name for name in known if len({repr(one.get(name)) for one in settings}) > 1]
    return [
        Entry(
            name,
            result,
            result.mean(metric),
            result.interval(metric),
            {key: one.get(key) for key in varied},
            reason=_reason(result, reference),
        )
        for name, result, one in zip(names, results, settings, strict=True)
    ]


def _reason(result: ResultFile, reference: ResultFile) -> str:
    """Return why a result is not comparable with the ranked ones; empty if it is."""
    if comparable(result) == comparable(reference):
        return ""
    if result.record["labels"] != reference.record["labels"]:
        return "other classes"
    ids, others = (len(one.record["clips"]["ids"]) for one in (result, reference))
    if ids != others:
        return f"other clips: {ids} instead of {others}"
    if result.record["clips"]["ids"] != reference.record["clips"]["ids"]:
        return "other clips"
    if result.unit != reference.unit:
        return f"scores of {result.unit} instead of {reference.unit}"
    got, expected = first_difference(result.settings, reference.settings)
    return f"other folds: {got} instead of {expected}"
