"""Pages of Ogg files, in the container of Vorbis, Opus, Speex and FLAC (RFC 3533)."""

from __future__ import annotations

import os
import re
from pathlib import Path

CAPTURE = b"OggS"
MAX_PAGE = 65_307  # bytes
PAGE_HEADER = 27  # bytes, before the table of segments
END_OF_STREAM = 4
FIRST_PAGE_BYTES = 6
FIRST_PAGE = re.compile(rb"OggS\0[\x02\x03\x06\x07]")  # the bit 2 is set: start of a stream
BLOCK = 1 << 20  # bytes


def is_complete(path: Path) -> bool:
    """Return True if the last page is whole and ends a stream; it is missing in truncated files."""
    page = _last_page(path)
    if len(page) < PAGE_HEADER:
        return False
    segments = page[PAGE_HEADER : PAGE_HEADER + page[26]]
    whole = len(page) >= PAGE_HEADER + page[26] + sum(segments)
    return whole and bool(page[5] & END_OF_STREAM)


def is_one_stream(path: Path) -> bool:
    """Return True if a file has one page that starts a stream.

    Files with several recordings one after the other, and videos, have more.
    """
    count, rest = 0, b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            count += len(FIRST_PAGE.findall(rest + block))
            rest = block[1 - FIRST_PAGE_BYTES :]
    return count == 1


def _last_page(path: Path) -> bytes:
    """Return the last page of a file, or what there is of it."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - MAX_PAGE))
        tail = file.read()
    return tail[max(0, tail.rfind(CAPTURE)) :]
