"""Which GPU computes, and with which precision."""

import warnings

import pytest
from gpuclf.backend import resolve
from gpuclf.backend.gpu_device import onnx_providers
from gpuclf.errors import BackendError


@pytest.fixture(autouse=True)
def cupy_is_installed(find_spec, monkeypatch):
    find_spec(cupy=True)
    for variable in ("CUDA_VISIBLE_DEVICES", "CUPY_TF32", "NVIDIA_TF32_OVERRIDE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("devices", "visible", "message"),
    [
        (2, None, r"device: got 2, expected 0 to 1 \(2 GPUs visible\)"),
        (1, None, r"device: got 2, expected 0 \(1 GPU visible\)"),
        (
            *(2, "4,5"),
            r"device: got 2, expected 0 to 1 \(2 GPUs visible, CUDA_VISIBLE_DEVICES=4,5\)",
        ),
    ],
)
def test_a_wrong_number_raises_with_the_number_of_visible_gpus(
    fake_cupy, monkeypatch, devices, visible, message
):
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    cuda = fake_cupy(devices=devices).cuda
    with pytest.raises(BackendError, match=f"^{message}$"):
        resolve("gpu:2")
    assert cuda.Device().id == 0


def test_no_visible_gpu_raises_with_the_variable_that_hides_them(fake_cupy, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    fake_cupy(devices=0)
    with pytest.raises(BackendError, match="is detected; CUDA_VISIBLE_DEVICES=''"):
        resolve("gpu:0")


def test_gpu_is_the_current_device_of_cupy(fake_cupy):
    cuda = fake_cupy(devices=3).cuda
    cuda.Device(2).use()
    assert resolve("gpu").device == "A GPU, device 2 of 3"


def test_a_second_gpu_in_one_process_raises_and_the_first_stays_current(fake_cupy):
    cuda = fake_cupy(devices=3).cuda
    resolve("gpu:1")
    with pytest.raises(BackendError, match="device: got 2, expected 1, which this process uses"):
        resolve("gpu:2")
    assert cuda.Device().id == 1
    assert resolve("auto").device == resolve("gpu").device == "A GPU, device 1 of 3"


def test_a_failed_allocation_leaves_the_choice_open(fake_cupy):
    cupy = fake_cupy(devices=2)

    def zeros(count):
        if cupy.cuda.Device().id == 0:
            raise RuntimeError("out of memory")
        return cupy.empty(count)

    cupy.zeros = zeros
    with pytest.raises(BackendError, match=r"no working CUDA device \(out of memory\)"):
        resolve("gpu:0")
    assert resolve("gpu:1").number == 1


def test_tf32_is_disabled_for_matrix_products(fake_cupy, caplog):
    cupy = fake_cupy(compute_type=7)
    with caplog.at_level("INFO", "gpuclf"):
        resolve("gpu")
    assert cupy.compute_type == 4
    assert "CUPY_TF32 is disabled" in caplog.text


@pytest.mark.parametrize("compute_type", [1, 2, 4])
def test_other_types_of_matrix_products_are_kept(fake_cupy, compute_type):
    cupy = fake_cupy(compute_type=compute_type)
    resolve("gpu")
    assert cupy.compute_type == compute_type


@pytest.mark.parametrize("value", ["1", "0", ""])
def test_forced_tf32_is_a_warning(fake_cupy, monkeypatch, value):
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", value)
    fake_cupy()
    with warnings.catch_warnings(record=True, action="always") as caught:
        resolve("gpu")
    messages = [str(warning.message) for warning in caught]
    assert [message.partition(":")[0] for message in messages] == (
        ["NVIDIA_TF32_OVERRIDE=1"] if value == "1" else []
    )


@pytest.mark.parametrize("value", ["1", "0"])
def test_tf32_that_cannot_be_disabled_is_a_warning(fake_cupy, monkeypatch, value):
    monkeypatch.setenv("CUPY_TF32", value)
    del fake_cupy()._core._routines_linalg.get_compute_type
    with warnings.catch_warnings(record=True, action="always") as caught:
        resolve("gpu")
    assert [str(warning.message)[:10] for warning in caught] == ["CUPY_TF32:"] * int(value)


def test_cupy_has_the_types_of_matrix_products_in_use():
    """They are not part of CuPy's public interface; no GPU is needed."""
    products = pytest.importorskip("cupy._core", reason="CuPy is not installed")._routines_linalg
    assert products.COMPUTE_TYPE_FP32 != products.COMPUTE_TYPE_TF32
    before = products.get_compute_type("float32")
    products.set_compute_type("float32", products.COMPUTE_TYPE_FP32)
    assert products.get_compute_type("float32") == products.COMPUTE_TYPE_FP32
    products.set_compute_type("float32", before)


def test_onnxruntime_computes_on_the_same_gpu_in_float32_and_else_on_the_cpu():
    (first, options), (second, _) = onnx_providers(1)
    assert (first, second) == ("CUDAExecutionProvider", "CPUExecutionProvider")
    assert (options["device_id"], options["use_tf32"]) == ("1", "0")
