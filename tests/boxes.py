"""Synthetic datasets, and parts of them read by the selected reader and by h5py."""

import numpy as np
from gpuclf.features.hdf5.blocks import Piece
from gpuclf.features.hdf5.select_reader import reader_of
from gpuclf.vectors.streaming import workers


def numbers(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    values = np.round(20 * rng.normal(size=shape)) * (rng.random(shape) < 0.5)
    return (abs(values) if np.dtype(dtype).kind == "u" else values).astype(dtype)


def read(dataset, *pieces):
    rows = np.full((sum(piece.rows for piece in pieces), dataset.shape[-1]), np.nan, np.float32)
    with workers(3) as pool:
        for future in [pool.submit(task) for task in reader_of(dataset).tasks(pieces, rows)]:
            future.result()
    return rows


def whole(dataset):
    return Piece((0,) * dataset.ndim, dataset.shape, 0)


def check(dataset, piece):
    expected = dataset[tuple(map(slice, piece.start, piece.stop))].astype(np.float32)
    np.testing.assert_array_equal(read(dataset, piece), expected.reshape(-1, dataset.shape[-1]))
