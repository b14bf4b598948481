"""Leaderboard: several results, sorted by a metric, with paired tests against the best.

Only results over the same clips and the same folds are ranked, because only their folds are
paired; the others are listed apart, with the reason. Results of several numbers of training clips
form learning curves.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gpuclf._utils.formatting import counted, metric_text, setting_text
from gpuclf._utils.run_result import RunResult
from gpuclf._utils.table import Table
from gpuclf.errors import InputError
from gpuclf.metrics.multiple_tests import holm
from gpuclf.workflows.compare import LOWER_IS_BETTER, compare_folds, is_share
from gpuclf.workflows.leaderboard_entry import Entry, comparable, make_entries
from gpuclf.workflows.result_file import load_result

SIZES = ("n_clips", "test_size", "folds")  # settings that determine the number of training clips
OTHERS = "other results"


@dataclass(frozen=True, repr=False)
class Leaderboard(RunResult):
    """Several results, sorted by a metric.

    Parameters
    ----------
    metric : str
        Metric of the comparison.
    ranked : list of Entry
        Results over the same clips and folds, the best first.
    apart : list of Entry
        Results that are not comparable with them, the best first.
    """

    metric: str
    ranked: list[Entry]
    apart: list[Entry]

    @property
    def entries(self) -> list[Entry]:
        """All results: the ranked ones, then the others."""
        return [*self.ranked, *self.apart]

    @property
    def best(self) -> Entry:
        """Best of the ranked results."""
        return self.ranked[0]

    @property
    def is_share(self) -> bool:
        """Whether the metric is a fraction, displayed in percent."""
        return is_share(self.metric)

    @property
    def curves(self) -> dict[str, list[Entry]]:
        """Learning curves: results that differ only in their number of training clips.

        The keys are the settings that tell the curves apart; each curve is sorted by the number
        of training clips. Results without another one on their curve are under ``OTHERS``. Empty
        unless results of the same classes and unit differ in their number of training clips.
        """
        first = self.best.result
        similar = [
            entry
            for entry in self.entries
            if entry.result.unit == first.unit
            and entry.result.record["labels"] == first.record["labels"]
        ]
        if len({_clips(entry) for entry in similar}) < 2:
            return {}
        return _curves(sorted(similar, key=_clips))

    @property
    def cautions(self) -> list[str]:
        """Warnings about results that bias the comparison."""
        cautions = [entry.result.caution for entry in self.entries if entry.result.caution]
        files = {repr(entry.result.record["environment"]["file"]) for entry in self.ranked}
        if len(files) > 1:
            cautions.append(
                f"the ranked results are from {len(files)} feature files: their clips are matched "
                "by name and class"
            )
        return cautions

    @property
    def verdict(self) -> str:
        """Which result is best, and from how many others it differs significantly."""
        worse, others = [entry.is_detected for entry in self.ranked[1:]], len(self.ranked) - 1
        if np.isnan(self.best.value):
            return f"The {metric_text(self.metric)} is undefined"
        if not others:
            return f"{self.best.name} is comparable with no other result"
        if all(worse):
            detected = "all others" if others > 1 else "the other one"
            return f"{self.best.name} is better than {detected} ({counted(others, 'result')})"
        detected = (
            f"better than {sum(worse)} of {others} others"
            if any(worse)
            else (
                f"no detectable difference from {'any of ' * (others > 1)}"
                f"{counted(others, 'other result')}"
            )
        )
        return f"{self.best.name} is first: {detected}"

    def __repr__(self) -> str:
        apart = f", {len(self.apart)} not comparable" * bool(self.apart)
        return f"<{self.verdict}; {self.metric}, {len(self.ranked)} ranked{apart}>"

    def to_table(self) -> Table:
        """Return one row per result, with a column per setting that differs."""
        rows = []
        for rank, entry in enumerate(self.entries, 1):
            row = entry.to_dict()
            settings = row.pop("settings")
            place = None if entry.reason else rank
            rows.append({"rank": place, "metric": self.metric, **row, **settings})
        return Table.of_rows(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the leaderboard as JSON-serialisable built-ins."""
        return {
            "metric": self.metric,
            "verdict": self.verdict,
            "ranked": [entry.to_dict() for entry in self.ranked],
            "not_comparable": [entry.to_dict() for entry in self.apart],
            "curves": {
                label: [entry.name for entry in curve] for label, curve in self.curves.items()
            },
            "cautions": self.cautions,
        }


def leaderboard(paths: Sequence[str | os.PathLike[str]], metric: str | None = None) -> Leaderboard:
    """Sort several results by a metric and test each against the best.

    The largest set of results over the same clips and folds is ranked; of equally large sets, that
    of the first path. Each of them is compared with the best by the corrected paired t-test of
    `gpuclf.compare`, and the p-values are adjusted for the number of tests (Holm). The best is
    selected by the same scores, hence its own score is slightly optimistic.

    Parameters
    ----------
    paths : sequence of path
        At least two files written by ``gpuclf evaluate --json`` or ``gpuclf search --json``.
    metric : str, optional
        ``accuracy`` or one of the ``metrics`` of the files; by default the leading metric of the
        first ranked file: ``balanced_accuracy`` if classes are imbalanced, else ``accuracy``.

    Returns
    -------
    Leaderboard

    Raises
    ------
    ResultFileError
        If a file is not a result.
    InputError
        If there are fewer than two files, a file is given twice, or the metric is unknown.

    Examples
    --------
    >>> import gpuclf
    >>> gpuclf.leaderboard(["rbf.json", "linear.json"])                # doctest: +SKIP
    <rbf is better than the other one (1 result); accuracy, 2 ranked>
    """
    results = [load_result(path) for path in _distinct(paths)]
    groups = [comparable(result) for result in results]
    [(largest, _)] = Counter(groups).most_common(1)  # of ties, the first
    reference = results[groups.index(largest)]
    metric = metric or reference.record["verdict"]["metric"]
    ranked: list[Entry] = []
    apart: list[Entry] = []
    for entry, group in zip(make_entries(results, metric, reference), groups, strict=True):
        (ranked if group == largest else apart).append(entry)
    return Leaderboard(metric, _tested(_sorted(ranked, metric), metric), _sorted(apart, metric))


def _distinct(paths: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Check that there are at least two files, all different."""
    seen: set[Path] = set()
    for path in paths:
        file = Path(path).resolve()
        if file in seen:
            raise InputError(str(path), got="the same file twice", expected="different results")
        seen.add(file)
    if len(seen) < 2:
        raise InputError("results", got=counted(len(seen), "file"), expected="at least two")
    return [os.fspath(path) for path in paths]


def _curves(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Join results that differ only in their number of training clips."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(repr(_other_settings(entry)), []).append(entry)
    joined = [group for group in groups.values() if len({_clips(one) for one in group}) > 1]
    settings = [_other_settings(group[0]) for group in joined]
    varied = [
        name for name in (settings or [{}])[0] if len({repr(one[name]) for one in settings}) > 1
    ]
    curves = {
        setting_text({name: one[name] for name in varied}): group
        for one, group in zip(settings, joined, strict=True)
    }
    others = [entry for entry in entries if all(entry not in group for group in joined)]
    return {**curves, **({OTHERS: others} if others else {})}


def _clips(entry: Entry) -> int:
    return entry.result.training_clips


def _other_settings(entry: Entry) -> dict[str, Any]:
    """Return the settings that do not determine the number of training clips."""
    return {name: value for name, value in entry.settings.items() if name not in SIZES}


def _sorted(entries: Sequence[Entry], metric: str) -> list[Entry]:
    """Sort entries from the best to the worst; undefined values are last."""
    sign = 1 if metric in LOWER_IS_BETTER else -1
    return sorted(entries, key=lambda entry: np.nan_to_num(sign * entry.value, nan=np.inf))


def _tested(ranked: Sequence[Entry], metric: str) -> list[Entry]:
    """Test all entries but the first against the first."""
    best, *others = ranked
    tests = [compare_folds(entry.result, best.result, metric) for entry in others]
    adjusted = holm([test.p for test in tests]).tolist()
    tested = [
        replace(entry, test=test, p=p)
        for entry, test, p in zip(others, tests, adjusted, strict=True)
    ]
    return [best, *tested]
