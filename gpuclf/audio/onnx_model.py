"""ONNX models that compute embeddings from waveforms, window by window.

The waveform is an input of shape ``(samples)``, ``(batch, samples)`` or ``(batch, 1, samples)``.
The output has shape ``(n)`` or ``(frames, n)`` for each window, after axes of length 1 are removed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gpuclf._typing import AnyArray, Frames
from gpuclf.audio.onnx_session import message_of, open_session
from gpuclf.backend import Backend
from gpuclf.errors import BackendError, InputError, listed, one_of

FLOATS = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
}
NUMBERS = {
    **FLOATS,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


class OnnxModel:
    """Model file on the device of a backend.

    Parameters
    ----------
    path : path
        Model file.
    backend : Backend
        Device, as `gpuclf.audio.onnx_session.onnx_backend` returns it.
    input, output : str, optional
        Input of the waveform and output of the embeddings; by default the only ones.
    constants : tuple of str
        Numbers ``NAME=NUMBER`` that fill the other inputs.

    Attributes
    ----------
    input, output : str
        Their names.
    samples : int or None
        Number of samples of a window; None if the model accepts any.
    batch : int
        Number of windows that `embed` accepts: that of the model if it is fixed, else that of the
        backend, so that the rounding of a window does not depend on the length of the recording.

    Raises
    ------
    InputError
        If the file is no model of waveforms, or an input or output is ambiguous or missing.
    """

    def __init__(
        self,
        path: str | Path,
        backend: Backend,
        input: str | None = None,
        output: str | None = None,
        constants: tuple[str, ...] = (),
    ) -> None:
        self.path, self.backend = Path(path), backend
        self._session = open_session(self.path, backend)
        given = dict(map(_constant, constants))
        inputs = {each.name: each for each in self._session.get_inputs()}
        outputs = [each.name for each in self._session.get_outputs()]
        self.input = self._chosen("input", input, [name for name in inputs if name not in given])
        self.output = self._chosen("output", output, outputs)
        wave = inputs.pop(self.input)
        self._check_wave(wave)
        self._dtype, self._rank = FLOATS[wave.type], len(wave.shape)
        self.samples = wave.shape[-1] if isinstance(wave.shape[-1], int) else None
        axis = wave.shape[0] if self._rank > 1 else 1
        self.batch = axis if isinstance(axis, int) else backend.onnx_batch
        if inputs.keys() != given.keys():
            got = f"numbers for {listed(given) or 'none'}"
            expected = f"NAME=NUMBER for each other input of the model: {listed(inputs) or 'none'}"
            raise InputError("--constants", got=got, expected=expected)
        self._constants = {
            name: self._filled(each, given[name], axis) for name, each in inputs.items()
        }

    def embed(self, windows: Frames) -> Frames:
        """Return the embeddings of windows.

        Parameters
        ----------
        windows : float32 array, shape (batch, samples)

        Returns
        -------
        float32 array, shape (batch, frames, n)

        Raises
        ------
        BackendError
            If onnxruntime fails, or the shape of the output is not that of embeddings.
        """
        count, samples = windows.shape
        shape = {1: (samples,), 2: (count, samples), 3: (count, 1, samples)}[self._rank]
        wave = windows.reshape(shape).astype(self._dtype, copy=False)
        try:
            with self.backend.exclusive():
                (values,) = self._session.run([self.output], {self.input: wave, **self._constants})
        except (BackendError, MemoryError):
            raise
        except Exception as error:  # onnxruntime has an exception type for each status code
            raise BackendError(f"{self.path}: onnxruntime failed ({message_of(error)})") from error
        return self._frames(values, count)

    def _frames(self, values: Any, count: int) -> Frames:
        """Return an output of the model as frames of each window."""
        what = f"{self.path}, output {self.output!r}"
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
            got = f"values of type {getattr(values, 'dtype', type(values).__name__)}"
            raise BackendError(what, got=got, expected="a tensor of numbers")
        if count == 1 and values.shape[:1] != (1,):  # no axis of windows
            values = values[None]
        sizes = [size for size in values.shape[1:] if size != 1]
        if values.shape[:1] != (count,) or len(sizes) > 2 or not values.size:
            got = f"shape {values.shape} for {count} windows"
            raise BackendError(what, got=got, expected="(windows, n) or (windows, frames, n)")
        frames = sizes[0] if len(sizes) == 2 else 1
        embeddings: Frames = values.reshape(count, frames, -1).astype(np.float32)
        return embeddings

    def _chosen(self, kind: str, name: str | None, names: list[str]) -> str:
        """Return the name of an input or output: the given one, or the only one."""
        if name is None and len(names) == 1:
            return names[0]
        if name is None or name not in names:
            got = repr(name) if name else f"none of the {len(names)} {kind}s of {self.path.name}"
            raise InputError(f"--{kind}", got=got, expected=one_of(names))
        return name

    def _check_wave(self, wave: Any) -> None:
        """Check that an input can be a waveform."""
        shape, kind = wave.shape, wave.type
        fixed = [size for size in shape[1:-1] if isinstance(size, int)]
        if kind not in FLOATS or not 1 <= len(shape) <= 3 or set(fixed) - {1}:
            got = f"{kind} of shape {_text(shape)}"
            expected = "a waveform: floats (samples), (batch, samples) or (batch, 1, samples)"
            raise InputError(f"{self.path}, input {wave.name!r}", got=got, expected=expected)

    def _filled(self, other: Any, number: float, axis: Any) -> AnyArray:
        """Return an input filled with a number; ``axis`` is the size or name of that of windows."""
        sizes = [self.batch if size == axis else size for size in other.shape]
        if other.type not in NUMBERS or not all(isinstance(size, int) for size in sizes):
            got = f"{other.type} of shape {_text(other.shape)}"
            expected = "numbers in a shape that is fixed but for the batch"
            raise InputError(f"{self.path}, input {other.name!r}", got=got, expected=expected)
        return np.full(sizes, number, NUMBERS[other.type])


def _constant(text: str) -> tuple[str, float]:
    """Return the name and the number of ``NAME=NUMBER``.

    >>> _constant("sr=16000")
    ('sr', 16000.0)
    """
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError as error:
        expected = "NAME=NUMBER, such as sr=16000"
        raise InputError("--constants", got=repr(text), expected=expected) from error


def _text(shape: list[Any]) -> str:
    """Format a shape, in which sizes that vary are names or None.

    >>> _text(["batch", None, 3])
    '(batch, ?, 3)'
    """
    return f"({', '.join('?' if size is None else str(size) for size in shape)})"
