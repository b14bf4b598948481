"""Databases of embeddings of perch-hoplite (version 1), as BirdNET-Analyzer and Perch write them.

Requires the package perch-hoplite (extra ``hoplite``). Windows are sorted by recording and time. If
the labels come from the annotations of the database, the rows are the windows that overlap
annotations of exactly one label (positive ones); other windows are skipped and counted.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf.errors import InputError, first_line
from gpuclf.features.importers.frame_table import FrameTable, RowCells, check_finite
from gpuclf.features.importers.optional import required_module
from gpuclf.features.importers.table_columns import Column

DATABASE = "hoplite.sqlite"
WINDOW, RECORDING, DEPLOYMENT, PROJECT, START, END, LABEL, EMBEDDING = (
    *("window", "recording", "deployment", "project"),
    *("start", "end", "label", "embedding"),
)

Recording = tuple[int, dict[str, str]]  # id and cells


def is_hoplite(path: Path) -> bool:
    """Return whether a folder is a database of perch-hoplite."""
    return (path / DATABASE).is_file()


class HopliteFrames(FrameTable):
    """Database of perch-hoplite: one row per window of a recording.

    Parameters
    ----------
    path : Path
        Folder of the database; it is opened read-only.
    labelled : bool
        Whether the labels are those of the annotations, if there are any.

    Raises
    ------
    InputError
        If perch-hoplite is missing, or the database is damaged, of another version or empty.
    """

    def __init__(self, path: Path, *, labelled: bool) -> None:
        module = "perch_hoplite.db.sqlite_usearch_impl"
        required_module(module, extra="hoplite", what=str(path))
        super().__init__(str(path), [])
        with self._open() as database:
            self.recordings = _recordings(database)
            width = int(database.get_embedding_dim())
            annotated = bool(database.count_each_label(label_type=_positive()))
            self.embedding_dtype: np.dtype[Any] = np.dtype(database.get_embedding_dtype())
        self.annotated = labelled and annotated
        self.skipped: Counter[str] = Counter()
        names = [WINDOW, RECORDING, DEPLOYMENT, PROJECT, START, END, *[LABEL] * self.annotated]
        self.columns = [
            *(Column(name, "text") for name in names),
            Column(EMBEDDING, "list", width),
        ]

    def cells(self, columns: Sequence[int]) -> Iterator[RowCells]:
        """Yield the cells of some columns, window by window, numbered from 1."""
        number = 0
        self.skipped.clear()
        with self._open() as database:
            for recording in self.recordings:
                for _, cells in self._windows(database, recording):
                    number += 1
                    yield RowCells(number, [cells[self.columns[index].name] for index in columns])

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """Return the dtype of the embeddings."""
        return self.embedding_dtype

    def frames(self, columns: Sequence[int]) -> Generator[AnyArray]:
        """Yield the embeddings of the windows of each recording."""
        first, names = 1, [EMBEDDING] * self.columns[-1].width
        with self._open() as database:
            for recording in self.recordings:
                windows = [window for window, _ in self._windows(database, recording)]
                if windows:
                    found = database.get_embeddings_batch(windows)
                    frames = np.asarray(found, self.embedding_dtype).reshape(len(windows), -1)
                    check_finite(self, frames, first, names)
                    yield frames
                    first += len(frames)

    def _windows(self, database: Any, recording: Recording) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the id and the cells of the windows of a recording in temporal order."""
        from ml_collections import config_dict

        number, cells = recording
        only = config_dict.create(eq={"recording_id": number})
        windows = database.get_all_windows(filter=only)
        annotations = database.get_all_annotations(filter=only) if self.annotated else []
        positive = [each for each in annotations if each.label_type == _positive()]
        for window in sorted(windows, key=lambda window: (window.offsets, window.id)):
            start, end = window.offsets[0], window.offsets[-1]
            own = {WINDOW: f"{cells[RECORDING]}:{start:g}", START: f"{start}", END: f"{end}"}
            labels = {
                each.label
                for each in positive
                if each.offsets[0] < end and each.offsets[-1] > start
            }
            if not self.annotated or len(labels) == 1:
                yield window.id, cells | own | {LABEL: next(iter(labels), "")}
            else:
                self.skipped["several labels" if labels else "no annotation"] += 1

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """Yield the database; its errors become an `InputError` that names it."""
        from perch_hoplite.db.sqlite_usearch_impl import SQLiteUSearchDB

        try:
            database = SQLiteUSearchDB.create(db_path=self.path, readonly=True)
            with closing(database.db):
                yield database
        except InputError:
            raise
        except (sqlite3.Error, ValueError, KeyError, OSError, RuntimeError) as error:
            expected = "a readable database of perch-hoplite 1.0 or later"
            raise InputError(self.path, got=first_line(error), expected=expected) from error


def _recordings(database: Any) -> list[Recording]:
    """Return the id and the cells of each recording, sorted by name."""
    sites = {each.id: each for each in database.get_all_deployments()}
    found = database.get_all_recordings()
    names = Counter(each.filename for each in found)
    recordings = []
    for each in found:
        site = sites.get(each.deployment_id)
        name, project = (site.name, site.project) if site else ("", "")
        own = each.filename if names[each.filename] == 1 else f"{name}/{each.filename}"
        recordings.append((each.id, {RECORDING: own, DEPLOYMENT: name, PROJECT: project}))
    return sorted(recordings, key=lambda recording: recording[1][RECORDING])


def _positive() -> Any:
    from perch_hoplite.db.datatypes import LabelType

    return LabelType.POSITIVE
