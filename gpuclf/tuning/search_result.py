"""What a nested search found: the score of its choices, and how much the flat score flatters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuclf._typing import Floats, Ints
from gpuclf._utils.displayable import Displayable
from gpuclf._utils.plain import plain
from gpuclf.metrics.intervals import Comparison, paired_test
from gpuclf.tuning.nested import first_best
from gpuclf.tuning.space import Point
from gpuclf.tuning.strategy import Strategy
from gpuclf.validation.cv_result import LEVEL, CrossValidation


@dataclass(frozen=True, kw_only=True)
class Search(Displayable):
    """What a nested search found.

    Parameters
    ----------
    result : CrossValidation
        Of the settings that were chosen, fold by fold: the honest score of the whole search.
    flat : CrossValidation or None
        Of the one setting that scored best on the test clips; None of a guided search, which fits
        the chosen settings alone.
    parameters : list of dict
        The settings.
    inner_scores, scores : float64 arrays, shape (settings, repeats, folds)
        Mean score over inner folds, and score on the test clips; NaN where that was not tried.
    whole : float64 array, shape (settings,)
        Mean score over inner folds of all clips, which choose for a model of all of them.
    chosen : int64 array, shape (repeats, folds)
        Which setting was.
    inner : int
        Inner folds of each fold.
    strategy : Strategy
        How they were looked for.
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
        """The setting for a model of all clips, which inner folds of all of them choose."""
        return self.parameters[first_best(self.whole)]

    @property
    def best_on_test(self) -> Point | None:
        """The setting that scores best on the test clips, which ``flat`` is the result of."""
        if self.flat is None:
            return None
        return self.parameters[first_best(self.scores.mean(axis=(1, 2)))]

    @property
    def optimism(self) -> Comparison | None:
        """How much the flat score is above the nested one."""
        if self.flat is None:
            return None
        flat, nested = self.flat.scores, self.result.scores
        return paired_test(flat, nested, self.result.test_to_train, LEVEL)

    def headline(self, flat: bool = False) -> CrossValidation:
        """Give the result to report: the nested one, or the optimistic one if it is asked for."""
        return self.flat if flat and self.flat is not None else self.result

    def __repr__(self) -> str:
        return f"{repr(self.result)[:-1]}, nested, {len(self.parameters)} settings>"

    def to_dict(self, flat: bool = False) -> dict[str, Any]:
        """Give the search as plain numbers, lists and strings, but for the result that it reports.

        Parameters
        ----------
        flat : bool
            Whether the flat result is reported, and not the nested one.
        """
        times = np.bincount(self.chosen.ravel(), minlength=len(self.parameters))
        optimism = self.optimism
        return {
            "reported": "flat" if flat else "nested",
            "method": self.strategy.method,
            "inner": self.inner,
            "settings": [
                {
                    "parameters": plain(point),
                    "chosen": int(times[n]),
                    "inner_scores": plain(self.inner_scores[n].tolist()),
                    "scores": plain(self.scores[n].tolist()),
                    "all_clips_score": plain(float(self.whole[n])),
                }
                for n, point in enumerate(self.parameters)
            ],
            "chosen": self.chosen.tolist(),
            "best": plain(self.best),
            "nested_accuracy": self.result.accuracy,
            "flat_accuracy": None if self.flat is None else self.flat.accuracy,
            "optimism": None if optimism is None else plain(vars(optimism)),
        }
