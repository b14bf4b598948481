"""Open, describe and validate a feature file."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import h5py
import numpy as np

from gpuclf.errors import FeatureFileError, first_line, one_of
from gpuclf.features.feature_set import FeatureSet
from gpuclf.features.layout import (
    FrameSource,
    GridFrames,
    RaggedFrames,
    grid_clips,
    is_clips_layout,
    read_labels,
    table_clips,
    text,
)
from gpuclf.features.padded import PaddedFile, first_lost_row

log = logging.getLogger("gpuclf")

DEFAULT_DATASET = "Z"


class FeatureStore:
    """An open feature file; a context manager.

    Made by `open_features`. ``store[name]`` is a `FeatureSet`, ``store.names`` lists them.

    Parameters
    ----------
    path : path
        The HDF5 file.
    file : h5py.File, optional
        It, opened in some other way.

    Attributes
    ----------
    names : list of str
        The feature sets, sorted.
    labels : tuple of str
        Names of the classes; empty if there are none.
    is_clips_layout : bool
        Which of the two layouts it is.
    """

    def __init__(self, path: str | os.PathLike[str], file: h5py.File | None = None) -> None:
        self.path = Path(path)
        with _readable(self.path):
            self.file = _open(self.path) if file is None else file
        try:
            with _readable(self.path):
                self.is_clips_layout = is_clips_layout(self.file)
                self.labels = read_labels(self.file)
                self.names = self._feature_sets()
        except BaseException:
            self.close()
            raise

    @property
    def items(self) -> list[str]:
        """Everything that stands at the file's root but the table of clips, feature set or not."""
        with _readable(self.path):
            return sorted(name for name in self.file if name != "clips" or not self.is_clips_layout)

    def _feature_sets(self) -> list[str]:
        if self.is_clips_layout:
            return sorted(
                name
                for name, item in self.file.items()
                if isinstance(item, h5py.Group) and "frames" in item
            )
        return sorted(
            name
            for name, item in self.file.items()
            if isinstance(item, h5py.Dataset) and item.ndim in (4, 5)
        )

    @property
    def attributes(self) -> dict[str, str]:
        """The root attributes, as text."""
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
            clips = table_clips(self.file, self.labels)
            classes = np.zeros(len(clips), dtype=np.int64) if clips.y is None else clips.y
            source = RaggedFrames(item, classes)
        elif not self.is_clips_layout and isinstance(item, h5py.Dataset):
            source = GridFrames(item)
            clips = grid_clips(source, self.labels)
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
        """Give the named feature set; without a name ``Z``, or the only one of the file.

        Raises
        ------
        FeatureFileError
            If there is no such feature set; the message lists those that there are.
        """
        if name is None:
            names = self.names
            if DEFAULT_DATASET not in names and len(names) != 1:
                raise FeatureFileError(
                    f"{self.path}, dataset", got="no name", expected=self._listing()
                )
            name = DEFAULT_DATASET if DEFAULT_DATASET in names else names[0]
        return self[name]

    def _listing(self) -> str:
        if self.names:
            return one_of(map(repr, self.names))
        return "a file with a feature set, which gpuclf info may tell more of"

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
        An HDF5 file in one of the two layouts.

    Returns
    -------
    FeatureStore
        Close it, or use it in a ``with`` statement.

    Raises
    ------
    FeatureFileError
        If the file is missing, is no HDF5 file, is cut short, or its layout is not known.

    Examples
    --------
    >>> import tempfile, numpy as np, gpuclf
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = folder.name + "/features.hdf5"
    >>> gpuclf.write_grid(path, {"Z": np.ones((2, 3, 8, 2, 5))}, labels=["blues", "rock"])
    >>> with gpuclf.open_features(path) as store:
    ...     print(store.names, store.labels, len(store["Z"]), store["Z"].n_features)
    ['Z'] ('blues', 'rock') 6 5
    >>> folder.cleanup()
    """
    return FeatureStore(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what HDF5 says of a damaged file into an error of one line."""
    try:
        yield
    except FeatureFileError as error:
        if str(path) in str(error):
            raise
        raise FeatureFileError(f"{path}: {error}") from error
    except (OSError, RuntimeError, KeyError) as error:
        got = _truncated(path, error) or first_line(error)
        raise FeatureFileError(str(path), got=got, expected="a whole HDF5 feature file") from error


def _truncated(path: Path, error: Exception) -> str | None:
    """Say that a file was cut short, and in which clip it ends if what is left still tells."""
    once = re.search(r"truncated file.*stored_eof = (\d+)", str(error))
    if once is None:
        return "a truncated file" if "truncated" in str(error) else None
    size = path.stat().st_size
    text = f"a truncated file of {size:,} bytes, once {int(once[1]):,}"
    try:
        with (
            PaddedFile(path, int(once[1])) as padded,
            h5py.File(padded, "r") as file,
            FeatureStore(path, file) as store,
        ):
            for name in store.names:
                features = store[name]
                row = first_lost_row(features.source, size)
                if row is not None:
                    clip = str(features.clips.ids[row])
                    return f"{text}, which ends at clip {clip!r} of feature set {name!r}"
    except Exception as damage:  # its own structure is lost, not only frames
        log.info("%s: what is left cannot be read (%s)", path, first_line(damage))
    return text


def _open(path: Path) -> h5py.File:
    if not path.exists():
        raise FeatureFileError(str(path), got="no such file", expected="an HDF5 feature file")
    if path.is_dir():
        raise FeatureFileError(str(path), got="a folder", expected="an HDF5 feature file")
    if not h5py.is_hdf5(path):
        got = "an empty file" if path.stat().st_size == 0 else "a file that is not HDF5"
        raise FeatureFileError(str(path), got=got, expected="an HDF5 feature file")
    return h5py.File(path, "r")
