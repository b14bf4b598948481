"""Audio decoding: recordings as mono float32 signals at a given sampling rate.

Channels are averaged. A recording that cannot be used raises `UnusableError` with a short reason.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from gpuclf._typing import Frames
from gpuclf.errors import InputError, first_line

# Files of a folder with other suffixes are not recordings.
SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".au", ".snd", ".aif", ".aiff", ".w64"}
)
MIN_PEAK = 1e-5  # lower peaks round to zero in 16-bit audio
MAX_PEAK = 1e12  # the power spectrum of higher peaks overflows float32
MIN_RATE = 1000  # Hz; resampling from 1 Hz, as in a damaged header, would exhaust the memory


class UnusableError(Exception):
    """Recording that cannot be used; the message is the reason."""


def check_audio() -> None:
    """Check that the optional dependencies ``gpuclf[audio]`` are installed.

    Raises
    ------
    InputError
        If one is not installed; the message contains the command that installs them.
    """
    try:
        import librosa
        import soundfile
        import soxr
    except ImportError as error:
        expected = "python -m pip install 'gpuclf[audio]'"
        raise InputError("audio", got=f"no module {error.name}", expected=expected) from error
    del librosa, soundfile, soxr


def read_sound(
    path: str | Path,
    sr: int,
    *,
    start: float | None = None,
    end: float | None = None,
    duration: float | None = None,
) -> Frames:
    """Return the mono signal of a recording, or of a part of it.

    Parameters
    ----------
    path : path
        Audio file in a format that libsndfile reads: WAV, FLAC, Ogg, MP3, AU, AIFF and others.
    sr : int
        Sampling rate of the returned signal, in Hz.
    start, end : float, optional
        Part of the recording to read, in seconds; the whole recording by default.
    duration : float, optional
        Maximum duration to read, in seconds.

    Returns
    -------
    float32 array, shape (samples,)
        Mean of the channels, nominally between -1 and 1.

    Raises
    ------
    UnusableError
        If the recording cannot be decoded, is truncated or silent, has no samples in this part,
        contains NaN or infinite values, or has an implausible sampling rate or peak.

    Examples
    --------
    >>> import soundfile
    >>> path = "a.wav"
    >>> soundfile.write(path, np.tile([[0.5, 0.0]], (44100, 1)), 44100)
    >>> sound = read_sound(path, 22050, start=0.5)
    >>> sound.shape, round(float(sound[5000]), 3)
    ((11025,), 0.25)
    """
    import soundfile
    import soxr

    try:
        # Given a path, libsndfile also opens the file ._name that macOS creates in the same folder;
        # given a Python file, it reads through callbacks, in which a signal such as SIGINT is lost.
        with Path(path).open("rb") as raw, soundfile.SoundFile(raw.fileno(), closefd=False) as file:
            rate = file.samplerate
            if rate < MIN_RATE:
                raise UnusableError(f"has a sampling rate of {rate} Hz, below {MIN_RATE} Hz")
            first = min(round((start or 0) * rate), file.frames)
            last = file.frames if end is None else min(round(end * rate), file.frames)
            if duration is not None:
                last = min(last, first + round(duration * rate))
            file.seek(first)
            samples = file.read(max(0, last - first), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise UnusableError(f"cannot be decoded: {_reason(error)}") from error
    except MemoryError as error:  # a damaged header may announce any number of samples
        raise UnusableError("cannot be decoded: its samples do not fit in memory") from error
    if len(samples) < last - first:
        raise UnusableError(f"is truncated: {len(samples)} of {last - first} samples")
    if not len(samples):
        part = "" if start is None and end is None else " between start and end"
        raise UnusableError(f"has no samples{part}")
    sound = samples.mean(axis=1)
    if not np.isfinite(sound).all():
        raise UnusableError("contains NaN or infinite values")
    peak = np.abs(sound).max()
    if peak < MIN_PEAK:
        raise UnusableError("is silent")
    if peak > MAX_PEAK:
        raise UnusableError(f"has a peak of {peak:.0e}, samples are expected between -1 and 1")
    if rate != sr:
        sound = soxr.resample(sound, rate, sr, quality="HQ")
    return np.ascontiguousarray(sound, dtype=np.float32)


def digest_of(sound: Frames) -> str:
    """Return the SHA-256 digest of a signal, to detect duplicate recordings."""
    return hashlib.sha256(sound.tobytes()).hexdigest()


def _reason(error: Exception) -> str:
    """Return an error message without the path of the file."""
    text = getattr(error, "strerror", None) or first_line(error).rpartition(": ")[2]
    return text.rstrip(".") or type(error).__name__
