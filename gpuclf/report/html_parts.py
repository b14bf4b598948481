"""Elements of HTML reports and cards.

The macro of ``templates/parts.html`` that is named by its ``kind`` renders an element. Texts are
plain: the templates escape them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from gpuclf.plot.saving import inline_svg
from gpuclf.plot.style import STANDARD, has_matplotlib


@dataclass(frozen=True)
class Facts:
    """Two-column table of names and values; the rows named in ``strong`` are bold."""

    kind: ClassVar[str] = "facts"
    rows: Mapping[str, object]
    strong: Collection[str] = ()


@dataclass(frozen=True)
class Heading:
    """Column heading; columns of numbers are right-aligned and never wrapped."""

    heading: str
    number: bool = True


@dataclass(frozen=True)
class Row:
    """Row of a table, one text per column; bold if ``strong``."""

    cells: list[str]
    strong: bool = False


@dataclass(frozen=True)
class Grid:
    """Table with column headings."""

    kind: ClassVar[str] = "grid"
    columns: list[Heading]
    rows: list[Row] = field(default_factory=list)

    def add(self, *cells: str, strong: bool = False) -> None:
        """Append a row."""
        self.rows.append(Row(list(cells), strong))


NO_BETTER = {"*": "no better than always predicting the most frequent class"}


def no_better_mark(is_better: bool | None) -> str:
    """Return the mark of a score that is no better than guessing; None: not tested."""
    return next(iter(NO_BETTER)) if is_better is False else ""


@dataclass(frozen=True)
class Picture:
    """Figure, drawn when it is rendered.

    Parameters
    ----------
    draw : callable
        Function that draws on the matplotlib axes it is given.
    alt : str
        Text alternative: a noun phrase in lower case.
    size : tuple of float
        Width and height in inches.
    """

    kind: ClassVar[str] = "picture"
    draw: Callable[[Any], Any]
    alt: str
    size: tuple[float, float] = STANDARD

    @property
    def svg(self) -> str | None:
        """SVG element, or None if matplotlib is not installed."""
        return inline_svg(self.draw, self.size) if has_matplotlib() else None


class Mistaken(NamedTuple):
    """Misclassified clip; shares are fractions of its votes."""

    clip: str
    true: str
    share_true: float
    share_predicted: float
    votes: str


@dataclass(frozen=True)
class Mistakes:
    """Table of misclassified clips with bars of their votes."""

    kind: ClassVar[str] = "mistakes"
    rows: list[Mistaken]


@dataclass(frozen=True)
class Command:
    """Command line."""

    kind: ClassVar[str] = "command"
    text: str


Part = Facts | Grid | Picture | Mistakes | Command
