"""Columns of a table by their roles."""

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.column_roles import columns_by_role
from gpuclf.features.importers.csv_table import Table


def table(*header):
    return Table("t.csv", list(header), [], [])


def test_the_first_usual_name_or_the_only_other_one_is_found_in_any_case():
    found = columns_by_role(table("category", "Path", "file"), ["path", "label", "fold"])
    assert found == {"path": "path", "label": "category"}


def test_several_other_usual_names_raise_with_the_option():
    with pytest.raises(InputError) as raised:
        columns_by_role(table("genre", "class"), ["label"])
    assert str(raised.value) == (
        "t.csv: got several columns that could be the label: class, genre, "
        "expected --label-column to name one"
    )


def test_a_given_column_takes_precedence():
    found = columns_by_role(table("label", "target"), ["label"], {"label": "target"})
    assert found == {"label": "target"}


@pytest.mark.parametrize(
    ("given", "required", "message"),
    [
        (
            {"fold": "split"},
            (),
            r"t.csv, column: got 'split', expected .* \(option --fold-column\)",
        ),
        ({}, ("path",), r"got 'path', expected one of length, mfcc_0, .*mfcc_18 and 181 more \(op"),
    ],
)
def test_a_missing_column_raises_with_the_first_columns_and_the_option(given, required, message):
    wide = table("length", *(f"mfcc_{number}" for number in range(200)))
    with pytest.raises(InputError, match=message):
        columns_by_role(wide, ["path", "fold"], given, required)


def test_long_names_are_shortened():
    with pytest.raises(InputError) as raised:
        columns_by_role(table(*(f"{letter}" * 500 for letter in "abc")), ["path"], {}, ["path"])
    assert len(str(raised.value)) < 250
