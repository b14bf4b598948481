"""Division into blocks: each clip once, within the size, with complete chunks if possible."""

import numpy as np
import pytest
from gpuclf.features.hdf5.blocks import BlockSize, grid_blocks, ragged_blocks
from hypothesis import given
from hypothesis import strategies as st


def boxes(shape, unit, usual, most, classes=None, clips=None, n_frames=None):
    box = (classes or slice(0, shape[0]), clips or slice(0, shape[1]))
    size = BlockSize(usual, most)
    return list(grid_blocks(box, n_frames or shape[2], shape, np.array(unit), size))


@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 6)),
    unit=st.tuples(st.integers(1, 5), st.integers(1, 9)),
    usual=st.integers(1, 100),
    more=st.integers(0, 100),
)
def test_blocks_of_a_grid_are_boxes_that_contain_every_clip_once(shape, unit, usual, more):
    blocks = boxes((*shape, 2, 3), unit, usual, usual + more)
    clips = np.concatenate([block.clips for block in blocks])
    assert sorted(clips.tolist()) == list(range(shape[0] * shape[1]))
    for block in blocks:
        (piece,) = block.pieces
        assert piece.rows == block.rows == len(block.clips) * shape[2] * 2
        assert block.rows <= max(usual + more, 2 * shape[2])
        first = block.clips[0]
        assert piece.start[:2] == divmod(first, shape[1])


def test_blocks_are_split_at_chunk_boundaries():
    shape = (2, 10, 8, 2, 3)  # 16 frames per clip
    assert [b.pieces[0].start[1] for b in boxes(shape, (1, 4), 100, 100)] == [0, 4, 8] * 2
    assert [len(b.clips) for b in boxes(shape, (1, 3), 100, 100)] == [6, 4] * 2


def test_a_block_grows_up_to_its_maximum_to_avoid_splitting_a_chunk():
    shape = (2, 10, 8, 2, 3)
    assert [len(b.clips) for b in boxes(shape, (1, 10), 40, 160)] == [10, 10]
    assert [len(b.clips) for b in boxes(shape, (1, 10), 40, 159)] == [9, 1] * 2
    assert [len(b.clips) for b in boxes(shape, (2, 5), 40, 160)] == [10, 10]  # of both classes


def test_small_classes_share_a_block():
    blocks = boxes((7, 10, 8, 2, 3), (1, 1), 500, 500)
    assert [len(block.clips) for block in blocks] == [30, 30, 10]
    assert blocks[0].pieces[0].shape == (3, 10, 8, 2, 3)


def test_clips_of_a_subset_are_numbered_from_0():
    (block,) = boxes((3, 9, 8, 2, 3), (1, 1), 999, 999, slice(1, 3), slice(2, 4), n_frames=5)
    assert block.pieces[0].start == (1, 2, 0, 0, 0)
    assert block.pieces[0].stop == (3, 4, 5, 2, 3)
    assert block.clips.tolist() == [0, 1, 2, 3]
    assert block.lengths.tolist() == [10] * 4


@given(
    lengths=st.lists(st.integers(1, 20), min_size=1, max_size=20),
    skipped=st.lists(st.integers(0, 3), min_size=20, max_size=20),
    usual=st.integers(1, 60),
)
def test_blocks_of_clips_of_any_length_are_in_order(lengths, skipped, usual):
    lengths, gaps = np.array(lengths), np.array(skipped[: len(lengths)])
    starts = np.cumsum(lengths + gaps) - lengths
    blocks = list(ragged_blocks(starts, lengths, 4, BlockSize(usual, usual)))
    assert np.concatenate([block.clips for block in blocks]).tolist() == list(range(len(lengths)))
    for block in blocks:
        assert block.rows <= usual or len(block.clips) == 1
        rows = np.concatenate([np.arange(p.start[0], p.stop[0]) for p in block.pieces])
        expected = [np.arange(starts[c], starts[c] + lengths[c]) for c in block.clips]
        np.testing.assert_array_equal(rows, np.concatenate(expected))
        first_rows = np.cumsum([0, *(piece.rows for piece in block.pieces)])
        assert [piece.row for piece in block.pieces] == first_rows[:-1].tolist()


def test_consecutive_clips_form_one_piece():
    starts, lengths = np.array([0, 5, 12, 15]), np.array([5, 4, 3, 9])
    (block,) = ragged_blocks(starts, lengths, 4, BlockSize(99, 99))
    assert [(p.start[0], p.stop[0], p.row) for p in block.pieces] == [(0, 9, 0), (12, 24, 9)]


@pytest.mark.parametrize("usual", [0, 1])
def test_a_block_contains_at_least_one_clip(usual):
    assert len(boxes((1, 3, 8, 2, 3), (1, 1), usual, usual)) == 3
