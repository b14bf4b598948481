"""Audio decoding: recordings as mono float32 signals at a given sampling rate.

A recording that cannot be used raises `UnusableError` with a short reason. A recording that is
truncated or damaged is decoded as far as it can be.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpuclf._typing import Frames
from gpuclf._utils.cache_folders import NUMBA_CACHE, use_writable_caches
from gpuclf._utils.system_errors import system_reason
from gpuclf.audio.decoders import Part, Signal, decode
from gpuclf.audio.settings import Channel
from gpuclf.audio.unusable import UnusableError
from gpuclf.errors import InputError, OutputError

MIN_PEAK = 1e-5  # lower peaks round to zero in 16-bit audio
MAX_PEAK = 1e12  # the power spectrum of higher peaks overflows float32
CANCELLED = 0.01  # peak of a mean of channels, relative to the lowest peak if they did not cancel


@dataclass(frozen=True)
class Recording:
    """Signal of a recording.

    Parameters
    ----------
    sound : float32 array, shape (samples,)
        Mono signal, nominally between -1 and 1.
    damage : str
        Damage, such as "is truncated: 0.75 of 1.50 s"; empty if there is none.
    """

    sound: Frames
    damage: str = ""


def check_audio() -> None:
    """Check that the optional dependencies ``gpuclf[audio]`` are installed.

    Raises
    ------
    InputError
        If one is not installed; the message contains the command that installs them.
    OutputError
        If the functions that librosa compiles cannot be saved.
    """
    use_writable_caches()  # librosa raises an error at import if Numba's cache is not writable
    try:
        import librosa
        import soundfile
        import soxr
    except ImportError as error:
        expected = "python -m pip install 'gpuclf[audio]'"
        raise InputError("audio", got=f"no module {error.name}", expected=expected) from error
    except OSError as error:  # librosa compiles functions at import and saves them
        what = os.environ.get(NUMBA_CACHE, "the cache folder of Numba")
        expected = f"free disk space, or another folder as {NUMBA_CACHE}"
        raise OutputError(what, got=system_reason(error), expected=expected) from error
    del librosa, soundfile, soxr


def read_recording(
    path: str | Path, sr: int, channel: Channel = "mix", part: Part | None = None
) -> Recording:
    """Return the mono signal of a part of a recording, and the damage of the file.

    Parameters
    ----------
    path : path
        Audio file in a format that libsndfile or FFmpeg decodes.
    sr : int
        Sampling rate of the returned signal, in Hz.
    channel : {"mix", "first", "left", "right"}
        Channel; see `gpuclf.audio.settings.Extraction`.
    part : gpuclf.audio.decoders.Part, optional
        Part of the recording; the whole recording by default.

    Returns
    -------
    Recording

    Raises
    ------
    UnusableError
        If the recording cannot be decoded, is silent, has no samples in this part, contains NaN or
        infinite values, or has an implausible sampling rate or peak.

    Examples
    --------
    >>> import soundfile
    >>> path = "a.wav"
    >>> soundfile.write(path, np.tile([[0.5, 0.0]], (44100, 1)), 44100)
    >>> sound = read_recording(path, 22050, part=Part(start=0.5)).sound
    >>> sound.shape, round(float(sound[5000]), 3)
    ((11025,), 0.25)
    """
    part = part or Part()
    return recording_of(decode(Path(path), part, channel), sr, channel, part)


def recording_of(signal: Signal, sr: int, channel: Channel, part: Part) -> Recording:
    """Check a decoded part of a recording and resample it.

    Parameters
    ----------
    signal : gpuclf.audio.decoders.Signal
    sr, channel, part
        See `read_recording`.

    Returns
    -------
    Recording

    Raises
    ------
    UnusableError
        See `read_recording`.
    """
    import soxr

    _check_signal(signal, channel, part)
    sound = signal.samples
    if signal.rate != sr:
        sound = soxr.resample(sound, signal.rate, sr, quality="HQ")
    return Recording(np.ascontiguousarray(sound, dtype=np.float32), signal.damage)


def _check_signal(signal: Signal, channel: Channel, part: Part) -> None:
    """Check that a signal has samples, that they are plausible, and not silence."""
    if not len(signal.samples):
        where = "" if part.start is None and part.end is None else " between start and end"
        damage = f" and {signal.damage}" if signal.damage else ""
        raise UnusableError(f"has no samples{where}{damage}")
    if not np.isfinite(signal.samples).all():
        raise UnusableError("contains NaN or infinite values")
    peak = np.abs(signal.samples).max()
    if signal.peak >= MIN_PEAK:
        if channel == "mix" and peak < CANCELLED * signal.peak / signal.n_channels:
            raise UnusableError(
                "has channels that cancel in their mean, such as stereo in antiphase: choose one "
                "with --channel left, right or first"
            )
        if channel != "mix" and peak < MIN_PEAK:
            raise UnusableError(f"is silent in the channel {channel}, but not in all channels")
    if peak < MIN_PEAK:
        raise UnusableError("is silent")
    if peak > MAX_PEAK:
        raise UnusableError(f"has a peak of {peak:.0e}, samples are expected between -1 and 1")


def digest_of(sound: Frames) -> str:
    """Return the SHA-256 digest of a signal, to detect duplicate recordings."""
    return hashlib.sha256(sound.tobytes()).hexdigest()
