"""Embeddings of recordings: windows of a signal, through an ONNX model.

The windows of a recording are computed batch by batch, all of one size; zeros fill the last one.
Embeddings do not depend on other recordings, on the number of workers or on the order.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gpuclf._typing import Frames
from gpuclf.audio.embedding import Embedding
from gpuclf.audio.onnx_model import OnnxModel
from gpuclf.audio.onnx_session import digest_of_model, onnx_backend, runtime_version
from gpuclf.audio.unusable import UnusableError
from gpuclf.backend import Backend
from gpuclf.errors import InputError

DIGEST_SHOWN = 12  # characters


def embedding_of(
    path: str | os.PathLike[str],
    *,
    sr: int,
    window: float | None = None,
    window_hop: float | None = None,
    input: str | None = None,
    output: str | None = None,
    name: str | None = None,
    constants: tuple[str, ...] = (),
    **options: Any,
) -> Embedding:
    """Return the parameters of an extraction of embeddings by an ONNX model.

    Parameters
    ----------
    path : path
        Model file. It is run once, on a window of zeros.
    sr : int
        Sampling rate that the model expects, in Hz; the file does not state it.
    window : float, optional
        Length of a window in seconds; required unless the model has a fixed number of samples.
    window_hop : float, optional
        Distance of the starts of consecutive windows in seconds; that of the windows by default.
    input, output : str, optional
        Input of the waveform and output of the embeddings; by default the only ones.
    name : str, optional
        Name of the feature set; that of the output by default.
    constants : tuple of str
        Numbers ``NAME=NUMBER`` that fill the other inputs of the model.
    **options
        ``channel`` and ``duration``; see `gpuclf.audio.embedding.Embedding`.

    Returns
    -------
    Embedding

    Raises
    ------
    InputError
        If onnxruntime is not installed, the file is no model of waveforms, or a parameter is
        missing or contradicts the model.
    BackendError
        If the model cannot compute a window of this length.

    Examples
    --------
    >>> embedding_of("bird.onnx", sr=32000, window=5, output="embedding")  # doctest: +SKIP
    """
    path = Path(path).absolute()  # a link keeps its name and stands next to its weights
    digest = digest_of_model(path)
    model = OnnxModel(path, onnx_backend("cpu"), input, output, constants)
    samples = _window_samples(model, window, sr)
    frames = model.embed(np.zeros((model.batch, samples), np.float32)).shape[1]
    return Embedding(
        model=str(path),
        digest=digest,
        input=model.input,
        output=model.output,
        name=model.output if name is None else name,
        sr=sr,
        window=samples,
        window_hop=samples if window_hop is None else round(window_hop * sr),
        frames_per_window=frames,
        constants=constants,
        **options,
    )


def _window_samples(model: OnnxModel, window: float | None, sr: int) -> int:
    """Return the number of samples of a window, after a check that the model accepts it."""
    name, fixed = model.path.name, model.samples
    if window is None:
        if fixed is None:
            expected = f"seconds: {name} accepts windows of any length"
            raise InputError("--window", got="none", expected=expected)
        return fixed
    samples = round(window * sr)
    if fixed not in (None, samples):
        got = f"{window:g} s, which are {samples} samples at {sr} Hz"
        raise InputError("--window", got=got, expected=f"{fixed}, the fixed input of {name}")
    return samples


class OnnxFrontEnd:
    """Computation of the embeddings of signals; see `gpuclf.audio.front_end.FrontEnd`.

    Parameters
    ----------
    embedding : Embedding
        Parameters.
    """

    processes = False  # onnxruntime releases the lock of Python

    def __init__(self, embedding: Embedding) -> None:
        self.embedding = embedding

    def backend(self, choice: str | Backend) -> Backend:
        """Return where to compute; the digest of the model is verified and the model loaded."""
        backend = onnx_backend(choice)
        _check_digest(self.embedding)
        _loaded(self.embedding, backend)
        return backend

    def packages(self, backend: Backend) -> dict[str, str]:
        """Return the version of onnxruntime, its device, and the digest of the model."""
        provider = backend.onnx_providers[0][0].removesuffix("ExecutionProvider")
        return {
            "onnxruntime": f"{runtime_version()} {provider}",
            Path(self.embedding.model).name: f"sha256:{self.embedding.digest}",
        }

    def frames(self, sound: Frames, backend: Backend) -> dict[str, Frames]:
        """Return the embeddings ``(frames, n)`` of a signal by the name of the feature set.

        Raises
        ------
        UnusableError
            If one is not finite.
        """
        embedding, model = self.embedding, _loaded(self.embedding, backend)
        starts = embedding.starts(len(sound))
        embeddings = []
        for first in range(0, len(starts), model.batch):
            windows = np.zeros((model.batch, embedding.window), np.float32)
            batch = starts[first : first + model.batch]
            for window, start in zip(windows, batch, strict=False):
                part = sound[start : start + embedding.window]
                window[: len(part)] = part
            embeddings.append(model.embed(windows)[: len(batch)])
        frames: Frames = np.concatenate(embeddings).reshape(-1, embeddings[0].shape[2])
        if not np.isfinite(frames).all():
            raise UnusableError("has an embedding with NaN or infinite values")
        return {embedding.name: frames}


@lru_cache(maxsize=1)
def _loaded(embedding: Embedding, backend: Backend) -> OnnxModel:
    """Return the model of an embedding on a device; the last one is reused."""
    names = embedding.input, embedding.output
    return OnnxModel(embedding.model, backend, *names, embedding.constants)


def _check_digest(embedding: Embedding) -> None:
    """Check that the model file is the one that the parameters describe."""
    path = Path(embedding.model)
    if not path.exists():
        digest = f"{embedding.digest[:DIGEST_SHOWN]}…"
        expected = f"the ONNX model with the SHA-256 digest {digest}, or its path as --onnx"
        raise InputError(str(path), got="no such file", expected=expected)
    digest = digest_of_model(path)
    if digest != embedding.digest:
        got = f"the SHA-256 digest {digest[:DIGEST_SHOWN]}…"
        expected = f"{embedding.digest[:DIGEST_SHOWN]}…, of the model that the features come from"
        raise InputError(str(path), got=got, expected=expected)
