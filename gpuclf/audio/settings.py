"""Extraction: every setting of how recordings become frames of features, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from gpuclf._utils.fields import conform_fields, parameter
from gpuclf.errors import InputError, did_you_mean

FeatureName = Literal["Xa", "Xs", "Xn", "mel", "mfcc"]
FEATURE_NAMES: tuple[str, ...] = get_args(FeatureName)


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """Every setting of an extraction.

    Parameters
    ----------
    features : tuple of {"Xa", "Xs", "Xn", "mel", "mfcc"}
        Feature sets, with commas between: Xa raw frames, Xs constant-Q magnitudes, Xn the same
        with local contrast normalised, mel logarithmic mel spectrum, mfcc its cosine transform.
    sr : int
        Samples a second; recordings are resampled.
    duration : float, optional
        Seconds from the start of each recording; all by default.
    n_fft : int
        Samples of a frame of mel and mfcc.
    hop : int
        Samples between frames of mel and mfcc.
    n_mels : int
        Mel bands.
    n_mfcc : int
        Cepstral coefficients.
    fmin : float
        Lowest frequency of the mel bands, Hz.
    fmax : float, optional
        Highest frequency of the mel bands, Hz; half of sr by default.
    deltas : bool
        Put behind mel and mfcc how fast they change: twice as many features.
    frame : int
        Samples of a frame of Xa, Xs and Xn; each begins half-way in the last.

    Raises
    ------
    InputError
        If a value is of the wrong type or outside its range, or two do not go together.

    Examples
    --------
    >>> Extraction(features="mel,Xs").features
    ('mel', 'Xs')
    >>> Extraction(sr=8000, fmax=5000)
    Traceback (most recent call last):
    gpuclf.errors.InputError: fmax: got 5000.0, expected at most 4000, half of sr
    """

    features: tuple[FeatureName, ...] = ("mel",)
    sr: int = parameter(22_050, at_least=4000)
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
            raise InputError("features", got=got, expected="one or more, each once")
        if self.fmax is not None and self.fmax > self.sr / 2:
            expected = f"at most {self.sr / 2:g}, half of sr"
            raise InputError("fmax", got=self.fmax, expected=expected)
        if self.fmin >= (self.fmax or self.sr / 2):
            expected = f"less than fmax, {self.fmax or self.sr / 2:g}"
            raise InputError("fmin", got=self.fmin, expected=expected)
        if self.n_mfcc > self.n_mels and "mfcc" in self.features:
            raise InputError("n_mfcc", got=self.n_mfcc, expected=f"at most n_mels, {self.n_mels}")
        if self.frame % 2:
            raise InputError("frame", got=self.frame, expected="an even number")

    def step(self, name: str) -> int:
        """Give the samples between the frames of a feature set."""
        return self.hop if name in ("mel", "mfcc") else self.frame // 2

    @property
    def least(self) -> int:
        """Samples of the shortest recording that has a frame of every feature set."""
        return max(self.n_fft if name in ("mel", "mfcc") else self.frame for name in self.features)

    def to_dict(self) -> dict[str, Any]:
        """Give every setting as plain values; `from_dict` reads it back."""
        return {**asdict(self), "features": list(self.features)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make it again.

        Raises
        ------
        InputError
            If a name is not known, or a value does not fit.
        """
        known = [each.name for each in fields(cls)]
        for name in values:
            if name not in known:
                raise InputError("extraction", got=repr(name), expected=did_you_mean(name, known))
        return cls(**values)
