"""Names and integers as a feature file stores them: labels, and the columns of its clips."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from gpuclf._typing import AnyArray, Ints
from gpuclf.errors import FeatureFileError
from gpuclf.features.hdf5.netcdf import packing_of
from gpuclf.features.names import first_duplicate, normalized, numbered_duplicates

ROUNDING = 1e-6  # of packed integers


def read_labels(file: h5py.File) -> tuple[str, ...]:
    """Return the names of the classes; empty if the file has none."""
    return tuple(dict.fromkeys(stored_labels(file)))


def stored_labels(file: h5py.File) -> list[str]:
    """Return the root attribute ``labels`` in normal form, in which names may occur twice."""
    stored = file.attrs.get("labels")
    if stored is None:
        return []
    names = [text(label) for label in np.atleast_1d(stored).ravel()]
    duplicate = first_duplicate(names)
    if duplicate is not None:
        raise FeatureFileError("labels", got=f"{duplicate!r} twice", expected="unique names")
    return [normalized(_checked("labels", name)) for name in names]


def read_integers(what: str, dataset: h5py.Dataset) -> Ints:
    """Return a one-dimensional dataset of integers."""
    stored = _column(what, dataset)
    if stored.dtype.kind not in "iu":
        raise FeatureFileError(what, got=f"values of type {stored.dtype}", expected="integers")
    packing = packing_of(dataset)
    if packing.names:
        numbers = packing.unpack(stored)
        whole = np.round(numbers)
        wrong = np.flatnonzero(~(abs(numbers - whole) < ROUNDING))
        if len(wrong):
            got = f"{numbers[wrong[0]]:g} by {', '.join(packing.names)} at index {wrong[0]}"
            raise FeatureFileError(what, got=got, expected="integers")
        stored = whole
    return stored.astype(np.int64)


def read_names(what: str, dataset: h5py.Dataset) -> list[str]:
    """Return a one-dimensional dataset of names, none of them blank, in normal form."""
    return [normalized(name) for name in _texts(what, dataset)]


def read_ids(what: str, dataset: h5py.Dataset) -> list[str]:
    """Return names that are unique; a name gets a number if its normal form is not."""
    names = _texts(what, dataset)
    duplicate = first_duplicate(names)
    if duplicate is not None:
        raise FeatureFileError(what, got=f"{duplicate!r} twice", expected="unique ids")
    return numbered_duplicates(map(normalized, names))


def _texts(what: str, dataset: h5py.Dataset) -> list[str]:
    return [_checked(what, text(name)) for name in _column(what, dataset)]


def _column(what: str, dataset: h5py.HLObject) -> AnyArray:
    if not isinstance(dataset, h5py.Dataset) or dataset.ndim != 1:
        got = f"a dataset of shape {getattr(dataset, 'shape', 'of a group')}"
        raise FeatureFileError(what, got=got, expected="a dataset of one dimension")
    column: AnyArray = dataset[()]
    return column


def _checked(what: str, name: str) -> str:
    if not name.strip():
        raise FeatureFileError(what, got=f"the blank name {name!r}", expected="names")
    return name


def text(value: Any) -> str:
    """Return a string that HDF5 may return as bytes."""
    try:
        return value.decode() if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError as error:
        got = repr(bytes(value))
        raise FeatureFileError("label or name", got=got, expected="UTF-8 text") from error
