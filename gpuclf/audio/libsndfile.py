"""Decoding with libsndfile: WAV, FLAC, Ogg, MP3, AIFF, AU, CAF, W64 and others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gpuclf._typing import Frames
from gpuclf.audio.ogg import is_complete

BLOCK = 1 << 18  # values per block
MALFORMED, UNSUPPORTED_ENCODING = 3, 4  # numbers of errors
UNKNOWN = 1 << 62  # libsndfile states such a number of samples if the file states none
# libsndfile reduces the size of a chunk to what the file contains, and logs both sizes.
CHUNK = re.compile(r"^ *(?:data|SSND|BODY|Data Size) *: (-?\d+) \(should be (\d+)\)$", re.MULTILINE)
RF64 = re.compile(
    r"^\*\*\* Calculated frame count (\d+) does not match .* of (\d+)\.$", re.MULTILINE
)
W64 = re.compile(r"^riff : (\d+) \(should be (\d+)\)$.*?^data : (\d+)$", re.MULTILINE | re.DOTALL)
W64_CHUNK_HEADER = 24  # bytes
PLACEHOLDER_MARGIN = 1 << 16  # bytes


@contextmanager
def open_libsndfile(path: Path) -> Iterator[LibsndfileStream]:
    """Open a recording with libsndfile.

    Parameters
    ----------
    path : Path

    Yields
    ------
    LibsndfileStream

    Raises
    ------
    soundfile.SoundFileError
        If libsndfile does not know the format or the encoding, or the header is damaged.
    """
    import soundfile

    # Given a path, libsndfile also opens the file ._name that macOS creates in the same folder;
    # given a Python file, it reads through callbacks, in which a signal such as SIGINT is lost.
    with path.open("rb") as raw, soundfile.SoundFile(raw.fileno(), closefd=False) as file:
        if file.subtype.startswith("MPEG") and file.format != "MP3":
            raise soundfile.LibsndfileError(UNSUPPORTED_ENCODING)  # it would estimate the length
        yield LibsndfileStream(file, path)


class LibsndfileStream:
    """Recording opened with libsndfile; see `gpuclf.audio.stream.Stream`.

    Parameters
    ----------
    file : soundfile.SoundFile
    path : Path
        The same file.
    """

    def __init__(self, file: Any, path: Path) -> None:
        self.rate: int = file.samplerate
        self.length = stated_length(file.frames, file.extra_info)
        self.slack = self.rate // 100  # some programs count the header as data
        self.damage = ""
        self._file, self._path = file, path
        self._seekable: bool = file.seekable()
        # SoundFile.read seeks after every block of seekable files, which fails in some formats.
        file.seekable = lambda: False

    def blocks(self, first: int) -> Iterator[Frames]:
        """Yield float32 arrays of shape (samples, channels) from a sample on, to the end."""
        skipped = first - self._seek(first)
        size = max(1, BLOCK // self._file.channels)
        while len(block := self._file.read(size, dtype="float32", always_2d=True)):
            if skipped < len(block):
                yield block[skipped:]
            skipped = max(0, skipped - len(block))
        if self._file.format == "OGG" and not is_complete(self._path):
            self.damage = "is truncated: the end of the Ogg stream is missing"

    def _seek(self, first: int) -> int:
        """Seek to a sample if the format can; return the position."""
        import soundfile

        if not first or not self._seekable or self._file.frames >= UNKNOWN:
            return 0
        try:
            position: int = self._file.seek(min(first, self._file.frames))
        except soundfile.SoundFileError:
            position = self._file.seek(0)
        return position


def stated_length(frames: int, log: str) -> int | None:
    r"""Return the number of samples that a header states, also if the file contains fewer.

    Parameters
    ----------
    frames : int
        Number of samples according to libsndfile.
    log : str
        Log of libsndfile.

    Returns
    -------
    int or None
        None if the header states no length. Programs that write to a pipe state a size close to
        2 or 4 GiB, which is no length.

    Examples
    --------
    >>> stated_length(500, "data : 2000 (should be 1000)\n")
    1000
    >>> stated_length(500, "data : 2000\n")
    500
    >>> stated_length(500, "data : 4294967295 (should be 1000)\n") is None
    True
    """
    if frames >= UNKNOWN:
        return None
    if match := RF64.search(log):
        return int(match[2])
    if match := CHUNK.search(log):
        stated, present = int(match[1]), int(match[2])
    elif match := W64.search(log):
        stated = int(match[3]) - W64_CHUNK_HEADER
        present = stated - int(match[1]) + int(match[2])
    else:
        return frames
    if stated < 0 or any(abs(stated - size) < PLACEHOLDER_MARGIN for size in (1 << 31, 1 << 32)):
        return None
    return frames if present <= 0 else max(frames, round(frames * stated / present))
