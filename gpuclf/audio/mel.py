"""Log-mel spectrogram and mel-frequency cepstral coefficients, on the device of a backend.

The definitions are librosa's: centred frames of a signal padded with zeros, periodic Hann window,
power spectrum, Slaney's mel bands, decibels, orthonormal DCT-II, and deltas as least-squares slopes
over nine frames with repeated edges. librosa computes the mel filters; everything else is array
code, the same on NumPy and CuPy, in float64 and rounded to float32 at the end. Results on two
devices therefore differ by about the rounding of a float32.

A recording is computed independently of all others, in blocks of a fixed number of frames: its
features do not depend on its neighbours or on the order, memory does not grow with the spectra,
and the GPU needs a single plan of its FFT library.
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

import numpy as np

from gpuclf._typing import Array, Frames
from gpuclf.audio.settings import MEL_SETS, Extraction
from gpuclf.backend import Backend

DELTA_WIDTH = 9  # frames
TOP_DB = 80.0  # dynamic range of the log-mel spectrogram
MIN_POWER = 1e-10  # -100 dB
SAMPLE_BYTES = 4  # float32


@lru_cache(maxsize=1)
def mel_analysis(extraction: Extraction, backend: Backend) -> MelAnalysis:
    """Return the `MelAnalysis` of an extraction; the last one is reused."""
    return MelAnalysis(extraction, backend)


class MelAnalysis:
    """Computation of the feature sets ``mel`` and ``mfcc`` of recordings.

    Parameters
    ----------
    extraction : Extraction
        Parameters of the feature sets.
    backend : Backend
        Where to compute.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> analysis = MelAnalysis(Extraction(features="mel,mfcc"), resolve("cpu"))
    >>> frames = analysis.frames(np.sin(np.arange(22050, dtype=np.float32)))
    >>> frames["mel"].shape, frames["mfcc"].shape
    ((44, 256), (44, 40))
    """

    def __init__(self, extraction: Extraction, backend: Backend) -> None:
        from librosa.filters import mel
        from scipy.fft import dct
        from scipy.signal import get_window

        self.extraction, self.backend = extraction, backend
        filters = mel(
            sr=extraction.sr,
            n_fft=extraction.n_fft,
            n_mels=extraction.n_mels,
            fmin=extraction.fmin,
            fmax=extraction.fmax,
            dtype=np.float64,
        )
        cosines = dct(np.eye(extraction.n_mels), norm="ortho")[:, : extraction.n_mfcc]
        with backend.exclusive():
            self._window = backend.asarray(get_window("hann", extraction.n_fft))
            self._filters = backend.asarray(np.ascontiguousarray(filters.T))
            self._cosines = backend.asarray(np.ascontiguousarray(cosines))
        self._block = max(1, backend.fft_samples // extraction.n_fft)  # frames

    def frames(self, sound: Frames) -> dict[str, Frames]:
        """Compute the feature sets of a recording.

        Parameters
        ----------
        sound : float32 array, shape (samples,)
            Mono signal of at least ``n_fft`` samples.

        Returns
        -------
        dict of str to float32 array, shape (frames, n)
            ``mel`` and ``mfcc``, if the extraction has them, on the host.
        """
        sets = {}
        with self.backend.exclusive():
            levels = self._levels(sound)
            for name in MEL_SETS.intersection(self.extraction.features):
                values = levels if name == "mel" else levels @ self._cosines
                sets[name] = self.backend.to_host(self._with_deltas(values))
        return sets

    def _levels(self, sound: Frames) -> Array:
        """Return the log-mel spectrogram ``(frames, n_mels)`` in dB."""
        xp, n_fft, hop = self.backend.xp, self.extraction.n_fft, self.extraction.hop
        margin = n_fft // 2
        count = 1 + (len(sound) + 2 * margin - n_fft) // hop
        rows = -(-count // self._block) * self._block
        padded = xp.zeros(max((rows - 1) * hop + n_fft, margin + len(sound)), xp.float32)
        padded[margin : margin + len(sound)] = self.backend.asarray(sound)
        strides = (hop * SAMPLE_BYTES, SAMPLE_BYTES)
        # CuPy's sliding_window_view waits for the device; as_strided does not.
        frames = xp.lib.stride_tricks.as_strided(padded, (rows, n_fft), strides)
        starts = range(0, rows, self._block)
        bands = [self._bands(frames[start : start + self._block]) for start in starts]
        levels = 10 * xp.log10(xp.maximum(xp.concatenate(bands)[:count], MIN_POWER))
        return xp.maximum(levels, levels.max() - TOP_DB)

    def _bands(self, frames: Array) -> Array:
        """Return the power in the mel bands of a block of frames."""
        xp = self.backend.xp
        return xp.abs(xp.fft.rfft(frames * self._window, axis=1)) ** 2 @ self._filters

    def _with_deltas(self, values: Array) -> Array:
        """Append the deltas if enabled, and round to float32."""
        xp = self.backend.xp
        if self.extraction.deltas:
            values = xp.concatenate([values, _slopes(values, xp)], axis=1)
        return values.astype(xp.float32)


def _slopes(values: Array, xp: ModuleType) -> Array:
    """Return the slope of the least-squares line over the nine frames around each frame."""
    half, count = DELTA_WIDTH // 2, len(values)
    padded = xp.concatenate([*[values[:1]] * half, values, *[values[-1:]] * half])
    rise = sum(
        distance * (padded[half + distance :][:count] - padded[half - distance :][:count])
        for distance in range(1, half + 1)
    )
    return rise / (2 * sum(distance**2 for distance in range(1, half + 1)))
