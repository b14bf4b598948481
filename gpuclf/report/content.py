"""What is told of a result, before it is known where: tables that a terminal and a page can show.

Names and values beside one another are a plain ``dict``; all texts are plain, and made safe where
they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gpuclf.stats import Comparison
from gpuclf.wording import points, points_interval


@dataclass(frozen=True)
class Column:
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
    """Rows under headings.

    Parameters
    ----------
    columns : list of Column
    rows : list of Row
    """

    columns: list[Column]
    rows: list[Row] = field(default_factory=list)

    def add(self, *cells: str, strong: bool = False) -> None:
        """Add a row."""
        self.rows.append(Row(list(cells), strong))


def difference_text(found: Comparison) -> str:
    """Write a difference of two accuracies with its interval.

    Examples
    --------
    >>> difference_text(Comparison(0.021, -0.004, 0.046, 1.7, 0.1, 10, 0.95))
    '+2.1 points (95 % interval -0.4 to +4.6)'
    """
    interval = points_interval(found.low, found.high)
    return f"{points(found.difference)} points ({100 * found.level:g} % interval {interval})"
