"""Splitting of boxes for h5py."""

import numpy as np
from gpuclf.features.hdf5.blocks import Piece
from gpuclf.features.hdf5.reader import cut
from hypothesis import given
from hypothesis import strategies as st


@given(data=st.data())
def test_the_parts_of_a_box_fill_the_same_rows(data):
    shape = data.draw(st.lists(st.integers(1, 9), min_size=2, max_size=5))
    start = [data.draw(st.integers(0, size - 1)) for size in shape]
    stop = [data.draw(st.integers(i + 1, size)) for i, size in zip(start, shape, strict=True)]
    unit = [data.draw(st.integers(1, size)) for size in shape]
    whole = Piece(tuple(start), tuple(stop), 3)
    dataset = np.arange(np.prod(shape)).reshape(shape)
    numbers = dataset[tuple(map(slice, start, stop))].reshape(whole.rows, -1)
    row = 3
    for piece in cut(whole, unit, data.draw(st.integers(1, 40))):
        assert piece.row == row
        inside = dataset[tuple(map(slice, piece.start, piece.stop))]
        np.testing.assert_array_equal(
            inside.reshape(piece.rows, -1), numbers[row - 3 : row - 3 + piece.rows]
        )
        row += piece.rows
    assert row == 3 + whole.rows


def test_boxes_are_split_at_chunk_boundaries():
    grid = Piece((2, 3, 0, 0, 0), (3, 17, 10, 2, 4), 0)
    boxes = list(cut(grid, (1, 5, 10, 2, 4), 100))
    assert [(box.start[1], box.stop[1]) for box in boxes] == [(3, 5), (5, 10), (10, 15), (15, 17)]
    classes = Piece((0, 0, 0, 0), (3, 4, 10, 4), 0)
    assert len(list(cut(classes, (1, 1, 10, 4), 10))) == 12
    assert len(list(cut(classes, (1, 1, 10, 4), 20))) == 6
