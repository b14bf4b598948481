"""Parameters of the feature extraction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, get_args

from gpuclf._utils.fields import check_names, conform_fields, parameter
from gpuclf.errors import InputError

FeatureName = Literal["Xa", "Xs", "Xn", "mel", "mfcc"]
Channel = Literal["mix", "first", "left", "right"]
FEATURE_NAMES: tuple[str, ...] = get_args(FeatureName)
MEL_SETS = frozenset({"mel", "mfcc"})


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """Parameters of the feature extraction.

    Parameters
    ----------
    features : tuple of {"Xa", "Xs", "Xn", "mel", "mfcc"}
        Comma-separated feature sets: Xa (raw frames), Xs (constant-Q magnitudes), Xn (Xs after
        local contrast normalisation), mel (log-mel spectrogram), mfcc (cepstral coefficients).
    sr : int
        Sampling rate in Hz; recordings are resampled.
    channel : {"mix", "first", "left", "right"}
        Channel of recordings with several: their mean (mix), the first, or the left or right one of
        stereo; the only channel of mono recordings.
    duration : float, optional
        Maximum duration from the start of each recording, in seconds; unlimited by default.
    n_fft : int
        Frame length of mel and mfcc, in samples.
    hop : int
        Hop length of mel and mfcc, in samples.
    n_mels : int
        Number of mel bands.
    n_mfcc : int
        Number of cepstral coefficients.
    fmin : float
        Lowest frequency of the mel bands, in Hz.
    fmax : float, optional
        Highest frequency of the mel bands, in Hz; half of sr by default.
    deltas : bool
        Append the first-order deltas to mel and mfcc, which doubles the number of features.
    frame : int
        Frame length of Xa, Xs and Xn, in samples; consecutive frames overlap by half.

    Raises
    ------
    InputError
        If a value is of the wrong type or outside its range, or two values are incompatible.

    Examples
    --------
    >>> Extraction(features="mel,Xs").features
    ('mel', 'Xs')
    >>> Extraction(sr=8000, fmax=5000)
    Traceback (most recent call last):
    gpuclf.errors.InputError: fmax: got 5000.0, expected at most 4000 (half of sr)
    """

    features: tuple[FeatureName, ...] = ("mel",)
    sr: int = parameter(22_050, at_least=4000)
    channel: Channel = "mix"
    duration: float | None = parameter(None, above=0)
    n_fft: int = parameter(2048, at_least=64)
    hop: int = parameter(512, at_least=16)
    n_mels: int = parameter(128, at_least=4, at_most=1024)
    n_mfcc: int = parameter(20, at_least=1, at_most=1024)
    fmin: float = parameter(0.0, at_least=0)
    fmax: float | None = parameter(None, above=0)
    deltas: bool = True
    frame: int = parameter(1024, at_least=64)

    def __post_init__(self) -> None:
        conform_fields(self)
        if not self.features or len(set(self.features)) < len(self.features):
            got = ", ".join(self.features) or "none"
            raise InputError("features", got=got, expected="distinct feature sets")
        if self.fmax is not None and self.fmax > self.sr / 2:
            expected = f"at most {self.sr / 2:g} (half of sr)"
            raise InputError("fmax", got=self.fmax, expected=expected)
        if self.fmin >= (self.fmax or self.sr / 2):
            expected = f"less than {self.fmax or self.sr / 2:g} (fmax)"
            raise InputError("fmin", got=self.fmin, expected=expected)
        if self.n_mfcc > self.n_mels and "mfcc" in self.features:
            raise InputError("n_mfcc", got=self.n_mfcc, expected=f"at most {self.n_mels} (n_mels)")
        if self.frame % 2:
            raise InputError("frame", got=self.frame, expected="an even number")

    def step(self, name: str) -> int:
        """Return the hop length of a feature set, in samples."""
        return self.hop if name in MEL_SETS else self.frame // 2

    def count_frames(self, name: str, samples: int) -> int:
        """Return the number of frames of a feature set for a number of samples at ``sr``.

        Examples
        --------
        >>> Extraction().count_frames("mel", 22050)
        44
        """
        if samples < self.min_samples:
            return 0
        if name in MEL_SETS:
            return 1 + (samples - self.n_fft % 2) // self.hop
        return 1 + (samples - (self.frame if name == "Xa" else 0)) // self.step(name)

    @property
    def band(self) -> tuple[float, float]:
        """Lowest and highest frequency of the mel bands, or of all sound at ``sr``, in Hz."""
        if MEL_SETS.issuperset(self.features):
            return self.fmin, self.fmax or self.sr / 2
        return 0.0, self.sr / 2

    @property
    def min_samples(self) -> int:
        """Number of samples below which a recording has no frame of some feature set."""
        return max(self.n_fft if name in MEL_SETS else self.frame for name in self.features)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON-serialisable built-ins; `from_dict` is the inverse."""
        return {**asdict(self), "features": list(self.features)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the extraction that `to_dict` has described.

        Raises
        ------
        InputError
            If a name is unknown or a value is invalid.
        """
        check_names(cls, values, "extraction")
        return cls(**values)
