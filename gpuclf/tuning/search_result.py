"""Result of a nested search: scores of all settings, the best setting and the optimism."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuclf._typing import Floats, Ints
from gpuclf._utils.plain import plain
from gpuclf._utils.run_result import RunResult
from gpuclf._utils.table import Table
from gpuclf.metrics.intervals import Comparison, corrected_interval, paired_test
from gpuclf.metrics.pooling import LEVEL
from gpuclf.metrics.shares import defined_mean
from gpuclf.tuning.nested import best_index
from gpuclf.tuning.space import Point
from gpuclf.tuning.strategy import Strategy
from gpuclf.validation.cv_result import CrossValidation


@dataclass(frozen=True, kw_only=True)
class Search(RunResult):
    """Result of a hyper-parameter search by nested cross-validation.

    Parameters
    ----------
    result : CrossValidation
        Nested result: each outer fold is scored with the setting that its inner folds choose.
    flat : CrossValidation or None
        Flat result: the single setting with the best mean score on the test clips, an optimistic
        score; None for a guided search, which scores only the chosen settings on the test clips.
    parameters : list of dict
        Hyper-parameters of each setting.
    inner_scores : float64 array, shape (settings, repeats, folds)
        Mean score over the inner folds; NaN where a setting was not evaluated.
    scores : float64 array, shape (settings, repeats, folds)
        Score on the test clips; NaN where a setting was not evaluated.
    whole : float64 array, shape (settings,)
        Mean score over the inner folds of all clips, which chooses ``best``.
    chosen : int64 array, shape (repeats, folds)
        Index of the setting that the inner folds choose.
    inner : int
        Number of inner folds.
    strategy : Strategy
        Search strategy.
    """

    result: CrossValidation
    flat: CrossValidation | None
    parameters: list[Point]
    inner_scores: Floats
    scores: Floats
    whole: Floats
    chosen: Ints
    inner: int
    strategy: Strategy

    @property
    def best(self) -> Point:
        """Hyper-parameters for a model of all clips, chosen by inner folds of all clips."""
        return self.parameters[best_index(self.whole)]

    @property
    def best_on_test(self) -> Point | None:
        """Hyper-parameters with the best mean score on the test clips; those of ``flat``."""
        if self.flat is None:
            return None
        return self.parameters[best_index(self.scores.mean(axis=(1, 2)))]

    @property
    def optimism(self) -> Comparison | None:
        """Paired comparison of the flat with the nested scores; None without flat scores."""
        if self.flat is None:
            return None
        flat, nested = (one.metrics[one.scored][self.metric] for one in (self.flat, self.result))
        return paired_test(
            flat.folds,
            nested.folds,
            self.result.test_to_train,
            LEVEL,
            difference=flat.mean - nested.mean,
        )

    @property
    def metric(self) -> str:
        """Metric by which settings are chosen: the leading metric of the result."""
        return self.result.verdict.metric

    @property
    def better_than_majority(self) -> list[bool]:
        """Whether each setting is better than always predicting the most frequent class.

        That is, whether the confidence interval of its score on the test clips, or on the inner
        folds where it was not tested, is above that of the most frequent class.
        """
        share, ratio = self.result.verdict.baseline, self.result.test_to_train
        better = []
        for tested, inner in zip(self.scores, self.inner_scores, strict=True):
            scores = inner if np.isnan(tested).any() else tested
            low = corrected_interval(scores, ratio).low
            better.append(not (defined_mean(scores) if np.isnan(low) else low) <= share)
        return better

    def headline(self, flat: bool = False) -> CrossValidation:
        """Return the nested result or, if ``flat`` and available, the flat result."""
        return self.flat if flat and self.flat is not None else self.result

    def __repr__(self) -> str:
        return f"{repr(self.result)[:-1]}, nested, {len(self.parameters)} settings>"

    def to_table(self) -> Table:
        """Return one row per setting, with names in the form of scikit-learn's ``cv_results_``.

        Returns
        -------
        Table
            Columns ``param_`` of each hyper-parameter; ``mean_`` and ``std_inner_score`` over the
            inner folds, and ``mean_`` and ``std_test_score`` over the outer folds, NaN for a
            setting that was not evaluated there; ``times_chosen`` by an outer fold;
            ``all_clips_score`` over the inner folds of all clips and its rank, 1 for ``best``.
        """
        times = np.bincount(self.chosen.ravel(), minlength=len(self.parameters))
        ranks = (-np.nan_to_num(self.whole, nan=-np.inf)).argsort(kind="stable").argsort()
        rows = [
            {
                **{f"param_{name}": value for name, value in point.items()},
                **_mean_and_std("inner_score", self.inner_scores[n]),
                **_mean_and_std("test_score", self.scores[n]),
                "times_chosen": int(times[n]),
                "all_clips_score": float(self.whole[n]),
                "rank_all_clips_score": 1 + int(ranks[n]),
            }
            for n, point in enumerate(self.parameters)
        ]
        return Table.of_rows(rows)

    def to_dict(self, flat: bool = False) -> dict[str, Any]:
        """Return the search without its `headline` result, as JSON-serialisable built-ins.

        Parameters
        ----------
        flat : bool
            Whether the flat result is reported instead of the nested one.

        Returns
        -------
        dict
            Settings with their scores, choices, best setting and optimism.
        """
        times = np.bincount(self.chosen.ravel(), minlength=len(self.parameters))
        optimism, better = self.optimism, self.better_than_majority
        return {
            "reported": "flat" if flat else "nested",
            "method": self.strategy.method,
            "inner": self.inner,
            "settings": [
                {
                    "parameters": plain(point),
                    "chosen": int(times[n]),
                    "better_than_majority": better[n],
                    "inner_scores": plain(self.inner_scores[n].tolist()),
                    "scores": plain(self.scores[n].tolist()),
                    "all_clips_score": plain(float(self.whole[n])),
                }
                for n, point in enumerate(self.parameters)
            ],
            "chosen": self.chosen.tolist(),
            "best": plain(self.best),
            "metric": self.metric,
            "nested_accuracy": self.result.accuracy,
            "flat_accuracy": None if self.flat is None else self.flat.accuracy,
            "optimism": None if optimism is None else plain(vars(optimism)),
        }


def _mean_and_std(name: str, scores: Floats) -> dict[str, float]:
    """Return the mean and the standard deviation of the scores that are defined."""
    mean = defined_mean(scores)
    return {f"mean_{name}": mean, f"std_{name}": float(np.sqrt(defined_mean((scores - mean) ** 2)))}
