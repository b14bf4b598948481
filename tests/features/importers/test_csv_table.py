"""CSV files whose first line contains the column names."""

import csv

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.csv_table import read_rows, read_table
from hypothesis import given, settings
from hypothesis import strategies as st

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)


def table_of(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(str(path))


@settings(max_examples=40)
@given(data=st.data(), end=st.sampled_from(["\n", "\r\n"]), mark=st.booleans())
def test_written_tables_are_read_unchanged(tmp_path_factory, data, end, mark):
    width = data.draw(st.integers(2, 4))
    rows = data.draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=5))
    header = [f"column {k}" for k in range(width)]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    with path.open("w", encoding="utf-8-sig" if mark else "utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL)
        writer.writerows([header, *rows])
    table = read_table(str(path))
    assert (table.header, table.rows) == (header, rows)
    assert table.lines == sorted(set(table.lines)) and len(table.lines) == len(rows)


def test_blank_lines_are_ignored_and_counted(tmp_path):
    table = table_of(tmp_path, 'a,b\n\n1,"x\ny"\n\n2,z\n')
    assert table.rows == [["1", "x\ny"], ["2", "z"]] and table.lines == [4, 6]


def test_rows_are_yielded_one_by_one(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,2\n\n3,"4\n\n5\n')
    rows = read_rows(path)
    assert [next(rows), next(rows)] == [(1, ["a", "b"]), (2, ["1", "2"])]
    with pytest.raises(InputError, match="line 6: got unexpected end of data"):
        next(rows)
    path.write_text("a,b\n1,2\n3\n")
    rows = read_rows(str(path))
    assert next(rows) and next(rows)
    with pytest.raises(InputError, match="line 3: got cells: 1, expected 2"):
        next(rows)


@settings(max_examples=40)
@given(
    whole=st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=5),
    number=st.floats(-1e90, 1e90, allow_subnormal=False).filter(lambda x: abs(x) > 1e-90),
)
def test_written_numbers_are_read_unchanged(tmp_path_factory, whole, number):
    text = "n,x\n" + "".join(f" {own} ,{number!r}\n" for own in whole)
    table = table_of(tmp_path_factory.mktemp("t"), text)
    assert table.numbers("n") == whole
    assert table.decimals("x") == [number] * len(whole)


@pytest.mark.parametrize(
    "cell", ["", "x", "1.5", "1e3", "1_0", "0x1", "++1", "٣", "1" * 19, "nan", "inf"]
)
def test_cells_that_are_not_integers_raise(tmp_path, cell):
    table = table_of(tmp_path, f"n,m\n1,1\n{cell},1\n")
    with pytest.raises(InputError, match=r"t\.csv, line 3, column 'n': got "):
        table.numbers("n")


@pytest.mark.parametrize("cell", ["nan", "inf", "1e999", "1_0", "x", ".", "1,5", "", "٣", "1e"])
def test_cells_that_are_not_finite_numbers_raise(tmp_path, cell):
    table = table_of(tmp_path, f'x,m\n1,1\n"{cell}",1\n')
    with pytest.raises(InputError, match=r"t\.csv, line 3, column 'x': got "):
        table.decimals("x")


def test_signs_blanks_and_exponents_are_accepted(tmp_path):
    table = table_of(tmp_path, "n,x\n+1,.5\n-02,1.\n3 ,-1.5E+3\n")
    assert table.numbers("n") == [1, -2, 3] and table.decimals("x") == [0.5, 1, -1500]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "t.csv: got an empty file, expected a first line with the column names"),
        ("\n\n", "t.csv: got an empty file"),
        (b"a\n\xff\n", "t.csv: got bytes that are not UTF-8"),
        ("a,b\n1,2\n3\n", "t.csv, line 3: got cells: 1, expected 2"),
        ("a,b\n1,2,3\n", "t.csv, line 2: got cells: 3, expected 2"),
        ('a,b\n1,"2\n', "t.csv, line 2: got unexpected end of data"),
        ('a,b\n1,"2"3\n', "t.csv, line 2: got .*, expected comma-separated cells"),
        (f"a,b\n1,{'x' * 200_000}\n", "t.csv, line 2: got field larger"),
    ],
)
def test_invalid_csv_files_raise(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        table_of(tmp_path, content)


def test_missing_files_raise(tmp_path):
    for name, got in {"none.csv": "no such file", ".": "a folder"}.items():
        with pytest.raises(InputError, match=f"got {got}.*, expected a CSV file"):
            read_table(str(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("artists", "t.csv, column: got 'artists', expected artist"),
        ("tempo", r"t.csv, column: got 'tempo', expected one of artist, fold, fold, 'a\\tb'"),
        ("fold", "t.csv, line 1: got the column 'fold' twice, expected unique"),
        ("artist", "t.csv, line 2, column 'artist': got an empty cell, expected a value in every"),
    ],
)
def test_missing_duplicate_and_empty_columns_raise(tmp_path, name, message):
    table = table_of(tmp_path, "artist,fold,fold,a\tb,\n \t,1,1,x,\n")
    with pytest.raises(InputError, match=message):
        table.texts(name)


@pytest.mark.parametrize(
    "header", ["Label, Fold ,x", '"label", "fold", x', "\ufeffLABEL,\tfold,x", "label\u00a0,FOLD,x"]
)
def test_blanks_quotes_marks_and_case_of_column_names_are_ignored(tmp_path, header):
    table = table_of(tmp_path, f'{header}\na, 1, "b, c"\n')
    assert table.texts("label") == ["a"] and table.numbers("fold") == [1]
    assert table.texts("X") == ["b, c"]


def test_case_distinguishes_columns_that_differ_in_nothing_else(tmp_path):
    table = table_of(tmp_path, "label,Label\na,b\n")
    assert table.texts("label") == ["a"] and table.texts("Label") == ["b"]
    with pytest.raises(InputError, match="line 1: got the column 'LABEL' twice"):
        table.texts("LABEL")


def test_cells_are_in_normal_form(tmp_path):
    assert table_of(tmp_path, "Cafe\u0301\nCafe\u0301\n").texts("Caf\u00e9") == ["Caf\u00e9"]


@pytest.mark.parametrize(
    ("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_columns_separated_by_something_else_raise(tmp_path, separator, name):
    path = tmp_path / "a.csv"
    path.write_text(f"path,label\na,b{separator}c\n")
    assert read_table(str(path)).texts("label") == [f"b{separator}c"]
    path.write_text(f"path{separator}label\na{separator}b\n")
    expected = f"line 1: got columns separated by {name}, expected columns separated by commas"
    with pytest.raises(InputError, match=expected):
        read_table(str(path))
