"""Tables: pandas, polars, Arrow, CSV and Parquet; without the optional packages, one line."""

import os

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from gpuclf._utils.table import Table, check_table
from gpuclf.errors import InputError, OutputError

COLUMNS = {
    "id": np.array(["a, b", 'c"d', "ü"]),
    "fold": np.array([0, 1, 2]),
    "score": np.array([1 / 3, -np.inf, np.nan]),
    "better": np.array([True, None, False]),
}


@pytest.fixture
def without(monkeypatch):
    """Function that hides a package."""

    def without(package):
        monkeypatch.setattr("gpuclf._utils.table.find_spec", lambda name: name != package or None)

    return without


def check_equal(frame):
    """Check that a pandas DataFrame has the content of COLUMNS."""
    assert list(frame) == list(COLUMNS)
    for name in ("id", "fold"):
        assert frame[name].tolist() == COLUMNS[name].tolist()
    np.testing.assert_array_equal(frame["score"].astype(float), COLUMNS["score"])
    assert [None if pd.isna(value) else bool(value) for value in frame["better"]] == [
        *(True, None, False)
    ]


def test_a_table_becomes_a_pandas_frame():
    check_equal(Table(COLUMNS).to_frame())


@pytest.mark.parametrize("suffix", [".csv", ".CSV", ".parquet"])
def test_a_written_table_is_read_by_pandas_without_loss(tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    Table(COLUMNS).write(path)
    check_equal(pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path))
    assert os.listdir(tmp_path) == [path.name]


def test_polars_and_pyarrow_read_a_table():
    table = Table(COLUMNS)
    frames = [
        pl.DataFrame(table),
        pl.from_dataframe(table.to_frame()),
        pl.DataFrame(pa.table(table)),
    ]
    for frame in frames:
        check_equal(frame.to_pandas())
    plain = Table({name: COLUMNS[name] for name in ("id", "fold", "score")})
    assert pl.DataFrame(plain.columns)["id"].to_list() == COLUMNS["id"].tolist()


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text("old")
    short = Table({"a": np.arange(2), "b": np.arange(3)})
    with pytest.raises(ValueError, match="zip"):
        short.write(path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == [path.name]


def test_rows_become_columns_of_one_type():
    table = Table.of_rows(
        [
            {"gamma": "scale", "statistics": ("mean", "std"), "C": 1, "better": None},
            {"gamma": 0.5, "statistics": ("sum",), "C": None, "better": True},
        ]
    )
    assert table["gamma"].tolist() == ["scale", "0.5"]
    assert table["statistics"].tolist() == ["mean+std", "sum"]
    np.testing.assert_array_equal(table["C"], [1, np.nan])
    assert table["better"].tolist() == [None, True]
    assert table.to_arrow().num_rows == len(table) == 2
    assert repr(table) == "<table of 2 rows: gamma, statistics, C, better>"


def test_an_empty_table_has_no_rows():
    assert len(Table.of_rows([])) == 0 and len(Table.of_rows([]).to_frame()) == 0


def test_missing_packages_are_named_with_the_command_that_installs_them(without, tmp_path):
    without("pandas")
    message = r"to_frame: got no pandas, expected python -m pip install 'gpuclf\[pandas\]'"
    with pytest.raises(InputError, match=message):
        Table(COLUMNS).to_frame()
    without("pyarrow")
    message = r"t.parquet: got no pyarrow, expected python -m pip install 'gpuclf\[parquet\]'"
    with pytest.raises(InputError, match=message):
        check_table("t.parquet")
    with pytest.raises(InputError, match="Arrow table: got no pyarrow"):
        Table(COLUMNS).to_arrow()
    Table(COLUMNS).write(tmp_path / "t.csv")  # requires neither


@pytest.mark.parametrize(("name", "got"), [("t.txt", "'.txt'"), ("t", "no suffix")])
def test_an_unknown_suffix_is_refused(name, got):
    with pytest.raises(OutputError, match=f"{name}: got {got}, expected one of .csv, .parquet"):
        check_table(name)
