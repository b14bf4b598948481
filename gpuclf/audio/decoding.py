"""The sound of a recording: one channel, at one sampling rate, float32 between -1 and 1.

Channels are averaged. What cannot be used raises `UnusableError`, with the reason in a few words.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from gpuclf._typing import Frames
from gpuclf.errors import InputError, first_line

# What libsndfile reads; other files of a folder are no recordings.
SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".au", ".snd", ".aif", ".aiff", ".w64"}
)
SILENCE = 1e-5  # peak: what 16 bits cannot tell from nothing
LOUDEST = 1e12  # peak: beyond it powers of spectra leave float32
LEAST_RATE = 1000  # samples a second: a damaged header's 1 would be resampled to fill the memory


class UnusableError(Exception):
    """A recording that cannot be used, and why."""


def check_audio() -> None:
    """Make sure that recordings can be read.

    Raises
    ------
    InputError
        If the extra ``audio`` is not installed, saying how it is.
    """
    try:
        import librosa
        import soundfile
        import soxr
    except ImportError as error:
        expected = "python -m pip install 'gpuclf[audio]'"
        raise InputError("recordings", got=f"no {error.name}", expected=expected) from error
    del librosa, soundfile, soxr


def read_sound(
    path: str | Path,
    sr: int,
    *,
    start: float | None = None,
    end: float | None = None,
    duration: float | None = None,
) -> Frames:
    """Read a recording, or a part of it.

    Parameters
    ----------
    path : path
        WAV, FLAC, Ogg, MP3, AU, AIFF: whatever libsndfile reads.
    sr : int
        Samples a second of the result.
    start, end : float, optional
        The part to read, in seconds.
    duration : float, optional
        Seconds to read at most.

    Returns
    -------
    float32 array, shape (samples,)

    Raises
    ------
    UnusableError
        If it cannot be decoded, has no samples in that part, holds NaN or infinity, is silent, or
        no sound at all, as its sampling rate or its values say.

    Examples
    --------
    >>> import tempfile, soundfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = folder.name + "/a.wav"
    >>> soundfile.write(path, np.tile([[0.5, 0.0]], (44100, 1)), 44100)
    >>> sound = read_sound(path, 22050, start=0.5)
    >>> sound.shape, round(float(sound[5000]), 3)
    ((11025,), 0.25)
    >>> folder.cleanup()
    """
    import soundfile
    import soxr

    try:
        # Of a path, libsndfile would look into the file ._name beside it, which Macs leave; of a
        # Python file it would call back, and a signal that comes in a callback is lost.
        with Path(path).open("rb") as raw, soundfile.SoundFile(raw.fileno(), closefd=False) as file:
            rate = file.samplerate
            if rate < LEAST_RATE:
                raise UnusableError(f"has {rate} samples a second, fewer than {LEAST_RATE}")
            first = min(round((start or 0) * rate), file.frames)
            last = file.frames if end is None else min(round(end * rate), file.frames)
            if duration is not None:
                last = min(last, first + round(duration * rate))
            file.seek(first)
            samples = file.read(max(0, last - first), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise UnusableError(f"cannot be decoded: {_reason(error)}") from error
    except MemoryError as error:  # of a header that promises what is not there
        raise UnusableError("cannot be decoded: no memory for so many samples") from error
    if len(samples) < last - first:
        raise UnusableError(f"is cut short: {len(samples)} samples of {last - first}")
    if not len(samples):
        raise UnusableError(
            "has no samples" + " in this part" * (start is not None or end is not None)
        )
    sound = samples.mean(axis=1)
    if not np.isfinite(sound).all():
        raise UnusableError("holds NaN or infinity")
    peak = np.abs(sound).max()
    if peak < SILENCE:
        raise UnusableError("is silent")
    if peak > LOUDEST:
        raise UnusableError(f"holds values up to {peak:.0e}: a sound's are between -1 and 1")
    if rate != sr:
        sound = soxr.resample(sound, rate, sr, quality="HQ")
    return np.ascontiguousarray(sound, dtype=np.float32)


def digest_of(sound: Frames) -> str:
    """Tell a sound from every other one."""
    return hashlib.sha256(sound.tobytes()).hexdigest()


def _reason(error: Exception) -> str:
    text = first_line(error)
    return text.rpartition(": ")[2].rstrip(".") or type(error).__name__
