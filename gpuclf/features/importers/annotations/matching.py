"""Match annotation files with recordings by name.

The name of an annotation file is the name of its recording, with or without its suffix, and more
words after dots: ``a.txt``, ``a.wav.jams`` and ``a.Table.1.selections.txt`` annotate ``a.wav``. If
several folders contain a recording of this name, the one in the folder of the same relative path
is meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from gpuclf.errors import InputError, listed
from gpuclf.features.names import normalized


class Recordings:
    """Recordings that are found by the names of their annotation files.

    Parameters
    ----------
    folder : Path
        Folder of the recordings.
    paths : iterable of Path
        Recordings in this folder and its sub-folders.

    Examples
    --------
    >>> recordings = Recordings(Path("in"), [Path("in/x/a.wav"), Path("in/y/a.wav")])
    >>> recordings.find(PurePath("y/a.Table.1.selections.txt")).as_posix()
    'in/y/a.wav'
    >>> recordings.find(PurePath("b.txt")) is None
    True
    """

    def __init__(self, folder: Path, paths: Iterable[Path]) -> None:
        self.folder = folder
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for path in paths:
            for name in dict.fromkeys([path.name, path.stem]):
                self._by_name[normalized(name)].append(path)

    def find(self, annotation: PurePath) -> Path | None:
        """Return the recording of an annotation file, or None.

        Parameters
        ----------
        annotation : PurePath
            Path relative to the folder of the annotations.

        Raises
        ------
        InputError
            If several recordings have this name.
        """
        for name in _shortened(normalized(annotation.name)):
            found = self._by_name.get(name, [])
            near = [path for path in found if self._is_at(path, annotation.parent)]
            candidates = near or found
            if len(candidates) > 1:
                names = listed([path.relative_to(self.folder) for path in candidates], most=3)
                expected = "one recording of this name, or one in the folder of the same name"
                raise InputError(str(annotation), got=f"the recordings {names}", expected=expected)
            if candidates:
                return candidates[0]
        return None

    def _is_at(self, path: Path, place: PurePath) -> bool:
        own = path.parent.relative_to(self.folder)
        return normalized(own.as_posix()) == normalized(place.as_posix())


def _shortened(name: str) -> Iterator[str]:
    """Yield a file name, without its last suffix, without the last two, and so on."""
    yield name
    while (shorter := name.rpartition(".")[0]) and shorter != name:
        name = shorter
        yield name
