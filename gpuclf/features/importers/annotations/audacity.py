r"""Label files of Audacity: start, end and label in each line, separated by tabs.

Lines that begin with a backslash contain the frequencies of the label before them, and are ignored.
"""

from __future__ import annotations

from pathlib import Path

from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.event import Event, lines_of, seconds


def read_audacity(path: Path, label: str | None = None) -> list[Event]:
    r"""Return the labels of a label track.

    Parameters
    ----------
    path : Path
        The file.
    label : None
        The format has no column names; a name is refused.

    Raises
    ------
    InputError
        If a line has no two times; the message names the line.

    Examples
    --------
    >>> path = Path("a.txt")
    >>> _ = path.write_text("0.5\t2.0\twren\n\\\t800.0\t2000.0\n3.0\t3.0\n")
    >>> read_audacity(path)  # doctest: +NORMALIZE_WHITESPACE
    [Event(start=0.5, end=2.0, label='wren', recording=None),
     Event(start=3.0, end=3.0, label='', recording=None)]
    """
    if label is not None:
        expected = "no name: labels of Audacity are in the third column, which has no name"
        raise InputError(f"{path}, column", got=repr(label), expected=expected)
    events = []
    for line, text in lines_of(path):
        what = f"{path}, line {line}"
        if text.startswith("\\"):
            continue
        start, *more = text.split("\t", 2)
        if not more:
            expected = "start, end and label, separated by tabs, or a selection table of Raven"
            raise InputError(what, got=repr(text[:40]), expected=expected)
        label_text = more[1] if len(more) > 1 else ""
        events.append(Event(seconds(what, start), seconds(what, more[0]), label_text))
    return events
