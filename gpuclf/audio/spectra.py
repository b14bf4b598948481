"""The features of the frames of a sound; arrays ``(frames, n)``, float32, frames in order of time.

A frame of ``mel`` and ``mfcc`` is centred ``hop`` samples after the one before, and those of
``Xs`` and ``Xn`` half a ``frame``: frame ``t`` lies around sample ``t * step``. A frame of ``Xa``
begins there. Of ``Xa``, ``Xs`` and ``Xn`` the even ones are the thesis's aligned frames, and the
odd ones its overlapped ones.
"""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuclf._typing import Frames
from gpuclf.audio.decoding import UnusableError
from gpuclf.audio.settings import Extraction

LOWEST = "C2"  # of the constant-Q transform
OCTAVES, BINS_AN_OCTAVE = 4, 24
NEIGHBOURHOOD = (2.0, 4.0)  # deviations of a Gaussian window, in frames and in bins
DELTA_FRAMES = 9
FLOOR = 80.0  # dB below a recording's peak, where its logarithmic spectrum ends


class Spectra:
    """The feature sets of a sound, each computed when it is asked for.

    Parameters
    ----------
    sound : float32 array, shape (samples,)
        Sampled as the extraction says.
    extraction : Extraction

    Raises
    ------
    UnusableError
        If the sound is shorter than a frame.

    Examples
    --------
    >>> sound = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050).astype(np.float32)
    >>> spectra = Spectra(sound, Extraction(features="mel,Xa,Xs"))
    >>> spectra.mel.shape, spectra.Xa.shape, spectra.Xs.shape
    ((44, 256), (42, 1024), (44, 96))
    >>> int(spectra.Xs.mean(axis=0).argmax())  # A4 is 33 semitones above C2, two bins each
    66
    """

    def __init__(self, sound: Frames, extraction: Extraction) -> None:
        if len(sound) < extraction.least:
            raise UnusableError(
                f"has {len(sound)} samples, fewer than a frame's {extraction.least}"
            )
        self.sound, self.extraction = sound, extraction

    def __getitem__(self, name: str) -> Frames:
        frames: Frames = getattr(self, name)
        return frames

    @cached_property
    def Xa(self) -> Frames:  # noqa: N802
        """Samples of each frame."""
        frame = self.extraction.frame
        windows = np.lib.stride_tricks.sliding_window_view(self.sound, frame)
        return np.ascontiguousarray(windows[:: frame // 2])

    @cached_property
    def Xs(self) -> Frames:  # noqa: N802
        """Magnitudes of the constant-Q transform, two bins a semitone, four octaves from C2."""
        import librosa

        hop = self.extraction.frame // 2
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "n_fft=.* is too large for input", UserWarning)
            transform = librosa.cqt(
                self.sound,
                sr=self.extraction.sr,
                hop_length=hop,
                fmin=librosa.note_to_hz(LOWEST),
                n_bins=OCTAVES * BINS_AN_OCTAVE,
                bins_per_octave=BINS_AN_OCTAVE,
            )
        magnitudes: Frames = np.abs(np.asarray(transform)).T.astype(np.float32, order="C")
        return magnitudes[: 1 + len(self.sound) // hop]  # a short sound is filled up by some more

    @cached_property
    def Xn(self) -> Frames:  # noqa: N802
        """``Xs`` with its local contrast normalised.

        Of each value, the mean of its neighbours in time and frequency is subtracted, weighted by a
        Gaussian window; the difference is divided by their standard deviation, weighted in the same
        way, but no less than its mean (K. Jarrett et al., What is the best multi-stage architecture
        for object recognition?, ICCV 2009, section 2; for constant-Q spectra M. Henaff et al.,
        Unsupervised learning of sparse features for scalable audio classification, ISMIR 2011).
        """
        from scipy.ndimage import gaussian_filter

        centred = self.Xs - gaussian_filter(self.Xs, NEIGHBOURHOOD)
        deviation: Frames = np.sqrt(gaussian_filter(centred**2, NEIGHBOURHOOD))
        least = max(float(deviation.mean()), float(np.finfo(np.float32).tiny))
        normalised: Frames = centred / deviation.clip(min=least)
        return normalised

    @cached_property
    def mel(self) -> Frames:
        """Power of mel bands in dB, down to 80 dB below the recording's peak; and deltas."""
        import librosa

        one = self.extraction
        power = librosa.feature.melspectrogram(
            y=self.sound,
            sr=one.sr,
            n_fft=one.n_fft,
            hop_length=one.hop,
            n_mels=one.n_mels,
            fmin=one.fmin,
            fmax=one.fmax,
        )
        return self._with_deltas(librosa.power_to_db(power, top_db=FLOOR))

    @cached_property
    def mfcc(self) -> Frames:
        """Cosine transform of ``mel``, the first coefficients; and deltas."""
        import librosa

        bands = self.mel[:, : self.extraction.n_mels]
        count = self.extraction.n_mfcc
        return self._with_deltas(librosa.feature.mfcc(S=bands.T, n_mfcc=count))

    def _with_deltas(self, values: npt.NDArray[np.floating[Any]]) -> Frames:
        """Put behind values ``(n, frames)`` their slope over nine frames, if deltas are wanted."""
        import librosa

        parts = [values]
        if self.extraction.deltas:
            parts.append(librosa.feature.delta(values, width=DELTA_FRAMES, mode="nearest"))
        return np.ascontiguousarray(np.concatenate(parts).T, dtype=np.float32)
