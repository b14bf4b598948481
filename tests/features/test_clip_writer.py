"""Columns of clips that were found as files: of all of them, or of none."""

from pathlib import Path

import pytest
from gpuclf.errors import InputError
from gpuclf.features.clip_writer import column
from gpuclf.features.importers.clip_files import ClipFile


def clips(*folds):
    return [ClipFile(Path("a"), f"c{n}", fold=fold) for n, fold in enumerate(folds)]


@pytest.mark.parametrize(("folds", "found"), [((0, 3), [0, 3]), ((None, None), None)])
def test_a_column_is_of_all_clips_or_of_none(folds, found):
    assert column(clips(*folds), "fold") == found


def test_a_column_that_some_clips_lack_is_refused():
    with pytest.raises(InputError, match="clip 'c1': got no fold, expected a fold for each"):
        column(clips(0, None, 2), "fold")
