"""Sweep: accuracy as a function of one hyper-parameter, compared with a baseline and chance."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from gpuclf._typing import Floats
from gpuclf._utils.files import replacing
from gpuclf._utils.formatting import value_text
from gpuclf._utils.plain import plain
from gpuclf._utils.run_result import RunResult
from gpuclf._utils.table import Table
from gpuclf.errors import InputError
from gpuclf.metrics.intervals import Comparison, paired_test
from gpuclf.metrics.pooling import LEVEL
from gpuclf.tuning.space import Axis, Range, as_axis
from gpuclf.validation.below_baseline import below_baseline
from gpuclf.validation.cross_validation import score_settings
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.experiment_options import ExperimentOptions, ExperimentOrFile
from gpuclf.workflows.run_context import RunContext, open_run


@dataclass(frozen=True)
class Sweep(RunResult):
    """Cross-validation results of the values of one hyper-parameter.

    Parameters
    ----------
    name : str
        Name of the hyper-parameter.
    values : tuple
        Values of the hyper-parameter.
    results : list of CrossValidation
        Result of each value, all over the same splits.
    dataset : str
        Name of the feature set.
    baseline : str or None
        Name of the baseline feature set.
    baselines : list of CrossValidation
        Result of the baseline with each value; empty without a baseline.
    seconds : dict
        Durations of the sweep in seconds: ``read``, ``aggregate``, ``fit`` and ``total``.
    """

    name: str
    values: tuple[Any, ...]
    results: list[CrossValidation]
    dataset: str
    baseline: str | None
    baselines: list[CrossValidation]
    seconds: dict[str, float]

    @property
    def metric(self) -> str:
        """Leading metric: ``accuracy``, or ``balanced_accuracy`` if the classes are imbalanced."""
        return self.results[0].verdict.metric

    @property
    def best(self) -> Any:
        """Value with the highest score, the first one of ties; its score is optimistic."""
        return self.values[self._best]

    @property
    def best_result(self) -> CrossValidation:
        """Result of the value ``best``."""
        return self.results[self._best]

    @property
    def _best(self) -> int:
        return max(range(len(self.results)), key=lambda n: self.results[n].verdict.value)

    @property
    def gains(self) -> list[Comparison]:
        """Paired comparison of each value with the baseline; empty without a baseline."""
        return [
            paired_test(
                _folds(result),
                _folds(other),
                result.test_to_train,
                LEVEL,
                difference=result.verdict.value - other.verdict.value,
            )
            for result, other in zip(self.results, self.baselines, strict=False)
        ]

    @property
    def notes(self) -> list[str]:
        """Why values are below the accuracy of always predicting the most frequent class."""
        values: dict[str, list[str]] = {}
        for value, result in zip(self.values, self.results, strict=True):
            values.setdefault(below_baseline(result), []).append(value_text(value))
        values.pop("", None)
        return [f"{self.name} = {', '.join(few)}: {why}" for why, few in values.items()]

    def __repr__(self) -> str:
        scores = (
            f"{value_text(value)} {result.verdict.value:.1%}"
            for value, result in zip(self.values, self.results, strict=True)
        )
        return f"<{self.metric} for {self.name} = {', '.join(scores)}>"

    def rows(self) -> list[dict[str, Any]]:
        """Return a row per value: accuracy, standard deviation, interval, and the baseline's."""
        rows: list[dict[str, Any]] = [
            {
                self.name: value,
                **_summary(result),
                "chance": result.chance,
                "better_than_majority": _is_better(result),
            }
            for value, result in zip(self.values, self.results, strict=True)
        ]
        if self.baseline is not None:
            for row, other, gain in zip(rows, self.baselines, self.gains, strict=True):
                row |= {f"baseline_{name}": number for name, number in _summary(other).items()}
                row |= {"gain": gain.difference, "gain_low": gain.low, "gain_high": gain.high}
                row["p"] = gain.p
        return rows

    def to_table(self) -> Table:
        """Return `rows` as a table."""
        return Table.of_rows(self.rows())

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows to a CSV file atomically."""
        rows = [
            {k: "+".join(map(str, v)) if isinstance(v, tuple) else v for k, v in row.items()}
            for row in self.rows()
        ]
        with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the sweep as JSON-serialisable built-ins."""
        content: dict[str, Any] = plain(
            {
                "parameter": self.name,
                "values": self.values,
                "dataset": self.dataset,
                "baseline": self.baseline,
                "rows": self.rows(),
                "notes": self.notes,
                "scores": [result.scores.tolist() for result in self.results],
                "baseline_scores": [result.scores.tolist() for result in self.baselines],
                "labels": self.results[0].labels,
                "baselines": {
                    "chance": self.results[0].chance,
                    "majority_class": self.results[0].majority,
                },
                "splits": {
                    "digest": self.results[0].splits,
                    "test_to_train": self.results[0].test_to_train,
                },
                "seconds": self.seconds,
            }
        )
        return content


def sweep(
    experiment: ExperimentOrFile,
    name: str,
    values: Axis | Iterable[Any],
    *,
    baseline: str | None = None,
    **options: Unpack[ExperimentOptions],
) -> Sweep:
    """Cross-validate an experiment with each value of a hyper-parameter, over the same splits.

    Parameters
    ----------
    experiment : Experiment or path
        Experiment, with all other hyper-parameters; or a feature file.
    name : str
        Name of the hyper-parameter; see `gpuclf.config.search_grid.searchable`.
    values : Choice or iterable
        At least one value.
    baseline : str, optional
        Baseline: another feature set of the file, cross-validated with the same values.
    **options
        Hyper-parameters that replace those of the experiment, such as ``C=10``; and ``backend``,
        ``progress``, ``memory``, ``cache`` and ``checkpoint``, which do not change the result. See
        `gpuclf.workflows.experiment_options.ExperimentOptions`.

    Returns
    -------
    Sweep
        Result of each value.

    Raises
    ------
    GpuclfError
        If the sweep is invalid for this file or backend; raised before any frame is read.

    Examples
    --------
    >>> import gpuclf
    >>> gpuclf.write_demo("demo.hdf5")
    >>> experiment = gpuclf.Experiment(file="demo.hdf5", n_classes=2, repeats=1)
    >>> swept = gpuclf.sweep(experiment, "n_vectors", [1, 6], backend="cpu")
    >>> [row["n_vectors"] for row in swept.rows()]
    [1, 6]
    """
    with open_run(experiment, **options) as run:
        return sweep_run(run, name, values, baseline)


def sweep_run(
    run: RunContext, name: str, values: Axis | Iterable[Any], baseline: str | None = None
) -> Sweep:
    """Sweep with the experiment of an open run; see `sweep`."""
    axis = as_axis(values)
    if isinstance(axis, Range):
        raise InputError(name, got=f"the range {axis}", expected="values, such as 0.1,1,10")
    points: list[Mapping[str, Any]] = [{name: value} for value in axis.values]
    others = [] if baseline is None else [{**point, "dataset": baseline} for point in points]
    dataset = run.features({}).name
    if baseline == dataset and name != "dataset":
        got = f"{baseline!r}, the dataset itself"
        raise InputError("baseline", got=got, expected="another feature set")
    plan = run.plan([*points, *others])
    results = score_settings([run.setting(point) for point in [*points, *others]], plan, run)
    seconds = run.seconds(results[0].seconds["fit"])
    count = len(points)
    return Sweep(name, axis.values, results[:count], dataset, baseline, results[count:], seconds)


def _summary(result: CrossValidation) -> dict[str, float]:
    """Return accuracy, and leading metric with standard deviation over folds and interval."""
    verdict = result.verdict
    low, high, _ = verdict.interval
    std = float(np.nanstd(_folds(result)))
    leading = {verdict.metric: verdict.value, "std": std, "low": low, "high": high}
    return {"accuracy": result.accuracy, **leading}


def _is_better(result: CrossValidation) -> bool | None:
    """Return whether a result is better than guessing; None for a single fold: not tested."""
    return bool(result.verdict.is_better) if result.scores.size > 1 else None


def _folds(result: CrossValidation) -> Floats:
    """Return the leading metric of each fold, ``(repeats, folds)``."""
    return result.metrics[result.scored][result.verdict.metric].folds
