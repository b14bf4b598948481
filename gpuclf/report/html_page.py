"""Self-contained HTML report: headline, sections and footer."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gpuclf._utils import versions as environment
from gpuclf._utils.files import replacing
from gpuclf._utils.formatting import (
    UNITS,
    counted,
    metric_text,
    percent,
    percent_interval,
    splits_text,
)
from gpuclf.report.html import render
from gpuclf.report.html_parts import Part, Step, Steps

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
    """Main result of a report, a sentence: its figure and what it says.

    Parameters
    ----------
    figure : str
        Main result, formatted.
    says : str
        Description of the result, which completes the sentence.
    scale : Scale or None
        Result on a scale from 0 to 100 %.
    cautions : list of str
        Warnings that concern the validity of the result.
    emphasis : bool
        Whether the main result is large and coloured; False for a result that is not significant.
    method : str
        How the result was estimated.
    """

    figure: str
    says: str
    scale: Scale | None = None
    cautions: list[str] = field(default_factory=list)
    emphasis: bool = True
    method: str = ""

    @classmethod
    def of(
        cls,
        result: CrossValidation,
        says: str = "",
        cautions: tuple[str, ...] = (),
        protocol: str = "",
    ) -> Headline:
        """Return the leading metric of a result with its confidence interval and its verdict.

        Parameters
        ----------
        result : CrossValidation
        says : str
            What the result is about, if it is not one classifier on all clips.
        cautions : tuple of str
            See `Headline`.
        protocol : str
            Split and evaluation protocol.
        """
        verdict = result.verdict
        low, high, level = verdict.interval
        metric = f"{metric_text(verdict.metric)} on {UNITS[result.scored]}"
        if low < high:
            metric += f" ({100 * level:g} % confidence interval {percent_interval(low, high)})"
        tested = f"{verdict.text[0].lower()}{verdict.text[1:]}"
        compared = ", ".join(filter(None, [percent(verdict.baseline), verdict.p_text]))
        majority = f"accuracy {percent(result.accuracy)}, majority class {percent(result.majority)}"
        clips = f"{counted(len(result.clips.ids), 'clip')} of {len(result.labels)} classes"
        method = [
            f"Mean of {splits_text(result.scores.shape)} of {clips}",
            says,
            protocol,
            f"imbalanced classes: {majority}" if verdict.metric == "balanced_accuracy" else "",
        ]
        mean = 100 * verdict.value
        ends = (100 * low, 100 * high) if low < high else (mean, mean)
        return cls(
            percent(verdict.value),
            f"{metric}: {tested} ({compared}).",
            Scale(ends[0], mean, ends[1], 100 * verdict.baseline),
            list(cautions),
            verdict.is_better,
            "; ".join(filter(None, method)) + ".",
        )


@dataclass(frozen=True)
class Section:
    """Titled section of a report."""

    title: str
    parts: Sequence[Part]
    note: str = ""

    @property
    def anchor(self) -> str:
        """Id of the section within the page."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


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
    steps : list of Step
        What to do next.
    """

    kind: str
    title: str
    headline: Headline
    sections: list[Section]
    steps: list[Step] = field(default_factory=list)

    @property
    def next_steps(self) -> Steps:
        """What to do next, as an element."""
        return Steps(self.steps)

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
        html = render("page.html", page=self, folder=Path(path).absolute().parent)
        with replacing(path) as draft:
            draft.write_text(html, encoding="utf-8", errors="replace")
