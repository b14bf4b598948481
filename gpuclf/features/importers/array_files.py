"""Read and validate the arrays of a clip from a .npy or .npz file.

A .npy file contains one array ``(T, n)``, or ``(n,)`` for a single frame; a .npz file contains one
such array per feature set, under the name of the set. Objects are never unpickled.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from gpuclf._typing import AnyArray
from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import InputError, first_line, listed

SUFFIXES = frozenset({".npy", ".npz"})
NAME = "features"  # default name of a feature set

Content = TypeVar("Content")

_ZIP = b"PK"  # first bytes of a .npz file
_HEADERS: dict[tuple[int, int], Callable[[IO[bytes]], Any]] = {  # by .npy format version
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_READ_ERRORS = (OSError, EOFError, MemoryError, ValueError, KeyError, RuntimeError)
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error)


class ArrayHeader(NamedTuple):
    """Shape and dtype of the frames of a clip, read without the frames."""

    frames: int
    features: int
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Size of the frames in bytes."""
        return self.frames * self.features * self.dtype.itemsize


def headers_of_file(path: Path, name: str | None = None) -> dict[str, ArrayHeader]:
    """Return the headers of the arrays in a file.

    Parameters
    ----------
    path : Path
        A ``.npy`` file with an array ``(T, n)`` or ``(n,)``, or a ``.npz`` file of such arrays.
    name : str, optional
        Name of the feature set of a ``.npy`` file; ``features`` by default.

    Returns
    -------
    dict of str to ArrayHeader
        Header by name of the feature set; a ``.npz`` file contains these names.

    Raises
    ------
    InputError
        If the file is damaged or truncated, an array does not contain frames, or ``name`` is given
        for a ``.npz`` file; the message names the file.
    """
    return _each_array(path, name, _read_header)


def frames_of_file(path: Path, name: str | None = None) -> dict[str, AnyArray]:
    """Return the finite frames ``(T, n)`` of the arrays in a file; see `headers_of_file`."""
    return _each_array(path, name, _read_frames)


def check_consistent(paths: Sequence[Path], headers: Sequence[Mapping[str, ArrayHeader]]) -> None:
    """Check that all files have the same arrays, numbers of features and dtypes as the first."""
    for path, header in zip(paths, headers, strict=True):
        if header.keys() != headers[0].keys():
            got, arrays = (listed(sorted(map(repr, each))) for each in (header, headers[0]))
            raise InputError(
                str(path), got=f"the arrays {got}", expected=f"{arrays}, as in {paths[0]}"
            )
        for name, (_, *rest) in header.items():
            _, *first = headers[0][name]
            if rest != first:
                got = "{} features of type {}".format(*rest)
                expected = "{} of type {}, as in {}".format(*first, paths[0])
                raise InputError(f"{path}, {name!r}", got=got, expected=expected)


def frames_of_arrays(names: Iterable[str], arrays: Iterable[npt.ArrayLike]) -> list[AnyArray]:
    """Return arrays ``(T, n)`` or ``(n,)`` as frames ``(T, n)`` of clips with the same n.

    Parameters
    ----------
    names : iterable of str
        Description of each array, for error messages.
    arrays : iterable of arrays, shape (T, n) or (n,)

    Raises
    ------
    InputError
        If an array has another shape or number of features, or a value is not a finite number.
    """
    clips: list[AnyArray] = []
    for what, array in zip(names, arrays, strict=True):
        try:
            clip = np.asarray(array)
        except (TypeError, ValueError) as error:  # ragged lists, GPU arrays
            raise InputError(what, got=first_line(error), expected="shape (T, n)") from error
        clips.append(_as_frames(what, clip))
        width, expected_width = clips[-1].shape[1], clips[0].shape[1]
        if width != expected_width:
            expected = f"{expected_width}, as in the first clip"
            raise InputError(what, got=f"{width} features", expected=expected)
    return clips


def _as_frames(what: str, array: AnyArray) -> AnyArray:
    """Return an array as frames ``(T, n)`` after a check that all values are finite."""
    frames = array.reshape(_header(what, array.shape, array.dtype)[:2])
    finite = np.isfinite(frames)
    if not finite.all():
        frame, feature = np.argwhere(~finite)[0]
        what = f"{what}, frame {frame}, feature {feature}"
        raise InputError(what, got=frames[frame, feature], expected="a finite number")
    return frames


def _header(what: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ArrayHeader:
    if dtype.kind not in "fiu" or dtype.itemsize > np.dtype(np.float64).itemsize:
        expected = "floating-point numbers or integers of at most 64 bits"
        raise InputError(what, got=f"values of type {dtype}", expected=expected)
    if len(shape) not in (1, 2) or min(shape) < 1:
        expected = "shape (T, n) (frames, features), or (n,) for one frame"
        raise InputError(what, got=f"an array of shape {shape}", expected=expected)
    return ArrayHeader(shape[0] if len(shape) > 1 else 1, shape[-1], dtype)


def _each_array(
    path: Path, name: str | None, read: Callable[[str, IO[bytes], int], Content]
) -> dict[str, Content]:
    """Return what ``read`` returns for each array of a file, by name of the feature set."""
    with _errors_name_the_file(path), path.open("rb") as file:
        packed = file.read(len(_ZIP)) == _ZIP
        file.seek(0)
        if not packed:
            return {name or NAME: read(str(path), file, path.stat().st_size)}
        if name is not None:
            got = f"the name {name!r} for a .npz file"
            expected = "no name: a .npz file contains the names of its feature sets"
            raise InputError(str(path), got=got, expected=expected)
        contents = {}
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                own = member.filename.removesuffix(".npy")
                with archive.open(member) as stream:
                    contents[own] = read(f"{path}, {own!r}", stream, member.file_size)
        if not contents:
            raise InputError(str(path), got="no array", expected="one array per feature set")
        return contents


@contextmanager
def _errors_name_the_file(path: Path) -> Iterator[None]:
    """Convert errors of NumPy and zipfile on a damaged file to an `InputError` that names it."""
    try:
        yield
    except InputError:
        raise
    except (*_READ_ERRORS, *_ZIP_ERRORS) as error:
        expected = "a readable .npy or .npz file"
        raise InputError(str(path), got=system_reason(error), expected=expected) from error


def _read_header(what: str, stream: IO[bytes], size: int) -> ArrayHeader:
    """Return the header of an array after a check that the data is not truncated."""
    try:
        shape, _, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream)
    except (ValueError, KeyError) as error:
        expected = "an array saved by numpy.save or numpy.savez"
        raise InputError(what, got="another format", expected=expected) from error
    header = _header(what, shape, dtype)
    full_size = stream.tell() + header.nbytes
    if size < full_size:
        expected = f"{full_size:,} for shape {shape}"
        raise InputError(what, got=f"a truncated array of {size:,} bytes", expected=expected)
    return header


def _read_frames(what: str, stream: IO[bytes], _: int) -> AnyArray:
    return _as_frames(what, np.lib.format.read_array(stream, allow_pickle=False))
