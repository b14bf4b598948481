"""What pages and cards are made of; the template of each is the macro of its ``kind``.

All texts are plain: they are made legible, and escaped, by the templates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from gpuclf.plot.saving import inline_svg
from gpuclf.plot.style import STANDARD, has_matplotlib


@dataclass(frozen=True)
class Facts:
    """Names and values beside one another; some names are of more weight than the others."""

    kind: ClassVar[str] = "facts"
    rows: Mapping[str, object]
    strong: Collection[str] = ()


@dataclass(frozen=True)
class Heading:
    """A heading, and whether what stands under it are numbers, which are never broken."""

    heading: str
    number: bool = True


@dataclass(frozen=True)
class Row:
    """A text for each column, and whether they are of more weight than the others."""

    cells: list[str]
    strong: bool = False


@dataclass(frozen=True)
class Grid:
    """Rows under headings."""

    kind: ClassVar[str] = "grid"
    columns: list[Heading]
    rows: list[Row] = field(default_factory=list)

    def add(self, *cells: str, strong: bool = False) -> None:
        """Add a row."""
        self.rows.append(Row(list(cells), strong))


@dataclass(frozen=True)
class Picture:
    """A figure that is drawn where it is shown.

    Parameters
    ----------
    draw : callable
        Draws into the axes that it is given.
    alt : str
        What it shows, for who cannot see it.
    size : tuple of float
        Width and height in inches.
    """

    kind: ClassVar[str] = "picture"
    draw: Callable[[Any], Any]
    alt: str
    size: tuple[float, float] = STANDARD

    @property
    def svg(self) -> str | None:
        """The figure, or None without matplotlib."""
        return inline_svg(self.draw, self.size) if has_matplotlib() else None


class Mistaken(NamedTuple):
    """A clip that most votes are wrong about."""

    clip: str
    true: str
    share_true: float
    share_taken: float
    votes: str


@dataclass(frozen=True)
class Mistakes:
    """Clips that most votes are wrong about, with bars of the votes."""

    kind: ClassVar[str] = "mistakes"
    rows: list[Mistaken]


@dataclass(frozen=True)
class Command:
    """What was typed."""

    kind: ClassVar[str] = "command"
    text: str


Part = Facts | Grid | Picture | Mistakes | Command
