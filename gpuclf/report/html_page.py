"""Self-contained HTML report: headline, sections and footer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gpuclf._utils import versions as environment
from gpuclf._utils.files import replacing
from gpuclf._utils.formatting import UNITS, metric_text, percent, percent_interval, splits_text
from gpuclf.report.html import render
from gpuclf.report.html_parts import Part

if TYPE_CHECKING:  # gpuclf compare must not import scikit-learn
    from gpuclf.validation.cv_result import CrossValidation


@dataclass(frozen=True)
class Scale:
    """Score, its confidence interval and its baseline, in percent."""

    low: float
    mean: float
    high: float
    baseline: float

    @property
    def alt(self) -> str:
        """Text alternative."""
        interval = f" (confidence interval {self.low:.1f} to {self.high:.1f} %)"
        shown = interval if self.low < self.high else ""
        return f"{self.mean:.1f} %{shown}; baseline {self.baseline:.1f} %"


@dataclass(frozen=True)
class Headline:
    """Main result of a report.

    Parameters
    ----------
    figure : str
        Main result, formatted.
    says : str
        Description of the result.
    scale : Scale or None
        Result on a scale from 0 to 100 %.
    cautions : list of str
        Warnings that concern the validity of the result.
    emphasis : bool
        Whether the main result is large and coloured; False for a result that is not significant.
    verdict : str
        Outcome of the test of the result, the first sentence.
    """

    figure: str
    says: str
    scale: Scale | None = None
    cautions: list[str] = field(default_factory=list)
    emphasis: bool = True
    verdict: str = ""

    @classmethod
    def of(
        cls, result: CrossValidation, says: str = "", cautions: tuple[str, ...] = ()
    ) -> Headline:
        """Return the leading metric of a result with its verdict and confidence interval."""
        verdict = result.verdict
        metric = f"{metric_text(verdict.metric)} on {UNITS[result.scored]}"
        low, high, level = verdict.interval
        interval = f"{100 * level:g} % confidence interval {percent_interval(low, high)}"
        majority = f"accuracy {percent(result.accuracy)}, majority class {percent(result.majority)}"
        tested = f"{verdict.text} ({percent(verdict.baseline)})"
        parts = [
            f"{metric}, mean of {splits_text(result.scores.shape)}",
            says,
            interval if low < high else "",
            f"imbalanced classes: {majority}" if verdict.metric == "balanced_accuracy" else "",
        ]
        mean = 100 * verdict.value
        ends = (100 * low, 100 * high) if low < high else (mean, mean)
        return cls(
            percent(verdict.value),
            "; ".join(filter(None, parts)),
            Scale(ends[0], mean, ends[1], 100 * verdict.baseline),
            list(cautions),
            verdict.is_better,
            ", ".join(filter(None, [tested, verdict.p_text])),
        )


@dataclass(frozen=True)
class Section:
    """Titled section of a report."""

    title: str
    parts: Sequence[Part]
    note: str = ""


@dataclass(frozen=True)
class Page:
    """Content of a report.

    Parameters
    ----------
    kind : str
        Command that wrote the report.
    title : str
    headline : Headline
    sections : list of Section
    """

    kind: str
    title: str
    headline: Headline
    sections: list[Section]

    @property
    def version(self) -> str:
        """Version of gpuclf."""
        return environment.versions()["gpuclf"]

    @property
    def made(self) -> str:
        """Date and time of the report."""
        return datetime.now(UTC).strftime("%Y-%m-%d, %H:%M UTC")

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the report; on failure the file is left unchanged."""
        html = render("page.html", page=self)
        with replacing(path) as draft:
            draft.write_text(html, encoding="utf-8", errors="replace")
