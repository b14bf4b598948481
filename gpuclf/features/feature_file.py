"""Open, describe and validate a feature file."""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType

import h5py
import numpy as np

from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import FeatureFileError, first_line, one_of
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.hdf5.chunked import ChunkTable
from gpuclf.features.importers.csv_table import read_table
from gpuclf.features.layout import (
    FrameSource,
    GridFrames,
    RaggedFrames,
    grid_clips,
    is_clips_layout,
    table_clips,
)
from gpuclf.features.stored_columns import read_labels, stored_labels, text

log = logging.getLogger("gpuclf")

DEFAULT_DATASET = "Z"


class FeatureStore:
    """Open feature file; a context manager, created by `open_features`.

    ``store[name]`` is a `FeatureSet`; ``store.names`` lists the available ones.

    Parameters
    ----------
    path : path
        Path of the HDF5 file.
    file : h5py.File, optional
        The same file, already open.

    Attributes
    ----------
    names : list of str
        Names of the feature sets, sorted.
    labels : tuple of str
        Class names; empty if the file has no labels.
    is_clips_layout : bool
        True for the *clips* layout, False for the *grid* layout.
    read_table : callable
        `gpuclf.features.importers.csv_table.read_table`, which parses each table once.
    """

    def __init__(self, path: str | os.PathLike[str], file: h5py.File | None = None) -> None:
        self.path = Path(path)
        self.read_table = cache(read_table)
        with _readable(self.path):
            self.file = _open(self.path) if file is None else file
        try:
            with _readable(self.path):
                self.is_clips_layout = is_clips_layout(self.file)
                self.labels = read_labels(self.file)
                self.names = sorted(
                    name for name, item in self.file.items() if self._is_feature_set(item)
                )
        except BaseException:
            self.close()
            raise

    @property
    def items(self) -> list[str]:
        """Names of all items in the root group except the table of clips."""
        with _readable(self.path):
            return sorted(name for name in self.file if name != "clips" or not self.is_clips_layout)

    def _is_feature_set(self, item: h5py.HLObject) -> bool:
        if self.is_clips_layout:
            return isinstance(item, h5py.Group) and "frames" in item
        return isinstance(item, h5py.Dataset) and item.ndim in (4, 5)

    @property
    def attributes(self) -> dict[str, str]:
        """Root attributes of the file, converted to strings."""
        return {
            name: ", ".join(text(item) for item in np.atleast_1d(value).tolist())
            for name, value in self.file.attrs.items()
        }

    def __getitem__(self, name: str) -> FeatureSet:
        with _readable(self.path):
            return self._feature_set(name)

    def _feature_set(self, name: str) -> FeatureSet:
        source: FrameSource
        item = self.file.get(name)
        if self.is_clips_layout and isinstance(item, h5py.Group):
            clips = table_clips(self.file)
            classes = np.zeros(len(clips), dtype=np.int64) if clips.y is None else clips.y
            source = RaggedFrames(item, classes)
        elif not self.is_clips_layout and isinstance(item, h5py.Dataset):
            source = GridFrames(item)
            clips = grid_clips(source, stored_labels(self.file))
        else:
            raise FeatureFileError(
                f"{self.path}, dataset", got=repr(name), expected=self._listing()
            )
        return FeatureSet(
            name=name,
            clips=clips,
            lengths=source.lengths(),
            rows=np.arange(len(clips)),
            source=source,
            path=self.path,
        )

    def select(self, name: str | None = None) -> FeatureSet:
        """Return a feature set of the file.

        Parameters
        ----------
        name : str, optional
            Name of the feature set. By default ``Z`` if the file has it, else the only one.

        Returns
        -------
        FeatureSet

        Raises
        ------
        FeatureFileError
            If there is no such feature set, or no name is given and there are several; the message
            lists the available ones.
        """
        if name is None:
            only = self.names[0] if len(self.names) == 1 else None
            name = DEFAULT_DATASET if DEFAULT_DATASET in self.names else only
        if name is None:
            raise FeatureFileError(f"{self.path}, dataset", got="no name", expected=self._listing())
        return self[name]

    def _listing(self) -> str:
        if self.names:
            return one_of(map(repr, self.names))
        return "a file with a feature set (list the contents with gpuclf info)"

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def __enter__(self) -> FeatureStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_features(path: str | os.PathLike[str]) -> FeatureStore:
    """Open a feature file.

    Parameters
    ----------
    path : path
        HDF5 file in the grid or the clips layout; see `gpuclf.features.layout`.

    Returns
    -------
    FeatureStore
        Close it after use, or open it in a ``with`` statement.

    Raises
    ------
    FeatureFileError
        If the file is missing, not an HDF5 file, truncated or damaged, or its layout is unknown.

    Examples
    --------
    >>> import numpy as np, gpuclf
    >>> path = "features.hdf5"
    >>> gpuclf.write_grid(path, {"Z": np.ones((2, 3, 8, 2, 5))}, labels=["blues", "rock"])
    >>> with gpuclf.open_features(path) as store:
    ...     print(store.names, store.labels, len(store["Z"]), store["Z"].n_features)
    ['Z'] ('blues', 'rock') 6 5
    """
    return FeatureStore(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Convert HDF5 errors on a damaged file to a `FeatureFileError` of one line."""
    try:
        yield
    except FeatureFileError as error:
        if str(path) in str(error):
            raise
        raise FeatureFileError(f"{path}: {error}") from error
    except (OSError, RuntimeError, KeyError) as error:
        got = _truncation(path, error) or system_reason(error)
        expected = "a complete HDF5 feature file"
        raise FeatureFileError(str(path), got=got, expected=expected) from error


def _open(path: Path) -> h5py.File:
    if not path.exists():
        raise FeatureFileError(str(path), got="no such file", expected="an HDF5 feature file")
    if path.is_dir():
        raise FeatureFileError(str(path), got="a folder", expected="an HDF5 feature file")
    path.open("rb").close()  # raises the reason; for HDF5, an unreadable file is of another kind
    if not h5py.is_hdf5(path):
        got = "an empty file" if path.stat().st_size == 0 else "a file that is not HDF5"
        raise FeatureFileError(str(path), got=got, expected="an HDF5 feature file")
    return h5py.File(path, "r")


def _truncation(path: Path, error: Exception) -> str | None:
    """Describe a truncated file and, if its metadata is readable, the first lost clip."""
    stored = re.search(r"truncated file.*stored_eof = (\d+)", str(error))
    if stored is None:
        return "a truncated file" if "truncated" in str(error) else None
    size, full_size = path.stat().st_size, int(stored[1])
    message = f"a truncated file ({size:,} of {full_size:,} bytes)"
    try:
        with (
            _PaddedFile(path, full_size) as padded,
            h5py.File(padded, "r") as file,
            FeatureStore(path, file) as store,
        ):
            for name in store.names:
                features = store[name]
                row = _first_lost_row(features.source, size)
                if row is not None:
                    clip = str(features.clips.ids[row])
                    return f"{message}, cut off at clip {clip!r} of feature set {name!r}"
    except Exception as damage:  # HDF5's metadata is lost, not only frames
        log.info("%s: cannot locate the first lost clip (%s)", path, first_line(damage))
    return message


class _PaddedFile(io.RawIOBase):
    """Truncated file, zero-padded to its full size so that HDF5 opens it."""

    def __init__(self, path: Path, size: int) -> None:
        self.file = path.open("rb")
        self.size = size

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer).cast("B")
        count = self.file.readinto(view)
        view[count:] = bytes(len(view) - count)
        return len(view)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            offset, whence = self.size + offset, os.SEEK_SET
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def close(self) -> None:
        self.file.close()
        super().close()


def _first_lost_row(source: FrameSource, size: int) -> int | None:
    """Return the first row with data beyond the remaining ``size`` bytes of a file, or None."""
    dataset = source.dataset
    if dataset.chunks is not None:
        table = ChunkTable(dataset)
        lost = np.argwhere(table.offsets + table.nbytes > size) * table.unit
        return min(map(source.row_of, lost), default=None)
    start = dataset.id.get_offset()
    if start is None:  # never written
        return None
    intact = max(0, size - start) // dataset.dtype.itemsize
    if intact >= dataset.size:
        return None
    return source.row_of(np.unravel_index(intact, dataset.shape))
