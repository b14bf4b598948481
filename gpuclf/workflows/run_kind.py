"""Recognition of what the path of ``gpuclf run`` contains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import h5py

from gpuclf.audio.formats import SUFFIXES
from gpuclf.errors import InputError, listed
from gpuclf.features.importers.birdnet_text import is_birdnet_text
from gpuclf.features.importers.collection import Listing
from gpuclf.features.importers.column_roles import columns_by_role
from gpuclf.features.importers.csv_table import Table, read_rows
from gpuclf.features.importers.sources import ARRAYS, is_one_source
from gpuclf.features.importers.tree import visible_files

Kind = Literal["feature file", "recordings", "arrays", "table"]


def input_kind(source: Path, listing: Listing) -> Kind:
    """Return what a path contains.

    Parameters
    ----------
    source : Path
        Folder or file.
    listing : Listing
        Index or annotations.

    Raises
    ------
    InputError
        If the path does not exist, or the folder contains both recordings and arrays.

    Examples
    --------
    >>> Path("rock").mkdir()
    >>> Path("rock/a.npy").touch()
    >>> input_kind(Path("."), Listing())
    'arrays'
    """
    if not source.exists():
        expected = "a folder of recordings or arrays, an index, a table or a feature file"
        raise InputError(str(source), got="no such file or folder", expected=expected)
    if listing.annotations:
        return "recordings"
    if source.is_file() and h5py.is_hdf5(source):
        return "feature file"
    if listing.index is not None:
        paths = [Path(_first_path(listing.index, listing))]
    elif is_one_source(source):
        return "table"
    else:
        paths = visible_files(source)
    found = {path.suffix.lower() for path in paths}
    arrays = (found & {*ARRAYS.suffixes}) | {path.suffix for path in paths if is_birdnet_text(path)}
    recordings = found & SUFFIXES
    if arrays and recordings:
        kinds = [listed(sorted(suffixes)) for suffixes in (arrays, recordings)]
        got = "both features ({}) and recordings ({})".format(*kinds)
        expected = "one of them, or a list of the clips: --index"
        raise InputError(str(source), got=got, expected=expected)
    return "arrays" if arrays else "recordings"


def listing_at(source: Path, listing: Listing) -> tuple[Path, Listing]:
    """Return the folder of the clips, and the listing with the index that the source itself is.

    A CSV file is an index if the file in its first row exists, or an option of an index is given.
    """
    if listing.paths or source.suffix.lower() != ".csv" or not source.is_file():
        return source, listing
    named = listing.columns.get("path") or listing.root
    own = replace(listing, index=str(source), root=listing.root or str(source.parent))
    first = _first_path(str(source), own, required=bool(named))
    if named or (first and (source.parent / first).is_file()):
        return source.parent, own
    return source, listing


def _first_path(index: str, listing: Listing, *, required: bool = True) -> str:
    """Return the path in the first row of an index; empty without a column of paths or a row."""
    rows = read_rows(index)
    _, header = next(rows)
    line, cells = next(rows, (0, []))
    rows.close()
    table = Table(index, header, [cells] if cells else [], [line] if cells else [])
    wanted = ["path"] if required else []
    names = columns_by_role(table, ["path"], listing.columns, wanted)
    return table.rows[0][table.place(names["path"]) or 0] if names and cells else ""
