"""Attributes of a dataset that change the meaning of its numbers (netCDF-4, CF conventions).

A stored number ``x`` means ``x * scale_factor + add_offset``. It is missing, and becomes NaN, if it
is ``_FillValue`` or one of ``missing_value``, or lies outside ``valid_range``, or ``valid_min`` and
``valid_max``. These refer to stored numbers, except a valid range of floating-point numbers for
packed integers, which refers to their meaning. ``_Unsigned`` states whether integers are unsigned.
Without ``_FillValue``, the fill value of the dataset is missing if it is netCDF's own.

References
----------
CF Metadata Conventions 1.11, sections 2.5.1 and 8.1; NetCDF Users' Guide, appendix A.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import h5py
import numpy as np

from gpuclf._typing import AnyArray, Floats, Frames
from gpuclf.errors import FeatureFileError

COUNTS: dict[str, int | None] = {  # of the values of an attribute; None for any
    **{"scale_factor": 1, "add_offset": 1, "_FillValue": 1, "missing_value": None},
    **{"valid_min": 1, "valid_max": 1, "valid_range": 2},
}
FILL_VALUES = {  # netCDF's own, by data type; single bytes have none
    **{"i2": 1 - 2**15, "i4": 1 - 2**31, "i8": 2 - 2**63},
    **{"u2": 2**16 - 1, "u4": 2**32 - 1, "u8": 2**64 - 2},
    **{"f4": 9.969209968386869e36, "f8": 9.969209968386869e36},
}
SCRATCH = 32  # bytes that `Packing.unpack` allocates per number

Range = tuple[Any, Any]
ALL: Range = (-inf, inf)


@dataclass(frozen=True)
class Packing:
    """Meaning of the numbers of a dataset.

    Parameters
    ----------
    dtype : dtype
        Type of the stored numbers.
    names : tuple of str
        Attributes that change the meaning; empty if numbers mean themselves.
    missing_names : tuple of str
        Attributes that declare numbers missing, for messages.
    scale, offset : float
        Factor and summand.
    missing : tuple of numbers
        Stored numbers that are missing.
    stored_range, range : pair of numbers
        Lowest and highest valid number: as stored, and in its meaning.
    """

    dtype: np.dtype[Any]
    names: tuple[str, ...] = ()
    missing_names: tuple[str, ...] = ()
    scale: float = 1.0
    offset: float = 0.0
    missing: tuple[Any, ...] = ()
    stored_range: Range = ALL
    range: Range = ALL

    @property
    def scratch(self) -> int:
        """Number of bytes that `store` allocates per number."""
        return SCRATCH if self.names else 0

    def unpack(self, stored: AnyArray) -> Floats:
        """Return the meaning of stored numbers, float64; NaN if missing."""
        stored = np.asarray(stored).view(self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            numbers: Floats = stored.astype(np.float64) * self.scale + self.offset
            valid = _within(stored, self.stored_range)
            valid &= _within(numbers.astype(np.float32), self.range)
        for number in self.missing:
            valid &= stored != number
        return np.where(valid, numbers, np.nan)

    def store(self, stored: AnyArray, into: Frames) -> None:
        """Write the meaning of stored numbers as float32; values out of range become infinite."""
        with np.errstate(over="ignore"):
            into[...] = self.unpack(stored) if self.names else stored


def packing_of(dataset: h5py.Dataset) -> Packing:
    """Return the meaning of the numbers of a dataset.

    Raises
    ------
    FeatureFileError
        If an attribute has a value that the conventions do not allow.
    """
    values = {name: _values(dataset, name) for name in COUNTS if name in dataset.attrs}
    dtype = _dtype(dataset)
    scale = float(values.get("scale_factor", [1])[0])
    offset = float(values.get("add_offset", [0])[0])
    if not isfinite(offset) or not isfinite(scale) or not scale:
        got = f"scale_factor {scale:g}, add_offset {offset:g}"
        expected = "finite numbers, and a scale_factor other than 0"
        raise FeatureFileError(_name(dataset), got=got, expected=expected)
    missing = _missing(dataset, dtype, values)
    limited = [name for name in ("valid_min", "valid_max", "valid_range") if name in values]
    limits = np.concatenate(
        [
            values.get("valid_min", values.get("valid_range", [-inf])[:1]),
            values.get("valid_max", values.get("valid_range", [inf])[-1:]),
        ]
    )
    packed = dtype.kind != "f" and (scale, offset) != (1, 0)
    of_meaning = packed and any(values[name].dtype.kind == "f" for name in limited)
    changes: dict[str, bool] = {
        "scale_factor": scale != 1,
        "add_offset": offset != 0,
        "_Unsigned": dtype != dataset.dtype,
        **{name: bool(numbers) for name, numbers in missing.items()},
        **dict.fromkeys(limited, True),
    }
    return Packing(
        dtype,
        names=tuple(name for name, applies in changes.items() if applies),
        missing_names=(*missing, *limited),
        scale=scale,
        offset=offset,
        missing=tuple(number for numbers in missing.values() for number in numbers),
        stored_range=ALL if of_meaning else _stored_range(limits, dataset.dtype, dtype),
        range=tuple(limits.astype(np.float32)) if of_meaning else ALL,
    )


def _name(dataset: h5py.Dataset) -> str:
    return f"dataset {dataset.name.lstrip('/')!r}"


def _values(dataset: h5py.Dataset, name: str) -> AnyArray:
    """Return the numbers of an attribute."""
    values, count = np.atleast_1d(dataset.attrs[name]), COUNTS[name]
    if values.dtype.kind not in "iuf" or values.ndim != 1 or len(values) != (count or len(values)):
        numbers = {None: "numbers", 1: "a number"}.get(count, f"{count} numbers")
        got = f"an array of shape {values.shape}, {values.dtype}" if values.size > 2 else values
        raise FeatureFileError(f"{_name(dataset)}, {name}", got=got, expected=numbers)
    return values


def _dtype(dataset: h5py.Dataset) -> np.dtype[Any]:
    """Return the type of the stored numbers: ``_Unsigned`` changes the sign of integers."""
    unsigned = dataset.attrs.get("_Unsigned")
    dtype: np.dtype[Any] = dataset.dtype
    if unsigned is None or dtype.kind not in "iu":
        return dtype
    word = unsigned.decode() if isinstance(unsigned, bytes) else str(unsigned)
    if word.lower() not in ("true", "false"):
        what = f"{_name(dataset)}, _Unsigned"
        raise FeatureFileError(what, got=repr(word), expected="true or false")
    return np.dtype(f"{dtype.byteorder}{'u' if word.lower() == 'true' else 'i'}{dtype.itemsize}")


def _missing(
    dataset: h5py.Dataset, dtype: np.dtype[Any], values: dict[str, AnyArray]
) -> dict[str, list[Any]]:
    """Return the stored numbers that are missing by attribute; NaN needs no replacement."""
    names: tuple[str, ...] = ("_FillValue", "missing_value")
    declared = {name: values[name] for name in names if name in values}
    if "_FillValue" not in values:
        own = FILL_VALUES.get(f"{dataset.dtype.kind}{dataset.dtype.itemsize}")
        defined = dataset.id.get_create_plist().fill_value_defined()
        if defined == h5py.h5d.FILL_VALUE_USER_DEFINED and dataset.fillvalue == own:
            declared["netCDF's fill value"] = np.array([dataset.fillvalue])
    return {
        name: [
            number
            for number in (_as_stored(each, dataset.dtype, dtype) for each in numbers)
            if number is not None and not np.isnan(number)
        ]
        for name, numbers in declared.items()
    }


def _as_stored(number: Any, stored: np.dtype[Any], dtype: np.dtype[Any]) -> Any:
    """Return a number as the type of stored ones; None if the type does not have it."""
    if dtype.kind == "f":
        return dtype.type(number)
    if number.dtype == stored:
        return number.view(dtype)
    if not float(number).is_integer():
        return None
    limits = np.iinfo(dtype)
    return dtype.type(int(number)) if limits.min <= number <= limits.max else None


def _stored_range(limits: AnyArray, stored: np.dtype[Any], dtype: np.dtype[Any]) -> Range:
    if limits.dtype == stored or dtype.kind == "f":
        low, high = limits.astype(stored, copy=False).view(dtype)
        return low, high
    low, high = limits
    return low, high


def _within(numbers: AnyArray, limits: Range) -> AnyArray:
    """Compare only with finite limits, so that integers are not converted."""
    valid = np.ones(numbers.shape, bool)
    low, high = limits
    if low > -inf:
        valid &= numbers >= low
    if high < inf:
        valid &= numbers <= high
    return valid
