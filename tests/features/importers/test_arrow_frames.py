"""Parquet, Arrow and Feather files with one row per frame."""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gpuclf import open_features
from gpuclf.errors import InputError
from gpuclf.features.importers.arrow_frames import ArrowFrames
from gpuclf.features.importers.pack_content import table_content, write_content
from gpuclf.features.importers.table_columns import ColumnChoice
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather


def write_ipc_file(table, path):
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def write_ipc_stream(table, path):
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


WRITERS = {
    "t.parquet": lambda table, path: pq.write_table(table, path, row_group_size=2),
    "t.feather": feather.write_feather,
    "t.arrow": write_ipc_file,
    "t.ipc": write_ipc_stream,
}
SCALARS = pa.table(
    {
        "file": pa.array(["a", "a", "b"]).dictionary_encode(),
        "label": pa.array([7, 7, 8], pa.int8()),
        "fold": pa.array([1, 1, 2]),
        "x": pa.array([0.5, 1, 2], pa.float32()),
        "y": pa.array([1, 2, 3], pa.int16()),
        "note": ["", None, "loud"],
    }
)
VALUES = np.arange(6, dtype=np.float32)
LISTS = {
    "list": pa.ListArray.from_arrays([0, 2, 4, 6], VALUES),
    "large": pa.LargeListArray.from_arrays(pa.array([0, 2, 4, 6], pa.int64()), VALUES),
    "fixed": pa.FixedSizeListArray.from_arrays(VALUES, 2),
    "tensor": pa.FixedShapeTensorArray.from_numpy_ndarray(VALUES.reshape(3, 2)),
}


def packed(path, out, **choice):
    """Pack a table; return the clips and the frames of each clip."""
    content = table_content(ArrowFrames(path), ColumnChoice(**choice), "x")
    write_content(out, content)
    with open_features(out) as store:
        features = store["x"]
        return features.clips, np.split(features.source.dataset[()], features.source.offsets[1:-1])


@pytest.mark.parametrize("name", WRITERS)
def test_a_column_per_feature_is_packed(tmp_path, name):
    WRITERS[name](SCALARS, tmp_path / name)
    clips, frames = packed(tmp_path / name, tmp_path / "f")
    assert clips.ids.tolist() == ["a", "b"] and clips.labels == ("7", "8")
    assert clips.folds.tolist() == [1, 2]
    assert [clip.tolist() for clip in frames] == [[[0.5, 1], [1, 2]], [[2, 3]]]
    assert frames[0].dtype == np.float32


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("name", WRITERS)
def test_a_column_of_lists_is_packed(tmp_path, name, kind):
    table = pa.table({"clip": ["a", "a", "b"], "label": ["r", "r", "s"], "e": LISTS[kind]})
    WRITERS[name](table, tmp_path / name)
    _, frames = packed(tmp_path / name, tmp_path / "f")
    assert [clip.tolist() for clip in frames] == [[[0, 1], [2, 3]], [[4, 5]]]


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=6),
    rows=st.integers(1, 9),
    dtype=st.sampled_from(["float16", "float32", "float64", "uint8", "int64"]),
)
def test_the_size_of_batches_and_row_groups_does_not_change_the_frames(
    tmp_path_factory, lengths, rows, dtype
):
    folder = tmp_path_factory.mktemp("t")
    frames = np.arange(2 * sum(lengths)).astype(dtype).reshape(-1, 2)
    table = pa.table(
        {
            "clip": np.repeat(np.arange(len(lengths)), lengths),
            "a": frames[:, 0],
            "b": frames[:, 1],
        }
    )
    pq.write_table(table, folder / "t.parquet", row_group_size=rows)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gpuclf.features.importers.arrow_frames.BLOCK_BYTES", 5 * rows)
        _, found = packed(folder / "t.parquet", folder / "f", labelled=False)
    assert [len(clip) for clip in found] == lengths
    assert np.array_equal(np.concatenate(found), frames) and found[0].dtype == dtype


def test_a_batch_holds_a_bounded_number_of_bytes(tmp_path):
    n, rows = 1024, 40_000
    values = pa.FixedSizeListArray.from_arrays(np.zeros(n * rows, np.float32), n)
    pq.write_table(pa.table({"clip": np.arange(rows), "e": values}), tmp_path / "t.parquet")
    blocks = [block.nbytes for block in ArrowFrames(tmp_path / "t.parquet").frames([1])]
    assert sum(blocks) == 4 * n * rows and max(blocks) <= 2**24


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"clip": ["a", "a"], "e": [[1.0, 2], [3.0]]},
            "row 2, column 'e': got a list of 1, expect",
        ),
        ({"clip": ["a", "a"], "e": [[1.0, 2], None]}, "row 2, column 'e': got a list of 0"),
        ({"clip": ["a", "a"], "e": [[1.0, 2], [None, 1]]}, "row 2, column 'e': got null"),
        ({"clip": ["a", "a"], "e": [[1.0], [np.nan]]}, "row 2, column 'e': got nan"),
        ({"clip": ["a", "a"], "x": [1.0, np.inf]}, "row 2, column 'x': got inf, expected a finite"),
        ({"clip": ["a", "a"], "x": [1, None]}, "row 2, column 'x': got null"),
        ({"clip": ["a", None], "x": [1, 2]}, "row 2, clip: got an empty cell"),
        ({"clip": pa.array([], pa.string()), "x": pa.array([], pa.int8())}, "got no row"),
        ({"clip": ["a", "b"], "x": [True, False]}, "got no feature columns"),
        ({"clip": ["a", "b"], "e": [[], []]}, "got"),
    ],
)
@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_invalid_values_raise_and_the_row_is_named(tmp_path, name, columns, message):
    WRITERS[name](pa.table(columns), tmp_path / name)
    with pytest.raises(InputError, match=message):
        packed(tmp_path / name, tmp_path / "f", labelled=False)
    assert not (tmp_path / "f").exists()


def test_columns_with_the_same_name_raise(tmp_path):
    table = pa.table([pa.array(["a"]), pa.array([1.0]), pa.array([2.0])], names=["clip", "x", "x"])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InputError, match="got the column 'x' twice"):
        packed(tmp_path / "t.parquet", tmp_path / "f", labelled=False)


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_and_missing_files_raise(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(InputError, match="got no such file"):
        ArrowFrames(path)
    for damaged in (b"", b"no table at all", b"ARROW1 and then nothing", b"PAR1PAR1"):
        path.write_bytes(damaged)
        with pytest.raises(
            InputError, match=r"expected a Parquet file|expected an Arrow or Feather"
        ):
            ArrowFrames(path)


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"expected python -m pip install 'gpuclf\[parquet\]'"):
        ArrowFrames(tmp_path / "t.parquet")
