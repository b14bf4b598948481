"""Embeddings that the package birdnet saved."""

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.birdnet_result import BirdnetResult, is_birdnet_result
from gpuclf.features.importers.pack_content import table_content
from gpuclf.features.importers.stored_arrays import stored_arrays
from gpuclf.features.importers.table_columns import ColumnChoice


def save(path, compress=True, **changed):
    """Save the arrays that birdnet 1.3 saves; the recordings have 2, 0 and 3 segments."""
    embeddings = np.arange(36, dtype=np.float32).reshape(3, 3, 4)
    masked = np.zeros(embeddings.shape, bool)
    masked[0, 2] = masked[1] = True
    embeddings[masked] = np.nan
    arrays = {
        "model_path": np.array(["/models/birdnet.tflite"]),
        "model_version": np.array(["2.4"]),
        "model_precision": np.array(["fp32"]),
        "inputs": np.array(["/in/a.wav", "/in/b.wav", "/in/c.wav"]),
        "input_durations": np.array([6.0, 0.0, 9.0], np.float32),
        "segment_duration_s": np.array([3], np.float16),
        "overlap_duration_s": np.array([0], np.float16),
        "speed": np.array([1], np.float16),
        "model_fmin": np.array([0], np.uint8),
        "model_fmax": np.array([15000], np.uint16),
        "model_sr": np.array([48000], np.uint16),
        "embeddings": embeddings,
        "embeddings_masked": masked,
        "unprocessable_inputs": np.array([], np.uint8),
    }
    (np.savez_compressed if compress else np.savez)(path, **{**arrays, **changed})
    return embeddings


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("block", [1, 2**24])
def test_segments_that_are_not_masked_are_the_frames(tmp_path, monkeypatch, compress, block):
    monkeypatch.setattr("gpuclf.features.importers.birdnet_result.BLOCK_BYTES", block)
    path = tmp_path / "t.npz"
    embeddings = save(path, compress)
    arrays = stored_arrays(path)
    assert is_birdnet_result(arrays)
    found = table_content(BirdnetResult(path, arrays), ColumnChoice(labelled=False), "birdnet")
    assert [clip.id for clip in found.clips] == ["/in/a.wav", "/in/c.wav"]
    assert found.lengths == {"birdnet": [2, 3]}
    first, second = found.frames
    assert np.array_equal(first["birdnet"], embeddings[0, :2])
    assert np.array_equal(second["birdnet"], embeddings[2])
    assert found.summary == ["clip: input", "features: embedding (4)"]


def test_inputs_that_are_arrays_are_numbered(tmp_path):
    save(tmp_path / "t.npz", inputs=np.arange(3, dtype=np.uint8))
    table = BirdnetResult(tmp_path / "t.npz", stored_arrays(tmp_path / "t.npz"))
    assert [row.texts for row in table.cells([0])] == [["0"], ["0"], ["2"], ["2"], ["2"]]


def test_shapes_that_do_not_match_raise(tmp_path):
    save(tmp_path / "t.npz", inputs=np.arange(2))
    with pytest.raises(InputError, match=r"got inputs \(2,\), embeddings \(3, 3, 4\)"):
        BirdnetResult(tmp_path / "t.npz", stored_arrays(tmp_path / "t.npz"))


def test_other_arrays_are_not_a_result(tmp_path):
    np.savez(tmp_path / "t.npz", embeddings=np.ones((2, 2, 2)))
    assert not is_birdnet_result(stored_arrays(tmp_path / "t.npz"))
