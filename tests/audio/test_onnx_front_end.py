"""Embeddings of recordings: parameters from a model file, windows, and independence of batches."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gpuclf.audio.onnx_front_end import OnnxFrontEnd, embedding_of
from gpuclf.audio.unusable import UnusableError
from gpuclf.backend import resolve
from gpuclf.errors import InputError
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from onnx_models import any_length_model, filtered, linear_model, save, weights_of
from recordings import noise

WHEEL = importlib.util.find_spec("faster_whisper")  # releases 1.1 contain an encoder of speech
FOLDERS = WHEEL.submodule_search_locations if WHEEL else []
MODELS = [path for folder in FOLDERS for path in Path(folder).glob("assets/*encoder_v5.onnx")]


def sound_of(samples):
    return noise(samples).astype(np.float32)


def frames_of(embedding, sound, batch=1):
    front_end = OnnxFrontEnd(embedding)
    backend = front_end.backend(replace(resolve("cpu"), onnx_batch=batch))
    (frames,) = front_end.frames(sound, backend).values()
    assert frames.dtype == np.float32 and frames.flags.c_contiguous
    return frames


def padded(sound, start, length):
    part = sound[start : start + length]
    return np.pad(part, (0, length - len(part)))


def test_window_and_names_are_read_from_the_model(tmp_path):
    embedding = embedding_of(linear_model(tmp_path / "m.onnx", 2000), sr=8000)
    assert (embedding.window, embedding.window_hop, embedding.frames_per_window) == (2000, 2000, 1)
    assert (embedding.input, embedding.output, embedding.name) == ("wave", "embedding", "embedding")
    assert embedding.model == str(tmp_path / "m.onnx")


def test_window_and_hop_are_given_in_seconds(tmp_path):
    path = any_length_model(tmp_path / "m.onnx")
    embedding = embedding_of(path, sr=8000, window=0.5, window_hop=0.25, name="bird")
    assert (embedding.window, embedding.window_hop) == (4000, 2000)
    assert embedding.features == ("bird",)


def test_window_that_contradicts_the_model_or_is_missing_is_one_line(tmp_path):
    path = linear_model(tmp_path / "m.onnx", 2000)
    assert embedding_of(path, sr=8000, window=0.25).window == 2000
    expected = "--window: got 0.5 s, which are 4000 samples at 8000 Hz, expected 2000, the fixed"
    with pytest.raises(InputError, match=expected):
        embedding_of(path, sr=8000, window=0.5)
    with pytest.raises(InputError, match=r"--window: got none, expected seconds: a\.onnx accepts"):
        embedding_of(any_length_model(tmp_path / "a.onnx"), sr=8000)


def test_frames_are_the_embeddings_of_the_windows_the_last_one_padded(tmp_path):
    embedding = embedding_of(linear_model(tmp_path / "m.onnx", 400), sr=8000)
    sound = sound_of(1000)
    windows = np.array([padded(sound, start, 400) for start in (0, 400, 800)])
    expected = windows @ weights_of(400)
    np.testing.assert_allclose(frames_of(embedding, sound), expected, rtol=1e-4, atol=1e-5)
    assert len(frames_of(embedding, sound[:999])) == 2  # less than half of a window is left
    assert len(frames_of(embedding, sound[:50])) == 1


def test_windows_may_overlap(tmp_path):
    path = any_length_model(tmp_path / "m.onnx")
    embedding = embedding_of(path, sr=8000, window=0.05, window_hop=0.02)
    sound = sound_of(1000)
    expected = [filtered(sound[start : start + 400]).mean(axis=0) for start in range(0, 601, 160)]
    expected.append(filtered(padded(sound, 640, 400)).mean(axis=0))
    np.testing.assert_allclose(frames_of(embedding, sound), expected, rtol=1e-4, atol=1e-6)


def test_several_frames_per_window_follow_each_other(tmp_path):
    path = any_length_model(tmp_path / "m.onnx", frames=True)
    embedding = embedding_of(path, sr=8000, window=0.05)
    sound = sound_of(800)
    expected = np.concatenate([filtered(sound[:400]), filtered(sound[400:])])
    np.testing.assert_allclose(frames_of(embedding, sound), expected, atol=1e-6)
    assert embedding.frames_per_window == len(expected) / 2


@settings(max_examples=20)
@given(samples=st.integers(1, 3000), batch=st.integers(2, 9))
def test_embeddings_do_not_depend_on_the_batch(tmp_path_factory, samples, batch):
    path = any_length_model(tmp_path_factory.mktemp("t") / "m.onnx")
    embedding = embedding_of(path, sr=8000, window=0.05)
    sound = sound_of(samples)
    one, several = frames_of(embedding, sound), frames_of(embedding, sound, batch)
    np.testing.assert_allclose(several, one, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_window_has_the_same_bytes_whatever_follows_it(tmp_path, batch):
    path = any_length_model(tmp_path / "m.onnx")
    embedding = embedding_of(path, sr=8000, window=0.05)
    sound = sound_of(4000)
    whole = frames_of(embedding, sound, batch)
    for windows in (1, 3, 4, 9):
        part = frames_of(embedding, sound[: windows * 400], batch)
        assert part.tobytes() == whole[:windows].tobytes()


@pytest.mark.parametrize("batch", [1, 3])
def test_model_of_a_fixed_batch_size_is_given_full_batches(tmp_path, batch):
    embedding = embedding_of(linear_model(tmp_path / "m.onnx", 400, batch), sr=8000)
    sound = sound_of(1600)
    expected = sound.reshape(4, 400) @ weights_of(400)
    np.testing.assert_allclose(frames_of(embedding, sound), expected, rtol=1e-4, atol=1e-5)


def test_recording_whose_embedding_is_not_finite_is_unusable(tmp_path):
    node = helper.make_node("Log", ["wave"], ["y"])
    path = save(tmp_path / "m.onnx", [node], {"wave": [1, 400]}, {"y": [1, 400]})
    with pytest.raises(UnusableError, match="has an embedding with NaN or infinite values"):
        frames_of(embedding_of(path, sr=8000), sound_of(400))


@pytest.mark.skipif(not MODELS, reason="requires faster-whisper 1.1, whose wheel has a model")
def test_model_of_a_wheel_embeds_windows_of_speech():
    embedding = embedding_of(MODELS[0], sr=16000)
    frames = frames_of(embedding, sound_of(576 * 7))
    assert embedding.window == 576 and frames.shape == (7, 128)
    assert frames_of(embedding, sound_of(576 * 7), 16) == pytest.approx(frames, abs=1e-4)
