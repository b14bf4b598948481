"""ONNX models: their inputs and outputs, and what they compute."""

import numpy as np
import pytest
from gpuclf.audio.onnx_model import OnnxModel
from gpuclf.backend import resolve
from gpuclf.errors import BackendError, InputError
from onnx import TensorProto, helper

from onnx_models import any_length_model, filtered, linear_model, save, weights_of
from recordings import noise


def opened(path, *names, **options):
    return OnnxModel(path, resolve("cpu"), *names, **options)


def windows(count, samples):
    return noise(count * samples).astype(np.float32).reshape(count, samples)


def test_fixed_length_is_read_from_the_model(tmp_path):
    model = opened(linear_model(tmp_path / "m.onnx", 200))
    assert (model.input, model.output, model.samples) == ("wave", "embedding", 200)
    assert opened(any_length_model(tmp_path / "a.onnx")).samples is None


def test_embeddings_equal_those_of_numpy(tmp_path):
    sound = windows(3, 200)
    linear = opened(linear_model(tmp_path / "m.onnx", 200)).embed(sound)
    assert linear.shape == (3, 1, 4) and linear.dtype == np.float32
    np.testing.assert_allclose(linear[:, 0], sound @ weights_of(200), rtol=1e-4, atol=1e-5)
    means = opened(any_length_model(tmp_path / "a.onnx")).embed(sound)
    expected = [filtered(window).mean(axis=0) for window in sound]
    np.testing.assert_allclose(means[:, 0], expected, rtol=1e-4, atol=1e-6)


def test_output_of_rank_three_has_several_frames_per_window(tmp_path):
    sound = windows(2, 200)
    values = opened(any_length_model(tmp_path / "m.onnx", frames=True)).embed(sound)
    np.testing.assert_allclose(values, [filtered(window) for window in sound], atol=1e-6)


@pytest.mark.parametrize("batch", [1, 5])
def test_batch_size_of_the_model_is_kept(tmp_path, batch):
    assert opened(linear_model(tmp_path / "m.onnx", 200, batch)).batch == batch


@pytest.mark.parametrize(
    ("shape", "output"), [([200], [200]), ([1, 1, 200], [1, 1, 200]), (["b", 1, 200], None)]
)
def test_wave_may_have_no_batch_or_an_axis_of_channels(tmp_path, shape, output):
    node = helper.make_node("Neg", ["wave"], ["negative"])
    model = opened(save(tmp_path / "m.onnx", [node], {"wave": shape}, {"negative": output}))
    sound = windows(1, 200)
    assert np.array_equal(model.embed(sound)[0, 0], -sound[0])


@pytest.mark.parametrize(("kind", "dtype"), [("FLOAT16", np.float16), ("DOUBLE", np.float64)])
def test_other_floats_are_converted(tmp_path, kind, dtype):
    declared = (getattr(TensorProto, kind), [1, 50])
    node = helper.make_node("Neg", ["wave"], ["y"])
    model = opened(save(tmp_path / "m.onnx", [node], {"wave": declared}, {"y": declared}))
    values = model.embed(windows(1, 50))
    assert values.dtype == np.float32
    assert np.array_equal(values[0, 0], -windows(1, 50)[0].astype(dtype).astype(np.float32))


def test_one_of_several_outputs_is_chosen_by_name(tmp_path):
    path = any_length_model(tmp_path / "m.onnx", outputs=("embedding", "peak"))
    sound = windows(1, 200)
    assert np.array_equal(opened(path, None, "peak").embed(sound)[0, 0], [sound.max()])
    for name, got in ((None, "none of the 2 outputs of m.onnx"), ("peaks", "'peaks'")):
        with pytest.raises(InputError) as raised:
            opened(path, None, name)
        assert str(raised.value) == f"--output: got {got}, expected one of embedding, peak"


@pytest.fixture
def scaled(tmp_path):
    """Model of the inputs wave, gain and rate: ``wave * gain + rate``."""
    nodes = [
        helper.make_node("Mul", ["wave", "gain"], ["m"]),
        helper.make_node("Cast", ["rate"], ["r"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["m", "r"], ["y"]),
    ]
    inputs = {"wave": ["b", 50], "gain": ["b", 1], "rate": (TensorProto.INT64, [])}
    return save(tmp_path / "m.onnx", nodes, inputs, {"y": ["b", 50]})


def test_other_inputs_are_filled_with_numbers(scaled):
    sound = windows(1, 50)
    model = opened(scaled, "wave", constants=("gain=0.5", "rate=8000"))
    assert np.array_equal(model.embed(sound)[0], sound * np.float32(0.5) + 8000)
    assert opened(scaled, constants=("gain=0.5", "rate=8000")).input == "wave"


def test_missing_and_surplus_numbers_are_named(scaled):
    with pytest.raises(InputError, match="--input: got none of the 3 inputs of m"):
        opened(scaled)
    expected = "--constants: got numbers for none, expected .* the model: gain, rate"
    with pytest.raises(InputError, match=expected):
        opened(scaled, "wave")
    with pytest.raises(InputError, match="--constants: got 'gain', expected NAME=NUMBER"):
        opened(scaled, "wave", constants=("gain",))


@pytest.mark.parametrize("shape", [[], [1, 2, 50], [1, 1, 1, 50]])
def test_input_that_is_no_wave_is_refused(tmp_path, shape):
    node = helper.make_node("Neg", ["x"], ["y"])
    path = save(tmp_path / "m.onnx", [node], {"x": shape}, {"y": shape})
    with pytest.raises(InputError, match=r"m.onnx, input 'x': got .*, expected a waveform: floats"):
        opened(path)


def test_output_of_another_shape_is_refused(tmp_path):
    node = helper.make_node("MatMul", ["wave", "w"], ["y"])
    more = {"w": np.ones((1, 1, 3, 50, 4), np.float32)}
    path = save(tmp_path / "m.onnx", [node], {"wave": [2, 50]}, {"y": None}, more)
    expected = r"output 'y': got shape \(1, 1, 3, 2, 4\) for 2 windows, expected \(windows, n\) or"
    with pytest.raises(BackendError, match=expected):
        opened(path).embed(windows(2, 50))


def test_failure_of_the_runtime_is_one_line(tmp_path):
    model = opened(any_length_model(tmp_path / "m.onnx"))
    with pytest.raises(BackendError, match=r"m.onnx: onnxruntime failed \(\w.*\)$") as raised:
        model.embed(windows(1, 3))  # shorter than the filters
    assert "\n" not in str(raised.value)
