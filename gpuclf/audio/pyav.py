"""Decoding with PyAV, the FFmpeg libraries: AAC, M4A, MP4, WMA, WebM and others.

It also decodes MP3 files that state no length or a wrong one, and damaged files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gpuclf._typing import Frames
from gpuclf.audio.mp3 import is_whole_frame, stated_frames
from gpuclf.audio.ogg import is_complete
from gpuclf.audio.unusable import UnusableError

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler, AudioStream, Packet
    from av.container import InputContainer

# Other formats of FFmpeg are playlists, which refer to other files, subtitles, images and devices.
FORMATS = (
    *(
        "aac",
        "ac3",
        "aiff",
        "amr",
        "amrnb",
        "amrwb",
        "ape",
        "asf",
        "au",
        "avi",
        "caf",
        "dsf",
        "dts",
    ),
    *("dtshd", "eac3", "flac", "flv", "g722", "gsm", "iff", "ircam", "loas", "matroska", "mov"),
    *(
        "mp3",
        "mpc",
        "mpc8",
        "mpeg",
        "mpegts",
        "nistsphere",
        "ogg",
        "oma",
        "paf",
        "pvf",
        "rm",
        "sds",
    ),
    *("shn", "sox", "tak", "truehd", "tta", "voc", "w64", "wav", "wv", "xwma"),
)
STATES_SAMPLES = ("aiff", "ape", "au", "caf", "flac", "mov", "tta", "w64", "wav", "wv")
STATES_SECONDS = ("asf", "matroska")  # of the longest stream
PADDING = 4096  # samples; encoders fill their first and last frames


@contextmanager
def open_pyav(path: Path) -> Iterator[PyavStream]:
    """Open a recording with PyAV.

    Parameters
    ----------
    path : Path

    Yields
    ------
    PyavStream

    Raises
    ------
    ImportError
        If PyAV is not installed.
    UnusableError
        If it contains no sound.
    av.error.FFmpegError
        If FFmpeg does not know the format.
    """
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}
    with av.open(f"file:{path}", options=options, metadata_errors="replace") as container:
        yield PyavStream(container, path)


def count_packets(path: Path) -> int:
    """Return the number of packets of a recording, without decoding them.

    Raises
    ------
    ImportError, av.error.FFmpegError
        See `open_pyav`.
    """
    with open_pyav(path) as stream:
        return sum(1 for _ in stream.packets())


class PyavStream:
    """Recording opened with PyAV; see `gpuclf.audio.stream.Stream`.

    Parameters
    ----------
    container : av.container.InputContainer
    path : Path
        The same file.
    """

    def __init__(self, container: InputContainer, path: Path) -> None:
        stream = container.streams.best("audio")
        if stream is None:
            raise UnusableError("contains no sound that can be decoded")
        self._container, self._path = container, path
        self._stream: AudioStream = cast("AudioStream", stream)
        self._format = container.format.name.partition(",")[0]
        self.rate = self._stream.rate
        self.length = self._stated_length()
        self.slack = PADDING
        self.damage = ""

    def packets(self) -> Iterator[Packet[Any]]:
        """Yield the packets."""
        return (packet for packet in self._container.demux(self._stream) if packet.size)

    def blocks(self, first: int) -> Iterator[Frames]:
        """Yield float32 arrays of shape (samples, channels) from a sample on, to the end."""
        frames = self._decoded()
        start = next(frames, None)
        if start is None:
            return
        if self.length is not None and self._format == "mov" and start.pts and start.time_base:
            self.length -= round(start.pts * start.time_base * self.rate)  # of the encoder's delay
        skipped, blocks = first, self._converted(chain([start], frames))
        if self.length is not None and self._format in STATES_SAMPLES:
            blocks = _without_padding(blocks, self.length)
        for block in blocks:
            if skipped < len(block):
                yield block[skipped:]
            skipped = max(0, skipped - len(block))

    def _decoded(self) -> Iterator[AudioFrame]:
        """Decode the packets; note the damage."""
        import av

        total = failed = 0
        whole = True
        for packet in self._container.demux(self._stream):
            total += bool(packet.size)
            if packet.size and self._format == "mp3":
                whole = is_whole_frame(bytes(packet), self.rate)
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                failed += 1
            else:
                yield from frames
        if self._format == "ogg" and not is_complete(self._path):
            self.damage = "is truncated: the end of the Ogg stream is missing"
        elif not whole:
            self.damage = "is truncated: its last frame is incomplete"
        elif failed:
            self.damage = f"is damaged: {failed} of {total} packets cannot be decoded"

    def _converted(self, frames: Iterable[AudioFrame]) -> Iterator[Frames]:
        """Convert frames to the same sampling rate and channels; both may change in a stream."""
        import av

        layout = self._stream.layout
        source, resampler = None, None
        for frame in frames:
            if source != (source := (frame.format.name, frame.layout.name, frame.sample_rate)):
                yield from _resampled(resampler, None)
                resampler = av.AudioResampler("fltp", layout, self.rate)
            yield from _resampled(resampler, frame)
        yield from _resampled(resampler, None)

    def _stated_length(self) -> int | None:
        """Return the number of samples that the container states, not one that FFmpeg estimates."""
        duration, unit = self._stream.duration, self._stream.time_base
        exact = self._format in STATES_SAMPLES
        exact |= self._format == "mp3" and stated_frames(self._path) is not None
        if exact and duration and unit:
            return round(duration * unit * self.rate)
        total = self._container.duration
        if self._format in STATES_SECONDS and total and len(self._container.streams) == 1:
            return round(total * self.rate / 1_000_000)
        return None


def _resampled(resampler: AudioResampler | None, frame: AudioFrame | None) -> Iterator[Frames]:
    """Yield a converted frame, or what remains in the resampler."""
    for each in [] if resampler is None else resampler.resample(frame):
        yield np.ascontiguousarray(each.to_ndarray().T, dtype=np.float32)


def _without_padding(blocks: Iterable[Frames], length: int) -> Iterator[Frames]:
    """Yield blocks up to a stated length, and the rest only if it is too long for padding."""
    position, rest = 0, list[Frames]()
    for block in blocks:
        inside = max(0, min(len(block), length - position))
        position += len(block)
        if inside:
            yield block[:inside]
        if inside < len(block):
            rest.append(block[inside:])
        if position - length > PADDING:
            yield from rest
            rest.clear()
