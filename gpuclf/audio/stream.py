"""Interface of the decoders: a stream of blocks, and the length that the file states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from gpuclf._typing import Frames


class Stream(Protocol):
    """Open recording.

    Attributes
    ----------
    rate : int
        Sampling rate, in Hz.
    length : int or None
        Number of samples per channel that the file states; None if it states none.
    slack : int
        Number of samples by which the length of a complete file may differ from the stated one.
    damage : str
        Damage that was noticed while decoding, such as "is truncated: ..."; empty if there is none.
    """

    rate: int
    length: int | None
    slack: int
    damage: str

    def blocks(self, first: int) -> Iterator[Frames]:
        """Yield float32 arrays of shape (samples, channels) from a sample on, to the end."""
