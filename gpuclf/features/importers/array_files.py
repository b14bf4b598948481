"""A clip's arrays in a .npy or .npz file: what their headers say, their frames, and damage.

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
NAME = "features"  # of a feature set that is given none

Found = TypeVar("Found")

_ZIP = b"PK"  # how a .npz begins
_HEADERS: dict[tuple[int, int], Callable[[IO[bytes]], Any]] = {  # of .npy files, by their version
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_DAMAGE = (OSError, EOFError, MemoryError, ValueError, KeyError, RuntimeError)
_DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error)


class Kind(NamedTuple):
    """What is known of a clip's frames before they are read.

    Parameters
    ----------
    frames, features : int
        The shape.
    dtype : dtype
        The type of the values.
    """

    frames: int
    features: int
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Bytes of the frames."""
        return self.frames * self.features * self.dtype.itemsize


def kinds_of_file(path: Path, name: str | None = None) -> dict[str, Kind]:
    """Read the headers of a file's arrays.

    Parameters
    ----------
    path : Path
        A ``.npy`` file with an array ``(T, n)`` or ``(n,)``, or a ``.npz`` file of such arrays.
    name : str, optional
        The feature set of a ``.npy`` file, ``features`` by default.

    Returns
    -------
    dict of str to Kind
        By the feature sets' names; a ``.npz`` file names its own.

    Raises
    ------
    InputError
        If the file is damaged or cut short, an array is no frames, or a ``.npz`` file is given a
        name; the message names the file.
    """
    return _each_array(path, name, _read_kind)


def check_alike(paths: Sequence[Path], kinds: Sequence[Mapping[str, Kind]]) -> None:
    """Make sure that files go with the first: the same arrays, features and types.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    kinds : sequence of mappings of str to Kind
        Of each, as `kinds_of_file` gives them.

    Raises
    ------
    InputError
        If one does not; the message names it.
    """
    for path, kind in zip(paths, kinds, strict=True):
        if kind.keys() != kinds[0].keys():
            got, expected = f"the arrays {sorted(kind)}", f"{sorted(kinds[0])}, as in the first"
            raise InputError(str(path), got=got, expected=f"{expected}, {paths[0]}")
        for own, (_, *rest) in kind.items():
            if rest != list(kinds[0][own][1:]):
                _, features, dtype = kinds[0][own]
                raise InputError(
                    f"{path}, {own!r}",
                    got=f"{rest[0]} features of type {rest[1]}",
                    expected=f"{features} of type {dtype}, as in the first, {paths[0]}",
                )


def frames_of_file(path: Path, name: str | None = None) -> dict[str, AnyArray]:
    """Read the frames of a file's arrays, ``(T, n)``.

    Parameters
    ----------
    path, name
        As of `kinds_of_file`.

    Returns
    -------
    dict of str to array
        By the feature sets' names.

    Raises
    ------
    InputError
        As of `kinds_of_file`, and if a value is not finite.
    """
    return _each_array(path, name, _read_frames)


def as_frames(what: str, array: AnyArray) -> AnyArray:
    """Make an array the frames of a clip, ``(T, n)``, all of them finite.

    Parameters
    ----------
    what : str
        What it is, for the message.
    array : array, shape (T, n) or (n,)

    Returns
    -------
    array, shape (T, n)

    Raises
    ------
    InputError
        If it has another shape, holds no numbers, or one that is not finite.

    Examples
    --------
    >>> as_frames("clip 'a'", np.ones(3)).shape
    (1, 3)
    """
    frames = array.reshape(_kind(what, array.shape, array.dtype)[:2])
    finite = np.isfinite(frames)
    if not finite.all():
        frame, feature = np.argwhere(~finite)[0]
        what = f"{what}, frame {frame}, feature {feature}"
        raise InputError(what, got=frames[frame, feature], expected="a finite number")
    return frames


def alike_frames(names: Iterable[str], arrays: Iterable[npt.ArrayLike]) -> list[AnyArray]:
    """Make arrays in memory the frames of clips, all with as many features.

    Parameters
    ----------
    names : iterable of str
        What each is, for messages.
    arrays : iterable of arrays, shape (T, n) or (n,)

    Returns
    -------
    list of array, shape (T, n)

    Raises
    ------
    InputError
        As of `as_frames`, and if the number of features is not that of the first.
    """
    found: list[AnyArray] = []
    for what, array in zip(names, arrays, strict=True):
        try:
            clip = np.asarray(array)
        except (TypeError, ValueError) as error:  # of lists that are ragged, of a GPU
            raise InputError(what, got=first_line(error), expected="an array (T, n)") from error
        found.append(as_frames(what, clip))
        width = found[0].shape[1]
        if found[-1].shape[1] != width:
            got, expected = f"{found[-1].shape[1]} features", f"{width}, as in the first clip"
            raise InputError(what, got=got, expected=expected)
    return found


def _kind(what: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Kind:
    """Make sure that an array is frames, before it is read."""
    if dtype.kind not in "fiu" or dtype.itemsize > np.dtype(np.float64).itemsize:
        expected = "floating point or integer numbers, of at most 64 bits"
        raise InputError(what, got=f"values of type {dtype}", expected=expected)
    if len(shape) not in (1, 2) or min(shape) < 1:
        expected = "(T, n), frames and their features; or (n,) for one frame"
        raise InputError(what, got=f"an array of shape {shape}", expected=expected)
    return Kind(shape[0] if len(shape) > 1 else 1, shape[-1], dtype)


def _each_array(
    path: Path, name: str | None, read: Callable[[str, IO[bytes], int], Found]
) -> dict[str, Found]:
    """Read the arrays of a file, or what their headers say, by the feature sets' names."""
    with _undamaged(path), path.open("rb") as file:
        packed = file.read(len(_ZIP)) == _ZIP
        file.seek(0)
        if not packed:
            return {name or NAME: read(str(path), file, path.stat().st_size)}
        if name is not None:
            got, expected = "a .npz file, which names its own", f".npy files for the name {name!r}"
            raise InputError(str(path), got=got, expected=expected)
        found = {}
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                own = member.filename.removesuffix(".npy")
                with archive.open(member) as stream:
                    found[own] = read(f"{path}, {own!r}", stream, member.file_size)
        if not found:
            raise InputError(str(path), got="no array", expected="one for each feature set")
        return found


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    """Turn what NumPy and zipfile say of a damaged file into an error that names it."""
    try:
        yield
    except InputError:
        raise
    except (*_DAMAGE, *_DAMAGED_ZIP) as error:
        got = getattr(error, "strerror", None) or first_line(error)
        raise InputError(str(path), got=got, expected="a whole .npy or .npz file") from error


def _read_kind(what: str, stream: IO[bytes], size: int) -> Kind:
    """Read the header of an array, and make sure that the rest is there."""
    try:
        shape, _, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream)
    except (ValueError, KeyError) as error:
        expected = "an array as numpy.save or numpy.savez writes it"
        raise InputError(what, got="something else", expected=expected) from error
    kind = _kind(what, shape, dtype)
    whole = stream.tell() + kind.nbytes
    if size < whole:
        expected = f"{whole:,}, by its shape {shape}"
        raise InputError(what, got=f"{size:,} bytes, cut short", expected=expected)
    return kind


def _read_frames(what: str, stream: IO[bytes], _: int) -> AnyArray:
    return as_frames(what, np.lib.format.read_array(stream, allow_pickle=False))
