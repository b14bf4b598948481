"""Parquet, Arrow and Feather files with one row per frame, read by record batches.

Requires pyarrow (extra ``parquet``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuclf._typing import AnyArray
from gpuclf._utils.system_errors import system_reason
from gpuclf.errors import InputError
from gpuclf.features.importers.frame_table import (
    BLOCK_BYTES,
    FrameTable,
    RowCells,
    check_finite,
)
from gpuclf.features.importers.optional import required_module
from gpuclf.features.importers.table_columns import Column

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET_SUFFIXES = frozenset({".parquet", ".pq"})
ARROW_SUFFIXES = frozenset({".arrow", ".feather", ".ipc"})
MOST_ROWS = 65_536  # rows of cells per batch
READ_BYTES = 2**20  # at a time; by default, the columns of a whole row group are read


class ArrowFrames(FrameTable):
    """Parquet, Arrow or Feather (version 2) file with one row per frame.

    Parameters
    ----------
    path : path
        The file. A feature is a column of numbers, or an element of a column of lists of one
        length; the common dtype of the features is kept.

    Raises
    ------
    InputError
        If pyarrow is missing, the file is damaged or has no row, or lists have different lengths.

    Examples
    --------
    >>> import pyarrow as pa, pyarrow.parquet
    >>> columns = {"file": ["a.wav", "b.wav"], "embedding": [[0.5, 1], [2, 3]]}
    >>> pa.parquet.write_table(pa.table(columns), "frames.parquet")
    >>> table = ArrowFrames("frames.parquet")
    >>> [column.content for column in table.columns]
    ['text', 'list']
    >>> next(table.frames([1])).tolist()
    [[0.5, 1.0], [2.0, 3.0]]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        required_module("pyarrow", extra="parquet", what=str(path))
        self.is_parquet = Path(path).suffix.lower() in PARQUET_SUFFIXES
        super().__init__(os.fspath(path), [])
        with self._open() as (schema, read):
            if len(set(schema.names)) < len(schema.names):  # the caller names it
                self.columns = [Column(name, "text") for name in schema.names]
                return
            first = next((batch for batch in read(schema.names, 1) if len(batch)), None)
            if first is None:
                raise InputError(self.path, got="no row", expected="one row per frame")
            self.columns = [_column(field, first.column(field.name)) for field in schema]
            self.dtypes = [_dtype(field.type) for field in schema]

    def cells(self, columns: Sequence[int]) -> Iterator[RowCells]:
        """Yield the cells of some columns, row by row, numbered from 1."""
        number = 0
        names = [self.columns[index].name for index in columns]
        with self._open() as (_, read):
            for batch in read(list(dict.fromkeys(names)), MOST_ROWS):
                texts = [list(map(_text, batch.column(name).to_pylist())) for name in names]
                for row in range(len(batch)):
                    number += 1
                    yield RowCells(number, [column[row] for column in texts])

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """Return the common dtype of some columns."""
        return np.result_type(*(self.dtypes[index] or np.float64 for index in columns))

    def frames(self, columns: Sequence[int]) -> Generator[AnyArray]:
        """Yield blocks of the features of some columns."""
        own, dtype = [self.columns[index] for index in columns], self.dtype(columns)
        features = [column.name for column in own for _ in range(column.width)]
        rows = max(1, BLOCK_BYTES // (len(features) * dtype.itemsize))
        first = 1
        with self._open() as (_, read):
            for batch in read([column.name for column in own], rows):
                if not len(batch):
                    continue
                parts = [self._numbers(column, batch.column(column.name), first) for column in own]
                frames = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
                check_finite(self, frames, first, features)
                yield frames.astype(dtype, copy=False)
                first += len(batch)

    def _numbers(self, column: Column, values: pa.Array, first: int) -> AnyArray:
        """Return the values of a column as an array of shape (rows, width)."""
        import pyarrow.compute as pc

        values = _storage(values)
        self._check_lengths(column, values, first)
        numbers = values.flatten() if column.content == "list" else values
        if numbers.null_count:
            row = first + pc.index(numbers.is_null(), True).as_py() // column.width
            what = f"{self.place(row)}, column {column.name!r}"
            raise InputError(what, got="null", expected="a finite number")
        found: AnyArray = numbers.to_numpy(zero_copy_only=False)
        return found.reshape(-1, column.width)

    def _check_lengths(self, column: Column, values: pa.Array, first: int) -> None:
        """Check that no row is null and all lists have the length of the first."""
        import pyarrow.compute as pc

        if column.content != "list":
            return
        lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
        if values.null_count:
            lengths = np.where(values.is_null().to_numpy(zero_copy_only=False), 0, lengths)
        wrong = np.flatnonzero(lengths != column.width)
        if len(wrong):
            what = f"{self.place(first + int(wrong[0]))}, column {column.name!r}"
            expected = f"{column.width}, as in the first row"
            raise InputError(what, got=f"a list of {lengths[wrong[0]]}", expected=expected)

    @contextmanager
    def _open(self) -> Iterator[tuple[pa.Schema, Callable[..., Iterator[pa.RecordBatch]]]]:
        """Yield the schema, and a function of column names and rows that yields batches."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with ExitStack() as opened:
                if self.is_parquet:
                    file = opened.enter_context(
                        pq.ParquetFile(self.path, pre_buffer=False, buffer_size=READ_BYTES)
                    )
                    yield (
                        file.schema_arrow,
                        lambda names, rows: file.iter_batches(batch_size=rows, columns=names),
                    )
                else:
                    source = opened.enter_context(pa.memory_map(self.path))
                    schema, batches = _ipc_batches(source)
                    yield schema, lambda names, rows: _sliced(batches(), names, rows)
        except (OSError, pa.ArrowException) as error:
            expected = "a Parquet file" if self.is_parquet else "an Arrow or Feather (V2) file"
            raise InputError(self.path, got=system_reason(error), expected=expected) from error


def _ipc_batches(
    source: pa.NativeFile,
) -> tuple[pa.Schema, Callable[[], Iterator[pa.RecordBatch]]]:
    """Return the schema and the batches of an Arrow file or stream."""
    import pyarrow as pa

    if source.read(6) == b"ARROW1":
        file = pa.ipc.open_file(source)
        numbers = range(file.num_record_batches)
        return file.schema, lambda: (file.get_batch(number) for number in numbers)
    source.seek(0)
    stream = pa.ipc.open_stream(source)
    return stream.schema, lambda: iter(stream)


def _sliced(
    batches: Iterator[pa.RecordBatch], names: Sequence[str], rows: int
) -> Iterator[pa.RecordBatch]:
    """Yield the columns of batches of at most as many rows."""
    for batch in batches:
        own = batch.select(names)
        yield from (own.slice(start, rows) for start in range(0, len(own), rows))


def _column(field: pa.Field, first: pa.Array) -> Column:
    """Return the column of a field; ``first`` is its first value, whose length all lists have."""
    if _dtype(field.type) is None:
        return Column(field.name, "text")
    values = _storage(first)
    if not _is_list(values.type):
        return Column(field.name, "number", 1)
    return Column(field.name, "list", len(values[0]) if values[0].is_valid else 0)


def _dtype(kind: pa.DataType) -> np.dtype[Any] | None:
    """Return the dtype of a column of numbers or of lists of numbers, or None."""
    import pyarrow as pa

    kind = getattr(kind, "storage_type", kind)
    if _is_list(kind):
        kind = kind.value_type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    dtype: np.dtype[Any] = np.dtype(kind.to_pandas_dtype())
    return dtype


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


def _storage(values: pa.Array) -> pa.Array:
    """Return the stored values of an extension type, such as tensors of a fixed shape."""
    return getattr(values, "storage", values)


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value is None else str(value)
