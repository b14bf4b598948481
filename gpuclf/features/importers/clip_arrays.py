"""Clips along the first axis of arrays: ``(clips, n)`` or ``(clips, frames, n)``.

Arrays of numbers with two or three axes are feature sets. Arrays with one axis and a value for each
clip are columns of the clips: labels, ids, groups and folds, by the name of the array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf._utils.formatting import counted
from gpuclf.errors import InputError, listed
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.column_names import USUAL_NAMES
from gpuclf.features.importers.csv_table import INTEGER
from gpuclf.features.importers.frame_table import BLOCK_BYTES
from gpuclf.features.importers.pack_content import PackContent
from gpuclf.features.importers.stored_arrays import StoredArray
from gpuclf.features.importers.table_columns import SHOWN, ColumnChoice, matching_names, parse_cell
from gpuclf.features.names import normalized

MORE_NAMES = {"label": ("y", "target"), "clip": ("name",)}


def arrays_content(path: Path, arrays: Sequence[StoredArray], choice: ColumnChoice) -> PackContent:
    """Return the clips and frames of arrays with one entry per clip.

    Parameters
    ----------
    path : Path
        The file, for error messages.
    arrays : sequence of StoredArray
    choice : ColumnChoice
        ``clip``, ``label``, ``group`` and ``fold`` name arrays with one axis, ``features`` and
        ``exclude`` arrays with two or three.

    Raises
    ------
    InputError
        If there is no feature set, numbers of clips differ, or labels are required and missing.

    Examples
    --------
    >>> import numpy as np
    >>> from gpuclf.features.importers.stored_arrays import stored_arrays
    >>> np.savez("clips.npz", X=np.ones((2, 5, 3)), label=["a", "b"])
    >>> path = Path("clips.npz")
    >>> content = arrays_content(path, stored_arrays(path), ColumnChoice())
    >>> content.lengths, content.summary
    ({'X': [5, 5]}, ['label: label', 'features: X (5 frames of 3 features per clip)'])
    """
    sets = _feature_sets(path, arrays, choice)
    count = sets[0].shape[0]
    columns, roles = _clip_columns(path, arrays, choice, count)
    ids = columns.get("clip", [str(number) for number in range(count)])
    rest = [columns.get(role, [None] * count) for role in ("label", "group", "fold")]
    folds = [None if fold is None else int(fold) for fold in rest[2]]
    clips = [ClipFile(path, *own) for own in zip(ids, rest[0], rest[1], folds, strict=True)]
    lengths = {each.name: [_frames(each)] * count for each in sets}
    nbytes = sum(int(np.prod(each.shape)) * each.dtype.itemsize for each in sets)
    used = {*(each.name for each in sets), *roles.values()}
    excluded = [each.name for each in arrays if each.name not in used]
    summary = [f"{role}: {name}" for role, name in roles.items()]
    summary += [
        f"features: {each.name} ({counted(_frames(each), 'frame')} of "
        f"{counted(each.shape[-1], 'feature')} per clip)"
        for each in sets
    ]
    summary += [f"excluded: {listed(excluded, SHOWN)}"] * bool(excluded)
    return PackContent(
        clips, _read_clips(path, sets), lengths, nbytes, summary, named="clip" in roles
    )


def _feature_sets(
    path: Path, arrays: Sequence[StoredArray], choice: ColumnChoice
) -> list[StoredArray]:
    names = [each.name for each in arrays]
    numeric = [
        number
        for number, each in enumerate(arrays)
        if len(each.shape) in (2, 3) and each.dtype.kind in "fiu" and each.dtype.itemsize <= 8
    ]
    excluded = matching_names(str(path), names, "--exclude", choice.exclude, range(len(arrays)))
    found = [number for number in numeric if number not in excluded]
    if choice.features:
        found = sorted(matching_names(str(path), names, "--features", choice.features, found))
    sets = [arrays[number] for number in found]
    if not sets:
        shapes = listed((f"{each.name} {each.shape}, {each.dtype}" for each in arrays), SHOWN)
        expected = "an array of numbers of shape (clips, n) or (clips, frames, n)"
        raise InputError(str(path), got=shapes or "no array", expected=expected)
    for each in sets:
        if min(each.shape) < 1:
            expected = "at least one clip, frame and feature"
            raise InputError(f"{path}, {each.name!r}", got=f"shape {each.shape}", expected=expected)
        if each.shape[0] != sets[0].shape[0]:
            got = f"{each.shape[0]} clips"
            expected = f"{sets[0].shape[0]}, as in {sets[0].name!r}, or --features to select arrays"
            raise InputError(f"{path}, {each.name!r}", got=got, expected=expected)
    return sets


def _clip_columns(
    path: Path, arrays: Sequence[StoredArray], choice: ColumnChoice, count: int
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the column of each role as text, and the name of its array."""
    flat = {each.name: each for each in arrays if len(each.shape) == 1}
    columns, roles = dict[str, list[str]](), dict[str, str]()
    for role in ("clip", "label", "group", "fold"):
        text = choice.named.get(role) or _usual_array(path, flat, role, count)
        if text is None:
            continue
        names = list(flat)
        cell = parse_cell(str(path), names, role, text)
        array, what = flat[names[cell.column]], f"{path}, {names[cell.column]!r}"
        if array.shape[0] != count:
            got, expected = f"{array.shape[0]} values", f"{count}, one per clip"
            raise InputError(what, got=got, expected=expected)
        if array.dtype.kind not in "iuUST":
            expected = "strings or integers"
            raise InputError(what, got=f"values of type {array.dtype}", expected=expected)
        texts = [
            cell.of(normalized(_text(value)).strip(), f"{what}, clip {number}")
            for number, value in enumerate(array.read().tolist())
        ]
        wrong = next((own for own in texts if role == "fold" and not INTEGER.fullmatch(own)), None)
        if wrong is not None:
            raise InputError(what, got=repr(wrong), expected="an integer")
        columns[role], roles[role] = texts, text
    if "label" not in roles and choice.labelled:
        expected = (
            "--labels CSV, or --label-column to name one of the arrays with one value per clip"
        )
        raise InputError(str(path), got="no array of the labels", expected=expected)
    return columns, roles


def _usual_array(path: Path, flat: Mapping[str, StoredArray], role: str, count: int) -> str | None:
    """Return the array of a role with a usual name, in the singular or the plural."""
    usual = {*USUAL_NAMES[role], *MORE_NAMES.get(role, ())}
    plurals = {"classes", "categories"} if role == "label" else set()
    known = usual | plurals | {f"{name}s" for name in usual}
    found = [
        name
        for name, each in flat.items()
        if name.casefold() in known and each.shape[0] == count and each.dtype.kind in "iuUST"
    ]
    if len(found) > 1:
        got = f"several arrays that could be the {role}: {listed(found, SHOWN)}"
        raise InputError(str(path), got=got, expected=f"--{role}-column to name one")
    return found[0] if found else None


def _read_clips(path: Path, sets: Sequence[StoredArray]) -> Iterator[dict[str, AnyArray]]:
    """Yield the frames of each clip by name of the feature set."""
    for clips in zip(*(_frames_of(path, each) for each in sets), strict=True):
        yield {each.name: frames for each, frames in zip(sets, clips, strict=True)}


def _frames_of(path: Path, array: StoredArray) -> Iterator[AnyArray]:
    row = int(np.prod(array.shape[1:])) * array.dtype.itemsize
    number = 0
    for block in array.blocks(max(1, BLOCK_BYTES // row)):
        for clip in block:
            frames = clip.reshape(_frames(array), -1)
            finite = np.isfinite(frames)
            if not finite.all():
                frame, feature = np.argwhere(~finite)[0]
                what = f"{path}, {array.name!r}, clip {number}, frame {frame}, feature {feature}"
                raise InputError(what, got=frames[frame, feature], expected="a finite number")
            yield frames
            number += 1


def _frames(array: StoredArray) -> int:
    return array.shape[1] if len(array.shape) == 3 else 1


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
