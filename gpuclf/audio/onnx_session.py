"""Sessions of onnxruntime: a model file on the device of a backend.

The only module that imports onnxruntime, the optional dependency ``gpuclf[onnx]``. One session
serves all threads, each of which computes on its own core: the weights are in memory once, and no
sum depends on the number of threads.
"""

from __future__ import annotations

import glob
import hashlib
import logging
from pathlib import Path
from typing import Any

from gpuclf._utils.system_errors import system_reason
from gpuclf.backend import Backend, resolve
from gpuclf.errors import BackendError, InputError
from gpuclf.features.importers.optional import required_module

log = logging.getLogger("gpuclf")

BLOCK_BYTES = 2**20
FATAL = 4  # errors are raised, and not logged as well
INSTALL_GPU = "python -m pip install onnxruntime-gpu, in place of onnxruntime"


def onnx_backend(choice: str | Backend) -> Backend:
    """Return the backend on which onnxruntime can run for a choice of backend.

    Parameters
    ----------
    choice : {"auto", "cpu", "gpu", "gpu:N"} or Backend
        ``auto`` and a `Backend` fall back to the CPU if the installed onnxruntime does not support
        the GPU.

    Returns
    -------
    Backend

    Raises
    ------
    InputError
        If onnxruntime is not installed.
    BackendError
        If ``gpu`` is chosen by name, and onnxruntime does not support it.
    """
    backend = resolve(choice)
    provider = backend.onnx_providers[0][0]
    if provider in _onnxruntime().get_available_providers():
        return backend
    if isinstance(choice, str) and choice != "auto":
        raise BackendError("onnxruntime", got=f"no {provider}", expected=INSTALL_GPU)
    log.info(
        "onnxruntime has no %s, the CPU runs the model; to use the GPU: %s", provider, INSTALL_GPU
    )
    return resolve("cpu")


def open_session(path: Path, backend: Backend) -> Any:
    """Return a session of onnxruntime.

    Parameters
    ----------
    path : Path
        Model file.
    backend : Backend
        Device, as `onnx_backend` returns it.

    Returns
    -------
    onnxruntime.InferenceSession

    Raises
    ------
    InputError
        If onnxruntime is not installed, or cannot load the file.
    BackendError
        If onnxruntime cannot use the device.
    """
    onnxruntime = _onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = FATAL
    try:
        session = onnxruntime.InferenceSession(
            path, sess_options=options, providers=[*backend.onnx_providers]
        )
    except Exception as error:  # onnxruntime has an exception type for each of its status codes
        got = message_of(error).removeprefix(f"Load model from {path} failed:").rstrip(".")
        raise InputError(str(path), got=got, expected="an ONNX model") from error
    provider = backend.onnx_providers[0][0]
    if provider not in session.get_providers():
        expected = "CUDA and cuDNN of the versions that onnxruntime requires, or --backend cpu"
        raise BackendError(
            "onnxruntime", got=f"a {provider} that cannot be used", expected=expected
        )
    return session


def runtime_version() -> str:
    """Return the version of onnxruntime."""
    return str(_onnxruntime().__version__)


def digest_of_model(path: Path) -> str:
    """Return the SHA-256 digest of a model file.

    It includes the weights that are stored in other files next to it, whose names begin with the
    name of the model and ``.data`` or ``_data``.

    Raises
    ------
    InputError
        If a file cannot be read.

    Examples
    --------
    >>> path = Path("a.onnx")
    >>> _ = path.write_bytes(b"model")
    >>> digest_of_model(path) == hashlib.sha256(b"model").hexdigest()
    True
    """
    digest = hashlib.sha256()
    try:
        for part in [path, *sorted(path.parent.glob(f"{glob.escape(path.name)}[._]data*"))]:
            with part.open("rb") as file:
                while block := file.read(BLOCK_BYTES):
                    digest.update(block)
    except OSError as error:
        raise InputError(str(path), got=system_reason(error), expected="an ONNX model") from error
    return digest.hexdigest()


def message_of(error: Exception) -> str:
    r"""Return the message of an error of onnxruntime in one line, without its prefixes.

    Examples
    --------
    >>> message_of(ValueError("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got 3\n index: 1"))
    'Got 3 index: 1'
    """
    return " ".join(str(error).rpartition("[ONNXRuntimeError] : ")[2].split(" : ", 2)[-1].split())


def _onnxruntime() -> Any:
    required_module("onnxruntime", extra="onnx", what="model")
    import onnxruntime

    return onnxruntime
