"""Result files, written by ``gpuclf evaluate --json`` and ``gpuclf search --json``."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gpuclf._typing import Floats
from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import InputError, ResultFileError, did_you_mean
from gpuclf.metrics.intervals import Interval
from gpuclf.metrics.pooling import LEVEL
from gpuclf.validation.verdict import Verdict


@dataclass(frozen=True)
class ResultFile:
    """Result file written by ``gpuclf evaluate --json`` or ``gpuclf search --json``.

    Parameters
    ----------
    path : Path
        Path of the file.
    record : dict
        Content of the file.
    """

    path: Path
    record: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """Hyper-parameters of the experiment; ``"searched"`` for those that a search chooses."""
        settings = dict(self.record["experiment"])
        if "search" in self.record:
            search = self.record["search"]
            chosen = dict.fromkeys(search["settings"][0]["parameters"], "searched")
            settings |= {**chosen, "search": f"{search['reported']}, {search['method']}"}
        return settings

    @property
    def is_flat(self) -> bool:
        """Whether the scores are the flat scores of a search, which are optimistic."""
        return bool(self.record.get("search", {}).get("reported") == "flat")

    @property
    def unit(self) -> str:
        """Unit of the scores: ``clips`` or ``vectors``."""
        return "clips" if self.settings["majority_voting"] else "vectors"

    @property
    def training_clips(self) -> int:
        """Number of training clips of a fold, on average."""
        ratio = float(self.record["splits"]["test_to_train"])
        return round(len(self.record["clips"]["ids"]) / (1 + ratio))

    @property
    def verdict(self) -> Verdict:
        """Test of the leading metric against always predicting the most frequent class."""
        return Verdict.from_dict(self.record["verdict"])

    @property
    def caution(self) -> str:
        """Why the scores are optimistic; empty if nothing is known."""
        if self.is_flat:
            return (
                f"{self.path} has the flat scores of a search (best setting on the test clips), "
                "which are optimistic"
            )
        if self.settings.get("protocol") == "thesis":
            return (
                f"{self.path} has scores of the thesis protocol (scaling over all clips before the "
                "split), which are optimistic"
            )
        return ""

    def mean(self, metric: str) -> float:
        """Return a metric; NaN if it is undefined."""
        value = self.record["accuracy"] if metric == "accuracy" else self._metric(metric)["mean"]
        return np.nan if value is None else float(value)

    def interval(self, metric: str) -> Interval:
        """Return the 95 % confidence interval of a metric; NaN if it is undefined."""
        values = self._metric(metric)
        low, high = (np.nan if values[end] is None else values[end] for end in ("low", "high"))
        return Interval(low, high, LEVEL)

    def folds(self, metric: str) -> Floats:
        """Return the values of a metric in each fold: its jackknife pseudo-values.

        Parameters
        ----------
        metric : str
            ``accuracy`` or a metric of the scored unit, clips or feature vectors.

        Returns
        -------
        float64 array, shape (repeats, folds)
            NaN where the metric is undefined.

        Raises
        ------
        InputError
            If the metric is unknown.
        """
        if metric == "accuracy":
            return np.array(self.record["scores"], dtype=float)
        return np.array(self._metric(metric)["folds"], dtype=float)

    def _metric(self, metric: str) -> dict[str, Any]:
        known: dict[str, Any] = self.record["metrics"][self.unit]
        if metric not in known:
            raise InputError("metric", got=repr(metric), expected=did_you_mean(metric, known))
        values: dict[str, Any] = known[metric]
        return values


def load_result(path: str | os.PathLike[str]) -> ResultFile:
    """Return the content of a result file.

    Raises
    ------
    ResultFileError
        If the file does not exist or is not a result of ``gpuclf evaluate`` or ``gpuclf search``.
    """
    expected = "a result of gpuclf evaluate --json or gpuclf search --json"
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultFileError(str(path), got=system_reason(error), expected=expected) from error
    except ValueError as error:  # invalid JSON or UTF-8
        raise ResultFileError(
            str(path), got="a file that is not JSON", expected=expected
        ) from error
    needed = (
        "experiment",
        "environment",
        "scores",
        "splits",
        "metrics",
        "verdict",
        "labels",
        "clips",
    )
    if not isinstance(record, dict) or any(name not in record for name in needed):
        raise ResultFileError(
            str(path), got="other JSON or a result of an older version", expected=expected
        )
    return ResultFile(Path(path), record)
