"""The formats of annotation files, told apart by suffix and first line."""

from __future__ import annotations

from pathlib import Path

from gpuclf.errors import InputError, one_of
from gpuclf.features.importers.annotations.audacity import read_audacity
from gpuclf.features.importers.annotations.event import Event
from gpuclf.features.importers.annotations.jams import read_jams
from gpuclf.features.importers.annotations.raven import is_raven, read_raven
from gpuclf.features.importers.annotations.sonic_visualiser import read_export, read_layer

TEXT = (".txt", ".tsv")  # of Raven or Audacity
READERS = {".jams": read_jams, ".svl": read_layer, ".csv": read_export}
SUFFIXES = frozenset({*TEXT, *READERS})


def read_events(path: Path, label: str | None = None) -> list[Event]:
    """Return the annotated parts in a file.

    Parameters
    ----------
    path : Path
        Selection table of Raven or label file of Audacity (``.txt``), JAMS (``.jams``), or layer of
        Sonic Visualiser (``.svl``, ``.csv``).
    label : str, optional
        Column of the class; the namespace in JAMS.

    Raises
    ------
    InputError
        If the file is damaged or of another format; the message names the line.
    """
    suffix = path.suffix.lower()
    if suffix in READERS:
        return READERS[suffix](path, label)
    if suffix not in TEXT:
        expected = f"a file ending in {one_of(sorted(SUFFIXES))}"
        raise InputError(str(path), got=f"the suffix {suffix!r}", expected=expected)
    return read_raven(path, label) if is_raven(path) else read_audacity(path, label)
