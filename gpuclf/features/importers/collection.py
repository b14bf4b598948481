"""The clips of a collection: a folder with one sub-folder per class, an index, or annotations."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gpuclf._utils.formatting import counted
from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.clips import annotated_clips, matching_facts
from gpuclf.features.importers.clip_files import (
    LIST_ROLES,
    ClipFile,
    files_below,
    find_clip_files,
    folders_without_clips,
    list_clip_files,
    stray_files,
    unlisted_files,
)
from gpuclf.features.importers.column_roles import columns_by_role
from gpuclf.features.importers.csv_table import read_table


@dataclass(frozen=True)
class FileKind:
    """Kind of the files that are clips.

    Parameters
    ----------
    noun : str
        Name of such a file.
    suffixes : collection of str
        File name extensions, in lower case.
    is_clip : callable, optional
        Function of the path of a file with another extension; returns True if it is one.
    described : str, optional
        Description for messages; a list of the extensions by default.
    """

    noun: str
    suffixes: Collection[str]
    is_clip: Callable[[Path], bool] | None = None
    described: str | None = None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """List of the clips of a collection.

    Parameters
    ----------
    index : str, optional
        CSV file with one row per clip.
    root : str, optional
        Folder that the paths of the index are relative to; by default the collection.
    columns : mapping of str to str or None
        Column names of the index by role; see `gpuclf.features.importers.column_names`.
    annotations : sequence of str
        Annotation files, and folders of them.
    """

    index: str | None = None
    root: str | None = None
    columns: Mapping[str, str | None] = field(default_factory=dict)
    annotations: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.index is not None and self.annotations:
            expected = "one of --index and --annotations"
            raise InputError("--annotations", got="both", expected=expected)

    @property
    def paths(self) -> list[Path]:
        """Index, annotation files, and folders of them."""
        return list(map(Path, [*self.annotations, *([] if self.index is None else [self.index])]))

    def check_effects(self, without: Collection[str] = ()) -> None:
        """Check that no option is given that only an index uses, unless there is one.

        Parameters
        ----------
        without : collection of str
            Roles of columns that are used without an index.

        Raises
        ------
        InputError
            If such an option is given; the message names it.
        """
        if self.index is not None:
            return
        used = {*without, *(["label"] if self.annotations else [])}
        named = {role: name for role, name in self.columns.items() if role not in used}
        given = {f"--{role}-column": name for role, name in named.items()}
        for option, value in {**given, "--root": self.root}.items():
            if value:
                raise InputError(option, got=value, expected="an index of the clips: --index")


@dataclass(frozen=True)
class FoundClips:
    """Clips of a collection.

    Parameters
    ----------
    clips : list of ClipFile
    facts : dict of str to str
        Columns that were used, and what was skipped.
    """

    clips: list[ClipFile]
    facts: dict[str, str]


def find_clips(source: str | os.PathLike[str], listing: Listing, kind: FileKind) -> FoundClips:
    """Return the clips of a collection.

    Parameters
    ----------
    source : path
        Folder with one sub-folder per class; with an index or annotations, any folder, and with
        annotations also a single recording.
    listing : Listing
        Index or annotations.
    kind : FileKind
        Kind of the files.

    Raises
    ------
    InputError
        If there is no clip, or the index or an annotation file is invalid.

    Warns
    -----
    UserWarning
        If files or folders outside the class folders are skipped.

    Examples
    --------
    >>> for name in ("rock/b.wav", "blues/c.wav"):
    ...     Path(name).parent.mkdir()
    ...     Path(name).touch()
    >>> found = find_clips(".", Listing(), FileKind("recording", {".wav"}))
    >>> [(clip.label, clip.id) for clip in found.clips], found.facts
    ([('blues', 'blues/c.wav'), ('rock', 'rock/b.wav')], {})
    """
    listing.check_effects()
    if listing.index is not None:
        return _listed(listing.index, listing.root or source, listing.columns, kind)
    if listing.annotations:
        return _annotated(Path(source), listing, kind)
    clips = find_clip_files(source, kind.suffixes, is_clip=kind.is_clip, described=kind.described)
    _warn_of_other_files(source, clips, kind)
    return FoundClips(clips, {})


def _listed(
    index: str,
    root: str | os.PathLike[str],
    columns: Mapping[str, str | None],
    kind: FileKind,
) -> FoundClips:
    clips = list_clip_files(index, root, columns)
    names = columns_by_role(read_table(index), LIST_ROLES, columns)
    facts = {}
    if any(role != name for role, name in names.items()):
        facts["columns"] = ", ".join(f"{role}: {name}" for role, name in names.items())
    unlisted = unlisted_files(clips, root, kind.suffixes, kind.is_clip)
    if unlisted:
        facts["not listed"] = f"{counted(unlisted, kind.noun)} of {root}, skipped"
    return FoundClips(clips, facts)


def _annotated(source: Path, listing: Listing, kind: FileKind) -> FoundClips:
    folder = source if source.is_dir() else source.parent
    if source.is_dir():
        recordings = files_below(source, kind.suffixes, kind.is_clip)
    elif source.exists():
        recordings = [source]
    else:
        expected = f"a {kind.noun}, or a folder of them"
        raise InputError(str(source), got="no such file or folder", expected=expected)
    annotations = list(map(Path, listing.annotations))
    found = annotated_clips(folder, recordings, annotations, listing.columns.get("label"))
    return FoundClips(found.clips, matching_facts(found))


def _warn_of_other_files(
    folder: str | os.PathLike[str], clips: Collection[ClipFile], kind: FileKind
) -> None:
    """Warn of files outside the class folders, and of class folders without any."""
    if strays := stray_files(folder, kind.suffixes, kind.is_clip):
        warnings.warn(
            f"{folder}: {counted(strays, kind.noun)} outside the class folders skipped",
            stacklevel=4,
        )
    for path in folders_without_clips(folder, clips):
        warnings.warn(f"{path}: class skipped, none of its files is a {kind.noun}", stacklevel=4)
