"""Arrays of a ``.npy``, ``.npz`` or Zarr file, read in blocks along the first axis.

Objects are never unpickled. A Zarr file requires the package zarr (extra ``zarr``).
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import GpuclfError, InputError, first_line
from gpuclf.features.importers.array_files import NAME
from gpuclf.features.importers.optional import required_module

ZIP = b"PK"  # first bytes of a .npz file
ZARR_MARKS = ("zarr.json", ".zarray", ".zgroup")  # files of an array or a group


@dataclass(frozen=True)
class StoredArray:
    """Array of a file.

    Parameters
    ----------
    name : str
        Name in the file; ``features`` if the file is a single array.
    shape : tuple of int
    dtype : dtype
    blocks : callable
        Function of a number of rows that yields blocks of at most as many rows.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Callable[[int], Iterator[AnyArray]]

    def read(self) -> AnyArray:
        """Return the whole array."""
        return next(self.blocks(max(1, self.shape[0])), np.empty(self.shape, self.dtype))


def is_zarr(path: Path) -> bool:
    """Return whether a path is a Zarr array or group."""
    return any((path / mark).is_file() for mark in ZARR_MARKS) or path.name.endswith(".zarr.zip")


def stored_arrays(path: Path) -> list[StoredArray]:
    """Return the arrays of a file, except scalars.

    Raises
    ------
    InputError
        If the file is damaged, or the package zarr is required and missing.

    Examples
    --------
    >>> np.savez("clips.npz", X=np.ones((3, 2)), label=["a", "b", "a"])
    >>> [(array.name, array.shape) for array in stored_arrays(Path("clips.npz"))]
    [('X', (3, 2)), ('label', (3,))]
    """
    with _errors_name_the_file(path):
        if is_zarr(path):
            return _zarr_arrays(path)
        if _is_packed(path):
            with zipfile.ZipFile(path) as archive:
                found = [_member(path, name) for name in archive.namelist()]
        else:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            found = [StoredArray(NAME, array.shape, array.dtype, _slices(path, array))]
    return [array for array in found if array.shape]


def _is_packed(path: Path) -> bool:
    """Return whether a file is a .npz file, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def _slices(path: Path, array: Any) -> Callable[[int], Iterator[AnyArray]]:
    """Return the blocks of an array that reads what is indexed."""

    def blocks(rows: int) -> Iterator[AnyArray]:
        for start in range(0, array.shape[0], rows):
            with _errors_name_the_file(path):
                block = np.asarray(array[start : start + rows])
            yield block

    return blocks


def _member(path: Path, name: str) -> StoredArray:
    """Return a member of a .npz file, which is decompressed as it is read."""
    with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
        shape, fortran, dtype = _header(stream)

    def blocks(rows: int) -> Iterator[AnyArray]:
        with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
            if fortran or dtype.hasobject:  # columns are contiguous: rows need the whole array
                whole = np.lib.format.read_array(stream, allow_pickle=False)
                yield from (whole[start : start + rows] for start in range(0, len(whole), rows))
                return
            _header(stream)
            for start in range(0, shape[0], rows):
                own = (min(rows, shape[0] - start), *shape[1:])
                size = int(np.prod(own)) * dtype.itemsize
                data = stream.read(size)
                if len(data) < size:
                    raise InputError(
                        f"{path}, {name!r}", got="a truncated array", expected=f"{shape}"
                    )
                yield np.frombuffer(data, dtype).reshape(own)

    def checked(rows: int) -> Iterator[AnyArray]:
        with _errors_name_the_file(path):
            yield from blocks(rows)

    return StoredArray(name.removesuffix(".npy"), shape, dtype, checked)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return the shape, whether columns are contiguous, and the dtype of an array."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)


def _zarr_arrays(path: Path) -> list[StoredArray]:
    """Return the array, or the arrays of the group and of its sub-groups."""
    required_module("zarr", extra="zarr", what=str(path))
    import zarr

    opened = zarr.open(path, mode="r")
    if isinstance(opened, zarr.Array):
        named = {NAME: opened}
    else:
        members = opened.members(max_depth=None)
        named = {name: own for name, own in members if isinstance(own, zarr.Array)}
    return [
        StoredArray(name.replace("/", "."), own.shape, np.dtype(own.dtype), _slices(path, own))
        for name, own in sorted(named.items())
        if own.shape
    ]


@contextmanager
def _errors_name_the_file(path: Path) -> Iterator[None]:
    """Convert errors of NumPy, zipfile and zarr on a damaged file to an `InputError`."""
    errors = (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError)
    try:
        yield
    except GpuclfError:
        raise
    except MemoryError as error:
        expected = "an array in C order, or enough memory to reorder it"
        raise InputError(str(path), got="an array larger than memory", expected=expected) from error
    except OSError as error:
        raise InputError(str(path), got=system_reason(error), expected="arrays") from error
    except (*errors, zipfile.BadZipFile, zlib.error) as error:
        expected = "a readable file of arrays; save names as strings, not objects"
        raise InputError(str(path), got=first_line(error), expected=expected) from error
