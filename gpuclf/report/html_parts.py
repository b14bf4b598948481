"""Elements of HTML reports and cards.

The macro of ``templates/parts.html`` that is named by its ``kind`` renders an element. Texts are
plain: the templates escape them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from gpuclf._utils.formatting import percent
from gpuclf.plot.saving import inline_svg
from gpuclf.plot.style import PHONE, STANDARD, has_matplotlib

if TYPE_CHECKING:
    from gpuclf.report.recordings import Recording


@dataclass(frozen=True)
class Facts:
    """Two-column table of names and values; the rows named in ``strong`` are bold."""

    kind: ClassVar[str] = "facts"
    rows: Mapping[str, object]
    strong: Collection[str] = ()


@dataclass(frozen=True)
class Heading:
    """Column heading; columns of numbers are right-aligned and never wrapped.

    Pages show the ``note``, an explanation of one line, as a tooltip and below the table.
    """

    heading: str
    number: bool = True
    note: str = ""


@dataclass(frozen=True)
class Share:
    """Fraction in a cell of a table; pages draw a bar beside it."""

    value: float

    def __str__(self) -> str:
        return percent(self.value)


@dataclass(frozen=True)
class Row:
    """Row of a table, one cell per column; bold if ``strong``.

    Pages show the ``note``, an explanation of one line, below the first cell.
    """

    cells: list[str | Share]
    strong: bool = False
    note: str = ""


@dataclass(frozen=True)
class Grid:
    """Table with column headings."""

    kind: ClassVar[str] = "grid"
    columns: list[Heading]
    rows: list[Row] = field(default_factory=list)

    def add(self, *cells: str | Share, strong: bool = False, note: str = "") -> None:
        """Append a row."""
        self.rows.append(Row(list(cells), strong, note))

    @property
    def notes(self) -> list[Heading]:
        """Headings with an explanation."""
        return [column for column in self.columns if column.note]


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
    narrow : tuple of float, optional
        Width and height in inches on a phone, for which the figure is drawn a second time.
    """

    kind: ClassVar[str] = "picture"
    draw: Callable[[Any], Any]
    alt: str
    size: tuple[float, float] = STANDARD
    narrow: tuple[float, float] = PHONE

    @property
    def svg(self) -> str | None:
        """SVG element, or None if matplotlib is not installed."""
        return inline_svg(self.draw, self.size) if has_matplotlib() else None

    @property
    def narrow_svg(self) -> str:
        """SVG element for a phone."""
        return inline_svg(self.draw, self.narrow)


class Mistaken(NamedTuple):
    """Misclassified clip; shares are fractions of its votes."""

    clip: str
    true: str
    predicted: str
    share_true: float
    share_predicted: float
    recording: Recording | None = None


@dataclass(frozen=True)
class Mistakes:
    """Table of misclassified clips with bars of their votes and players of their recordings."""

    kind: ClassVar[str] = "mistakes"
    rows: list[Mistaken]


@dataclass(frozen=True)
class Command:
    """Command line."""

    kind: ClassVar[str] = "command"
    text: str


class Step(NamedTuple):
    """Something to do next, and the command that does it."""

    text: str
    command: str


@dataclass(frozen=True)
class Steps:
    """List of what to do next."""

    kind: ClassVar[str] = "steps"
    rows: list[Step]


Part = Facts | Grid | Picture | Mistakes | Command | Steps
