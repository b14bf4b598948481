"""An annotated part of a recording, and the cells of annotation files.

Times are seconds from the start of the recording. Programs write them with a decimal point, or with
a comma where the system does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import InputError
from gpuclf.features.importers.csv_table import DECIMAL
from gpuclf.features.names import normalized


@dataclass(frozen=True, order=True)
class Event:
    """Annotated part of a recording.

    Parameters
    ----------
    start, end : float
        Start and end in seconds; equal for a point in time.
    label : str
        Class name; empty if the part has no label.
    recording : str or None
        File name of the recording, in a file that annotates several; None if the recording follows
        from the name of the annotation file.
    """

    start: float
    end: float
    label: str = ""
    recording: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", normalized(self.label).strip())


def seconds(what: str, cell: str) -> float:
    """Return a cell as seconds.

    Parameters
    ----------
    what : str
        Description of the cell, for the error message.
    cell : str
        Finite number with a decimal point or comma.

    Raises
    ------
    InputError
        If the cell is no number.

    Examples
    --------
    >>> seconds("start", "1,25"), seconds("start", " 0.5 ")
    (1.25, 0.5)
    """
    number = cell.strip().replace(",", ".")
    if not DECIMAL.fullmatch(number):
        raise InputError(what, got=repr(cell), expected="a time in seconds")
    return float(number)


def read_text(path: Path) -> str:
    """Return the content of an annotation file, which is UTF-8 or Windows-1252.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        what = "an annotation file"
        raise InputError(str(path), got=system_reason(error), expected=what) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:  # written by a program on Windows
        return content.decode("cp1252", "replace")


def lines_of(path: Path) -> list[tuple[int, str]]:
    """Return the numbers and texts of the lines of a text file that are not blank."""
    lines = read_text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
