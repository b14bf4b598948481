"""One self-contained HTML page: a headline, sections, where it all came from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gpuclf._utils import versions as environment
from gpuclf._utils.files import replacing
from gpuclf._utils.formatting import percent, percent_interval
from gpuclf.report.html import render
from gpuclf.report.html_parts import Part

if TYPE_CHECKING:  # gpuclf compare loads no scikit-learn
    from gpuclf.validation.cv_result import CrossValidation


@dataclass(frozen=True)
class Scale:
    """Where a score stands between 0 and 100 %, with its interval, and where chance does."""

    low: float
    mean: float
    high: float
    chance: float

    @property
    def alt(self) -> str:
        """What it shows, for who cannot see it."""
        return (
            f"{self.mean:.1f} %, from {self.low:.1f} to {self.high:.1f}; chance {self.chance:.1f} %"
        )


@dataclass(frozen=True)
class Headline:
    """The one figure that a page is about.

    Parameters
    ----------
    figure : str
        It, as it is written.
    says : str
        What it means.
    scale : Scale or None
        Where it stands.
    cautions : list of str
        What must be known before it is believed.
    """

    figure: str
    says: str
    scale: Scale | None = None
    cautions: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, result: CrossValidation, says: str = "", cautions: tuple[str, ...] = ()
    ) -> Headline:
        """Tell the accuracy of a result, against its interval and chance."""
        repeats, folds = result.scores.shape
        low, high, level = result.interval
        majority = percent(result.majority.mean())
        parts = [
            f"of the {result.scored} are labelled right, in {repeats} x {folds} folds",
            says,
            f"{100 * level:g} % interval {percent_interval(low, high)}" if low < high else "",
            f"chance {percent(result.chance)}, the majority class {majority}",
        ]
        mean = 100 * result.accuracy
        ends = (100 * low, 100 * high) if low < high else (mean, mean)
        return cls(
            percent(result.accuracy),
            "; ".join(filter(None, parts)),
            Scale(ends[0], mean, ends[1], 100 * result.chance),
            list(cautions),
        )


@dataclass(frozen=True)
class Section:
    """What belongs together under a title."""

    title: str
    parts: Sequence[Part]
    note: str = ""


@dataclass(frozen=True)
class Page:
    """All that a page says.

    Parameters
    ----------
    kind : str
        The command that it is of.
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
        """Of gpuclf."""
        return environment.versions()["gpuclf"]

    @property
    def made(self) -> str:
        """Today."""
        return datetime.now(UTC).strftime("%Y-%m-%d, %H:%M UTC")

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all."""
        html = render("page.html", page=self)
        with replacing(path) as draft:
            draft.write_text(html, encoding="utf-8", errors="replace")
