"""Sessions of onnxruntime: device, digest, and errors of one line."""

import hashlib
import sys
from dataclasses import replace

import onnxruntime
import pytest
from gpuclf.audio import onnx_session
from gpuclf.audio.onnx_session import digest_of_model, onnx_backend, open_session
from gpuclf.backend import resolve
from gpuclf.errors import BackendError, InputError

from onnx_models import linear_model

GPU = replace(
    resolve("cpu"),
    name="gpu",
    onnx_providers=(("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})),
)


@pytest.fixture
def with_gpu(monkeypatch):
    """Let the backend be a GPU, whatever is chosen."""
    chosen = {"cpu": resolve("cpu")}
    monkeypatch.setattr(onnx_session, "resolve", lambda choice: chosen.get(choice, GPU))


def test_gpu_is_used_if_onnxruntime_supports_it(with_gpu, monkeypatch):
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    assert onnx_backend("auto") is onnx_backend("gpu") is GPU


def test_cpu_replaces_a_gpu_that_onnxruntime_does_not_support_unless_it_is_asked_for(
    with_gpu, monkeypatch, caplog
):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    assert onnx_backend("auto").name == onnx_backend(GPU).name == "cpu"
    assert "onnxruntime has no CUDAExecutionProvider" in caplog.text
    expected = "onnxruntime: got no CUDAExecutionProvider, expected .* install onnxruntime-gpu"
    with pytest.raises(BackendError, match=expected):
        onnx_backend("gpu")


@pytest.mark.filterwarnings("ignore:Specified provider:UserWarning")
def test_gpu_that_onnxruntime_cannot_use_after_all_is_one_line(tmp_path):
    with pytest.raises(BackendError, match="got a CUDAExecutionProvider that cannot be used"):
        open_session(linear_model(tmp_path / "m.onnx", 50), GPU)


def test_a_session_computes_on_one_thread(tmp_path):
    options = open_session(
        linear_model(tmp_path / "m.onnx", 50), resolve("cpu")
    ).get_session_options()
    assert options.intra_op_num_threads == options.inter_op_num_threads == 1


def test_file_of_another_kind_is_one_line(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(
        InputError, match=r"m\.onnx: got Protobuf parsing failed, expected an "
    ) as raised:
        open_session(path, resolve("cpu"))
    assert "\n" not in str(raised.value)


def test_missing_library_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"model: got no module onnxruntime, .*'gpuclf\[onnx\]'"):
        onnx_backend("cpu")


def test_digest_is_that_of_the_file_and_of_weights_next_to_it(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"graph")
    (tmp_path / "other.onnx.data").write_bytes(b"of another")
    assert digest_of_model(path) == hashlib.sha256(b"graph").hexdigest()
    for name in ("m.onnx.data", "m.onnx_data"):
        before = digest_of_model(path)
        (tmp_path / name).write_bytes(b"weights")
        assert digest_of_model(path) != before
    with pytest.raises(InputError, match=r"none\.onnx: got no such file, expected an ONNX model"):
        digest_of_model(tmp_path / "none.onnx")
