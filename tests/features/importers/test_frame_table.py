"""Frames of clips from blocks of rows."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.frame_table import split_frames
from hypothesis import given
from hypothesis import strategies as st

LENGTHS = st.lists(st.integers(1, 9), min_size=1)


@given(LENGTHS, st.integers(1, 12))
def test_the_size_of_blocks_does_not_change_the_clips(lengths, rows):
    frames = np.arange(sum(lengths))[:, None]
    blocks = [frames[start : start + rows] for start in range(0, len(frames), rows)]
    clips = list(split_frames("t", blocks, lengths))
    assert [len(clip) for clip in clips] == lengths
    assert np.array_equal(np.concatenate(clips), frames)


def test_missing_rows_raise():
    with pytest.raises(InputError, match="t: got 2 rows of the last clip, expected 3"):
        list(split_frames("t", [np.ones((2, 1))], [3]))
