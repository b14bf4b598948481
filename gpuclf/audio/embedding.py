"""Parameters of an extraction of embeddings: frames that an ONNX model computes from waveforms.

Window ``k`` of a recording starts at sample ``k * window_hop``. Windows that lie within the
recording are followed by one more, padded with zeros, if the last of them ends before the recording
does, and at least half of the next is sound. The first window is always there, so that a recording
of any length has frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass
from typing import Any, Self

from gpuclf._utils.fields import check_names, conform_fields, parameter
from gpuclf.audio.settings import Channel
from gpuclf.errors import InputError
from gpuclf.features.names import check_set_names


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """Parameters of an extraction of embeddings by an ONNX model.

    `gpuclf.audio.onnx_model.embedding_of` creates one from a model file.

    Parameters
    ----------
    model : str
        Path of the model file.
    digest : str
        SHA-256 digest of the model; see `gpuclf.audio.onnx_model.digest_of_model`.
    input : str
        Input of the model that receives the waveform.
    output : str
        Output of the model that contains the embeddings.
    name : str
        Name of the feature set.
    sr : int
        Sampling rate that the model expects, in Hz; recordings are resampled.
    window : int
        Length of a window, in samples.
    window_hop : int
        Distance of the starts of consecutive windows, in samples.
    frames_per_window : int
        Number of frames that the model computes per window. Several frames divide the window
        evenly; consecutive windows then do not overlap.
    constants : tuple of str
        Numbers ``NAME=NUMBER`` that fill the other inputs of the model.
    channel : {"mix", "first", "left", "right"}
        Channel of recordings with several; see `gpuclf.audio.settings.Extraction`.
    duration : float, optional
        Maximum duration from the start of each recording, in seconds; unlimited by default.

    Raises
    ------
    InputError
        If a value is of the wrong type or outside its range, or two values are incompatible.

    Examples
    --------
    >>> embedding = Embedding(
    ...     model="bird.onnx", digest="", input="wave", output="embedding", name="embedding",
    ...     sr=32000, window=160000, window_hop=160000, frames_per_window=1,
    ... )
    >>> embedding.features, embedding.step("embedding") / embedding.sr
    (('embedding',), 5.0)
    >>> list(embedding.starts(250_000))  # the second window is padded
    [0, 160000]
    """

    model: str
    digest: str
    input: str
    output: str
    name: str
    sr: int = parameter(MISSING, at_least=4000)
    window: int = parameter(MISSING, at_least=1)
    window_hop: int = parameter(MISSING, at_least=1)
    frames_per_window: int = parameter(MISSING, at_least=1)
    constants: tuple[str, ...] = ()
    channel: Channel = "mix"
    duration: float | None = parameter(None, above=0)

    def __post_init__(self) -> None:
        conform_fields(self)
        if "/" in self.name:
            raise InputError("name", got=repr(self.name), expected="a name without '/'; --name")
        check_set_names([self.name])
        if self.frames_per_window > 1 and self.window_hop != self.window:
            got = f"{self.window_hop / self.sr:g} s"
            expected = (
                f"{self.window / self.sr:g}, the window: output {self.output!r} has "
                f"{self.frames_per_window} frames per window"
            )
            raise InputError("window_hop", got=got, expected=expected)

    @property
    def features(self) -> tuple[str, ...]:
        """Name of the feature set, as the only one of the extraction."""
        return (self.name,)

    def step(self, name: str) -> float:
        """Return the distance of consecutive frames, in samples."""
        return self.window_hop / self.frames_per_window

    def starts(self, samples: int) -> range:
        """Return the first sample of each window of a recording of a number of samples."""
        whole = max(0, (samples - self.window) // self.window_hop + 1)
        covered = (whole - 1) * self.window_hop + self.window
        rest = samples - whole * self.window_hop
        padded = not whole or (covered < samples and 2 * rest >= self.window)
        return range(0, (whole + padded) * self.window_hop, self.window_hop)

    def count_frames(self, name: str, samples: int) -> int:
        """Return the number of frames of a recording of a number of samples at ``sr``."""
        return len(self.starts(samples)) * self.frames_per_window

    @property
    def band(self) -> tuple[float, float]:
        """Lowest and highest frequency of sound at ``sr``, in Hz."""
        return 0.0, self.sr / 2

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON-serialisable built-ins; `from_dict` is the inverse."""
        return {**asdict(self), "constants": list(self.constants)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the embedding that `to_dict` has described.

        Raises
        ------
        InputError
            If a name is unknown or a value is invalid.
        """
        check_names(cls, values, "extraction")
        return cls(**values)
