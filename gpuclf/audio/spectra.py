"""Frame-level features of a signal: float32 arrays of shape ``(frames, n)``.

Frame ``t`` of ``mel``, ``mfcc``, ``Xs`` and ``Xn`` is centred on sample ``t * step``; frame ``t``
of ``Xa`` starts there. The step is ``hop`` for ``mel`` and ``mfcc``, and half of ``frame`` for the
others, whose even and odd frames are the aligned and overlapped frames of the thesis.

The backend computes ``mel`` and ``mfcc``; the others are computed on the CPU with every backend.
"""

from __future__ import annotations

import warnings
from functools import cached_property

import numpy as np

from gpuclf._typing import Frames
from gpuclf.audio.mel import mel_analysis
from gpuclf.audio.settings import Extraction
from gpuclf.audio.unusable import UnusableError
from gpuclf.backend import Backend

LOWEST_NOTE = "C2"  # of the constant-Q transform
OCTAVES, BINS_PER_OCTAVE = 4, 24
SIGMAS = (2.0, 4.0)  # Gaussian window of the contrast normalisation, in frames and in bins


class Spectra:
    """Feature sets of a signal, those of an extraction, computed on first access.

    Parameters
    ----------
    sound : float32 array, shape (samples,)
        Mono signal at the sampling rate of the extraction.
    extraction : Extraction
        Names and parameters of the feature sets.
    backend : Backend
        Where ``mel`` and ``mfcc`` are computed.

    Raises
    ------
    UnusableError
        If the signal is shorter than one frame.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> sound = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050).astype(np.float32)
    >>> spectra = Spectra(sound, Extraction(features="mel,Xa,Xs"), resolve("cpu"))
    >>> spectra.mel.shape, spectra.Xa.shape, spectra.Xs.shape
    ((44, 256), (42, 1024), (44, 96))
    >>> int(spectra.Xs.mean(axis=0).argmax())  # A4 is 33 semitones above C2, two bins each
    66
    """

    def __init__(self, sound: Frames, extraction: Extraction, backend: Backend) -> None:
        minimum = extraction.min_samples
        if len(sound) < minimum:
            raise UnusableError(f"has {len(sound)} samples, fewer than one frame ({minimum})")
        self.sound, self.extraction, self.backend = sound, extraction, backend

    def __getitem__(self, name: str) -> Frames:
        frames: Frames = getattr(self, name)
        return frames

    @cached_property
    def Xa(self) -> Frames:  # noqa: N802
        """Raw frames, shape ``(frames, frame)``."""
        frame = self.extraction.frame
        windows = np.lib.stride_tricks.sliding_window_view(self.sound, frame)
        return np.ascontiguousarray(windows[:: frame // 2])

    @cached_property
    def Xs(self) -> Frames:  # noqa: N802
        """Magnitudes of the constant-Q transform: four octaves from C2, two bins per semitone."""
        import librosa

        hop = self.extraction.frame // 2
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "n_fft=.* is too large for input", UserWarning)
            transform = librosa.cqt(
                self.sound,
                sr=self.extraction.sr,
                hop_length=hop,
                fmin=librosa.note_to_hz(LOWEST_NOTE),
                n_bins=OCTAVES * BINS_PER_OCTAVE,
                bins_per_octave=BINS_PER_OCTAVE,
            )
        magnitudes: Frames = np.abs(np.asarray(transform)).T.astype(np.float32, order="C")
        return magnitudes[: 1 + len(self.sound) // hop]  # librosa pads short signals

    @cached_property
    def Xn(self) -> Frames:  # noqa: N802
        """``Xs`` after local contrast normalisation.

        The mean over a Gaussian neighbourhood in time and frequency is subtracted; the difference
        is divided by the local standard deviation, or by its mean over the recording if that is
        larger [1]_. It was applied to constant-Q spectra in [2]_.

        References
        ----------
        .. [1] K. Jarrett et al., "What is the best multi-stage architecture for object
           recognition?", ICCV 2009, section 2.
        .. [2] M. Henaff et al., "Unsupervised learning of sparse features for scalable audio
           classification", ISMIR 2011.
        """
        from scipy.ndimage import gaussian_filter

        centred = self.Xs - gaussian_filter(self.Xs, SIGMAS)
        deviation: Frames = np.sqrt(gaussian_filter(centred**2, SIGMAS))
        floor = max(float(deviation.mean()), float(np.finfo(np.float32).tiny))
        normalised: Frames = centred / deviation.clip(min=floor)
        return normalised

    @property
    def mel(self) -> Frames:
        """Log-mel spectrogram in dB, clipped at 80 dB below its peak; with deltas if enabled."""
        return self._mel_sets["mel"]

    @property
    def mfcc(self) -> Frames:
        """Mel-frequency cepstral coefficients of ``mel``; with deltas if enabled."""
        return self._mel_sets["mfcc"]

    @cached_property
    def _mel_sets(self) -> dict[str, Frames]:
        return mel_analysis(self.extraction, self.backend).frames(self.sound)
