"""The arrays of a clip in a .npy or .npz file: their headers, their frames, and damage.

Nothing is unpickled.
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
from gpuclf.errors import InputError, first_line

SUFFIXES = frozenset({".npy", ".npz"})
NAME = "features"  # default name of a feature set

Content = TypeVar("Content")

_ZIP = b"PK"  # first bytes of a .npz file
_HEADERS: dict[tuple[int, int], Callable[[IO[bytes]], Any]] = {  # by version of the .npy format
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_DAMAGE = (OSError, EOFError, MemoryError, ValueError, KeyError, RuntimeError)
_DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error)


class ArrayHeader(NamedTuple):
    """Shape and type of a clip's frames, known before they are read."""

    frames: int
    features: int
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Bytes of the frames."""
        return self.frames * self.features * self.dtype.itemsize


def headers_of_file(path: Path, name: str | None = None) -> dict[str, ArrayHeader]:
    """Read the headers of a file's arrays.

    Parameters
    ----------
    path : Path
        A ``.npy`` file with an array ``(T, n)`` or ``(n,)``, or a ``.npz`` file of such arrays.
    name : str, optional
        The feature set of a ``.npy`` file, ``features`` by default.

    Returns
    -------
    dict of str to ArrayHeader
        By the names of the feature sets, which a ``.npz`` file contains.

    Raises
    ------
    InputError
        If the file is damaged or truncated, an array does not contain frames, or a name is given
        for a ``.npz`` file; the message names the file.
    """
    return _each_array(path, name, _read_header)


def frames_of_file(path: Path, name: str | None = None) -> dict[str, AnyArray]:
    """Read the frames ``(T, n)`` of a file's arrays, all finite; see `headers_of_file`."""
    return _each_array(path, name, _read_frames)


def check_consistent(paths: Sequence[Path], headers: Sequence[Mapping[str, ArrayHeader]]) -> None:
    """Check that all files have the arrays, features and types of the first."""
    for path, header in zip(paths, headers, strict=True):
        if header.keys() != headers[0].keys():
            got, expected = f"the arrays {sorted(header)}", f"{sorted(headers[0])}, as in the first"
            raise InputError(str(path), got=got, expected=f"{expected}, {paths[0]}")
        for name, (_, *rest) in header.items():
            _, *first = headers[0][name]
            if rest != first:
                got = "{} features of type {}".format(*rest)
                expected = "{} of type {}, as in the first, {}".format(*first, paths[0])
                raise InputError(f"{path}, {name!r}", got=got, expected=expected)


def frames_of_arrays(names: Iterable[str], arrays: Iterable[npt.ArrayLike]) -> list[AnyArray]:
    """Convert arrays ``(T, n)`` or ``(n,)`` to the frames ``(T, n)`` of clips, with one n.

    Parameters
    ----------
    names : iterable of str
        What each is, for messages.
    arrays : iterable of arrays, shape (T, n) or (n,)

    Raises
    ------
    InputError
        If an array has another shape or number of features, or contains something that is not a
        finite number.
    """
    clips: list[AnyArray] = []
    for what, array in zip(names, arrays, strict=True):
        try:
            clip = np.asarray(array)
        except (TypeError, ValueError) as error:  # ragged lists, GPU arrays
            raise InputError(what, got=first_line(error), expected="an array (T, n)") from error
        clips.append(_as_frames(what, clip))
        width, expected_width = clips[-1].shape[1], clips[0].shape[1]
        if width != expected_width:
            expected = f"{expected_width}, as in the first clip"
            raise InputError(what, got=f"{width} features", expected=expected)
    return clips


def _as_frames(what: str, array: AnyArray) -> AnyArray:
    """Check that an array contains finite frames, and return them as ``(T, n)``."""
    frames = array.reshape(_header(what, array.shape, array.dtype)[:2])
    finite = np.isfinite(frames)
    if not finite.all():
        frame, feature = np.argwhere(~finite)[0]
        what = f"{what}, frame {frame}, feature {feature}"
        raise InputError(what, got=frames[frame, feature], expected="a finite number")
    return frames


def _header(what: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ArrayHeader:
    if dtype.kind not in "fiu" or dtype.itemsize > np.dtype(np.float64).itemsize:
        expected = "floating point or integer numbers, of at most 64 bits"
        raise InputError(what, got=f"values of type {dtype}", expected=expected)
    if len(shape) not in (1, 2) or min(shape) < 1:
        expected = "(T, n), frames and their features; or (n,) for one frame"
        raise InputError(what, got=f"an array of shape {shape}", expected=expected)
    return ArrayHeader(shape[0] if len(shape) > 1 else 1, shape[-1], dtype)


def _each_array(
    path: Path, name: str | None, read: Callable[[str, IO[bytes], int], Content]
) -> dict[str, Content]:
    """Read each array of a file, or its header, by the names of the feature sets."""
    with _damage_named(path), path.open("rb") as file:
        packed = file.read(len(_ZIP)) == _ZIP
        file.seek(0)
        if not packed:
            return {name or NAME: read(str(path), file, path.stat().st_size)}
        if name is not None:
            got, expected = "a .npz file, which names its own", f".npy files for the name {name!r}"
            raise InputError(str(path), got=got, expected=expected)
        contents = {}
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                own = member.filename.removesuffix(".npy")
                with archive.open(member) as stream:
                    contents[own] = read(f"{path}, {own!r}", stream, member.file_size)
        if not contents:
            raise InputError(str(path), got="no array", expected="one for each feature set")
        return contents


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turn what NumPy and zipfile raise for a damaged file into an error that names it."""
    try:
        yield
    except InputError:
        raise
    except (*_DAMAGE, *_DAMAGED_ZIP) as error:
        got = getattr(error, "strerror", None) or first_line(error)
        raise InputError(str(path), got=got, expected="a whole .npy or .npz file") from error


def _read_header(what: str, stream: IO[bytes], size: int) -> ArrayHeader:
    """Read the header of an array, and check that the rest is as long as it says."""
    try:
        shape, _, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream)
    except (ValueError, KeyError) as error:
        expected = "an array as numpy.save or numpy.savez writes it"
        raise InputError(what, got="something else", expected=expected) from error
    header = _header(what, shape, dtype)
    full_size = stream.tell() + header.nbytes
    if size < full_size:
        expected = f"{full_size:,}, by its shape {shape}"
        raise InputError(what, got=f"{size:,} bytes, cut short", expected=expected)
    return header


def _read_frames(what: str, stream: IO[bytes], _: int) -> AnyArray:
    return _as_frames(what, np.lib.format.read_array(stream, allow_pickle=False))
