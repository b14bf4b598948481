"""Choice of the decoder, and decoding of a part of a recording to one channel.

libsndfile decodes all formats that it knows. PyAV decodes the others, MP3 and Ogg files whose
length libsndfile cannot know, and what libsndfile fails to decode.
"""

from __future__ import annotations

import math
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpuclf._typing import Frames
from gpuclf._utils.system_errors import system_reason
from gpuclf.audio.formats import HEAD, is_known_start, looks_like_sound
from gpuclf.audio.libsndfile import MALFORMED, open_libsndfile
from gpuclf.audio.mp3 import is_mp3_start, skip_tags, stated_frames
from gpuclf.audio.ogg import CAPTURE, is_one_stream
from gpuclf.audio.pyav import count_packets, open_pyav
from gpuclf.audio.settings import Channel
from gpuclf.audio.stream import Stream
from gpuclf.audio.unusable import UnusableError
from gpuclf.errors import first_line

Opener = Callable[[Path], AbstractContextManager[Stream]]

UNKNOWN_FORMAT = "Format not recognised"  # message of libsndfile
FFMPEG_WORDS = {  # by type of PyAV's error
    "InvalidDataError": UNKNOWN_FORMAT,
    "EOFError": UNKNOWN_FORMAT,
    "PatchWelcomeError": "a variant of the format that FFmpeg does not decode",
}
MP3_SUFFIXES = (".mp3", ".mp2", ".mp1", ".mpga")
MIN_RATE = 1000  # Hz; resampling from 1 Hz, as in a damaged header, would exhaust the memory


class Part(NamedTuple):
    """Part of a recording, in seconds; None for the start, the end and no limit."""

    start: float | None = None
    end: float | None = None
    duration: float | None = None

    def samples(self, rate: int) -> tuple[int, float]:
        """Return the first sample, and the one after the last or infinity."""
        first = round((self.start or 0) * rate)
        last = math.inf if self.end is None else round(self.end * rate)
        longest = math.inf if self.duration is None else round(self.duration * rate)
        return first, min(last, first + longest)


@dataclass(frozen=True)
class Signal:
    """Decoded part of a recording.

    Parameters
    ----------
    samples : float32 array, shape (samples,)
        The chosen channel.
    rate : int
        Sampling rate, in Hz.
    n_channels : int
        Number of channels of the recording.
    peak : float
        Highest absolute value of all channels.
    damage : str
        Damage, such as "is truncated: 0.75 of 1.50 s"; empty if there is none.
    """

    samples: Frames
    rate: int
    n_channels: int
    peak: float
    damage: str


def decode(path: Path, part: Part, channel: Channel) -> Signal:
    """Decode a part of a recording.

    Parameters
    ----------
    path : Path
    part : Part
    channel : {"mix", "first", "left", "right"}
        Channel; see `gpuclf.audio.settings.Extraction`.

    Returns
    -------
    Signal

    Raises
    ------
    UnusableError
        If no decoder can decode it, or its sampling rate is implausible.
    """
    failures, empty = Failures(path), None
    for opener in openers_of(path):
        opened = False
        try:
            with opener(path) as stream:
                opened = True
                signal = _read(stream, part, channel, failures.damage)
            if len(signal.samples):
                return signal
            empty = empty or signal  # the header may be wrong: see the next decoder
        except Exception as error:  # whatever is wrong with a file, others are still decoded
            failures.add(error, opened=opened)
    if empty is not None:
        return empty
    raise failures.unusable()


class Failures:
    """Failures of the decoders of a recording.

    Parameters
    ----------
    path : Path
        The recording.

    Attributes
    ----------
    damage : str
        Damage that made a decoder fail, such as "is damaged: ..."; empty if there is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reasons: list[str] = []
        self.damage = ""

    def add(self, error: Exception, *, opened: bool) -> None:
        """Note the error of a decoder that opened the file or not.

        Raises
        ------
        UnusableError
            If no other decoder could do better.
        """
        if isinstance(error, UnusableError):
            raise error
        if isinstance(error, MemoryError):
            raise UnusableError("does not fit in memory") from error
        if isinstance(error, ImportError):
            self._reasons.append("PyAV is not installed: python -m pip install 'gpuclf[audio]'")
            return
        # Other errors of opening a file are those of encodings that libsndfile lacks.
        if opened or getattr(error, "code", None) == MALFORMED:
            self.damage = self.damage or f"is damaged: {_reason(error)}"
        self._reasons = self._reasons or [_reason(error)]

    def unusable(self) -> UnusableError:
        """Return the exception for a recording that no decoder can decode."""
        reasons = self._reasons
        if reasons == [UNKNOWN_FORMAT] and looks_like_sound(self._path):
            reasons = ["it is damaged, truncated or of an unknown kind"]
        return UnusableError(f"cannot be decoded: {'; '.join(reasons)}")


def openers_of(path: Path) -> tuple[Opener, ...]:
    """Return the decoders of a recording, the preferred one first.

    Raises
    ------
    UnusableError
        If the file cannot be read or is empty.
    """
    try:
        return _openers(path)
    except OSError as error:
        raise UnusableError(f"cannot be decoded: {_reason(error)}") from error


def _openers(path: Path) -> tuple[Opener, ...]:
    """Return the decoders of a recording, the preferred one first."""
    if not stat.S_ISREG(mode := path.stat().st_mode) and not stat.S_ISDIR(mode):
        raise UnusableError("is a device or a pipe, not a file")  # opening a pipe would wait
    with path.open("rb") as file:
        tagged = skip_tags(file) > 0
        head = file.read(HEAD)
    if not head:
        raise UnusableError("cannot be decoded: an empty file")
    if head.startswith(CAPTURE):
        return (open_libsndfile, open_pyav) if is_one_stream(path) else (open_pyav,)
    named_mp3 = tagged or path.suffix.lower() in MP3_SUFFIXES
    known = is_known_start(head)  # of another format, before which some programs write a tag
    if not known and (named_mp3 or is_mp3_start(head)) and not _states_length(path):
        return (open_pyav,)
    return open_libsndfile, open_pyav


def _states_length(path: Path) -> bool:
    """Return True if an MP3 file has the number of frames that it states."""
    stated = stated_frames(path)
    if stated is None:
        return False
    try:
        return abs(count_packets(path) - stated) <= 1  # some encoders count the header
    except ImportError:
        return True
    except Exception:  # PyAV does not know the format
        return False


def _read(stream: Stream, part: Part, channel: Channel, damage: str) -> Signal:
    """Read a part of a stream; ``damage`` is already known."""
    rate = checked_rate(stream)
    first, last = part.samples(rate)
    kept, count, n_channels, peak, wanted = [], 0, 1, 0.0, last - first
    for whole in stream.blocks(first) if wanted else ():
        block = whole[: int(min(len(whole), wanted - count))]
        count, n_channels = count + len(block), block.shape[1]
        peak = max(peak, float(np.abs(block).max()))
        kept.append(one_channel(block, channel))
        if count == wanted:
            break
    else:
        damage = stream.damage or damage
    if stream.length is not None:
        wanted = min(wanted, stream.length - first)
        damage = truncation(stream, count, int(wanted)) or damage
    samples = np.concatenate(kept) if kept else np.zeros(0, np.float32)
    return Signal(samples, rate, n_channels, peak, damage)


def checked_rate(stream: Stream) -> int:
    """Return the sampling rate of a stream; raise `UnusableError` if it is implausible."""
    if stream.rate < MIN_RATE:
        raise UnusableError(f"has a sampling rate of {stream.rate} Hz, below {MIN_RATE} Hz")
    return stream.rate


def truncation(stream: Stream, count: int, wanted: int) -> str:
    """Return the damage of a stream with fewer samples than it states; empty without damage."""
    if count + stream.slack >= wanted:
        return ""
    return f"is truncated: {count / stream.rate:.2f} of {wanted / stream.rate:.2f} s"


def one_channel(block: Frames, channel: Channel) -> Frames:
    """Return the mean of the channels of ``(samples, channels)``, or a copy of one of them."""
    if channel == "mix":
        with np.errstate(invalid="ignore", over="ignore"):
            mean: Frames = block.mean(axis=1)
        return mean
    return block[:, 1 if channel == "right" and block.shape[1] > 1 else 0].copy()


def _reason(error: Exception) -> str:
    """Return an error message without the path of the file."""
    if words := FFMPEG_WORDS.get(type(error).__name__):
        return words
    stated = getattr(error, "strerror", None) is not None
    text = system_reason(error) if stated else first_line(error).rpartition(": ")[2]
    return text.rstrip(".") or type(error).__name__
