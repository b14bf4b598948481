"""Windows of a recording, which is decoded once, block by block.

Memory holds one window and one block, whatever the length of the recording. A window is the signal
that `gpuclf.audio.decoders.decode` returns for the part from its start to its end: it is resampled
and analysed on its own, so that its features are those of a clip cut out of the recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpuclf._typing import Frames
from gpuclf.audio.decoders import (
    Failures,
    Part,
    Signal,
    checked_rate,
    one_channel,
    openers_of,
    truncation,
)
from gpuclf.audio.settings import Channel
from gpuclf.audio.unusable import UnusableError
from gpuclf.errors import InputError

MIN_FRACTION = 0.5  # of a window, below which the rest of a recording is no window
DECIMALS = 6  # of times in seconds


@dataclass(frozen=True)
class WindowLayout:
    """Windows of equal length at equal distances, in seconds.

    The last window of a recording ends with it, and is shorter than the others if they do not reach
    its end; it is left out if it would be shorter than half of them.

    Parameters
    ----------
    window : float
        Length.
    hop : float
        Distance of the starts of consecutive windows.

    Raises
    ------
    InputError
        If one is not a positive number.

    Examples
    --------
    >>> layout = WindowLayout(3, 1.5)
    >>> layout.part(2)
    Part(start=3.0, end=6.0, duration=None)
    >>> layout.count(samples=8000, rate=1000)  # 0 to 3, 1.5 to 4.5, 3 to 6, 4.5 to 7.5, 6 to 8 s
    5
    """

    window: float
    hop: float

    def __post_init__(self) -> None:
        for name in ("window", "hop"):
            value = getattr(self, name)
            if not 0.001 <= value < np.inf:
                raise InputError(name, got=value, expected="at least 0.001 seconds")

    def part(self, number: int) -> Part:
        """Return the part of a recording that is a window, by the index of the window."""
        start = round(number * self.hop, DECIMALS)
        return Part(start, round(start + self.window, DECIMALS))

    def samples(self, number: int, rate: int) -> tuple[int, int]:
        """Return the first sample of a window, and the one after the last."""
        first, last = self.part(number).samples(rate)
        return first, int(last)

    def count(self, samples: int, rate: int) -> int:
        """Return the number of windows of a recording of a number of samples."""
        number = max(0, int((samples / rate - self.window) / self.hop) - 1)
        while self.samples(number, rate)[1] <= samples:
            number += 1
        return number + self.has_rest(number, samples, rate)

    def has_rest(self, number: int, samples: int, rate: int) -> bool:
        """Return whether the rest of a recording after its first whole windows is a window."""
        first, last = self.samples(number, rate)
        covered = self.samples(number - 1, rate)[1] if number else 0
        return covered < samples and samples - first >= MIN_FRACTION * (last - first)


@dataclass(frozen=True)
class WindowSignal:
    """Signal of a window.

    Parameters
    ----------
    part : gpuclf.audio.decoders.Part
        Start and end.
    signal : gpuclf.audio.decoders.Signal
    """

    part: Part
    signal: Signal


class WindowedRecording:
    """Recording that is decoded window by window.

    Parameters
    ----------
    path : Path
        Audio file in a format that libsndfile or FFmpeg decodes.
    layout : WindowLayout
        Windows.
    channel : {"mix", "first", "left", "right"}
        Channel; see `gpuclf.audio.settings.Extraction`.

    Attributes
    ----------
    rate : int
        Sampling rate, in Hz; 0 before the first window.
    n_windows : int
        Number of windows according to the length that the file states; 0 if it states none.
    damage : str
        Damage, known after the last window; empty if there is none.

    Examples
    --------
    >>> import soundfile
    >>> soundfile.write("a.wav", np.full(8000, 0.5), 8000)
    >>> recording = WindowedRecording(Path("a.wav"), WindowLayout(0.4, 0.4), "mix")
    >>> [(window.part.start, window.part.end) for window in recording.windows()]
    [(0.0, 0.4), (0.4, 0.8), (0.8, 1.0)]
    """

    def __init__(self, path: Path, layout: WindowLayout, channel: Channel) -> None:
        self.path, self.layout, self.channel = path, layout, channel
        self.rate = self.n_windows = 0
        self.damage = ""

    def windows(self) -> Iterator[WindowSignal]:
        """Yield the windows in the order of time.

        Raises
        ------
        UnusableError
            If no decoder can decode the recording, its sampling rate is implausible, or it is
            shorter than half a window.
        """
        layout, buffer, number = self.layout, _Buffer(), 0
        for block in self._blocks():
            buffer.append(block)
            first, last = layout.samples(number, self.rate)
            while last <= buffer.end:
                yield self._window(layout.part(number), buffer.cut(first, last))
                number += 1
                first, last = layout.samples(number, self.rate)
            buffer.drop_before(first)
        if layout.has_rest(number, buffer.end, self.rate):
            first, _ = layout.samples(number, self.rate)
            part = Part(layout.part(number).start, round(buffer.end / self.rate, DECIMALS))
            yield self._window(part, buffer.cut(first, buffer.end))
        elif number == 0:
            seconds = f"{buffer.end / self.rate:.2f} s"
            raise UnusableError(f"has {seconds}, less than half a window of {layout.window:g} s")

    def _window(self, part: Part, block: Frames) -> WindowSignal:
        samples, peak = one_channel(block, self.channel), float(np.abs(block).max())
        return WindowSignal(part, Signal(samples, self.rate, block.shape[1], peak, ""))

    def _blocks(self) -> Iterator[Frames]:
        """Yield the blocks ``(samples, channels)``; a decoder continues where another one fails."""
        failures, position, channels = Failures(self.path), 0, 0
        empty = False
        for opener in openers_of(self.path):
            opened = False
            try:
                with opener(self.path) as stream:
                    opened = True
                    if checked_rate(stream) != (self.rate or stream.rate):
                        raise ValueError("the decoders disagree on the sampling rate")
                    self.rate = stream.rate
                    for block in stream.blocks(position):
                        if block.shape[1] != (channels := channels or block.shape[1]):
                            raise ValueError("the number of channels changes")
                        if position == 0 and stream.length is not None:
                            self.n_windows = self.layout.count(stream.length, self.rate)
                        position += len(block)
                        yield block
                    self.damage = stream.damage or failures.damage
                    if stream.length is not None:
                        self.damage = truncation(stream, position, stream.length) or self.damage
                    empty = True
                if position:
                    return
            except Exception as error:  # the next decoder may know better
                failures.add(error, opened=opened)
        self.damage = self.damage or failures.damage
        if not position:
            raise UnusableError("has no samples") if empty else failures.unusable()


class _Buffer:
    """Samples of consecutive blocks that are still needed; positions count from the first block."""

    def __init__(self) -> None:
        self._blocks: list[Frames] = []
        self._start = self.end = 0

    def append(self, block: Frames) -> None:
        self._blocks.append(block)
        self.end += len(block)

    def cut(self, first: int, last: int) -> Frames:
        if len(self._blocks) > 1:
            self._blocks = [np.concatenate(self._blocks)]
        return self._blocks[0][first - self._start : last - self._start]

    def drop_before(self, first: int) -> None:
        while self._blocks and self._start < first:
            count = min(first - self._start, len(self._blocks[0]))
            self._blocks[0] = self._blocks[0][count:]
            self._start += count
            if not len(self._blocks[0]):
                del self._blocks[0]
