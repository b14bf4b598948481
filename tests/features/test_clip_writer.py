"""Columns of clips that were found as files."""

from pathlib import Path

import pytest
from gpuclf.errors import InputError
from gpuclf.features.clip_writer import column
from gpuclf.features.importers.clip_files import ClipFile


def clips(*folds):
    return [ClipFile(Path("a"), f"c{n}", fold=fold) for n, fold in enumerate(folds)]


@pytest.mark.parametrize(("folds", "expected"), [((0, 3), [0, 3]), ((None, None), None)])
def test_a_column_is_complete_or_none(folds, expected):
    assert column(clips(*folds), "fold") == expected


def test_an_incomplete_column_raises():
    with pytest.raises(InputError, match="clip 'c1': got no fold, expected a fold for every"):
        column(clips(0, None, 2), "fold")
