"""Headers of MP3 files and their frames (MPEG audio, layers II and III).

The number of frames is stated by a Xing, Info or VBRI header in the first frame. Encoders that
write to a pipe, and programs that cut MP3 files without decoding them, write none; players then
estimate the length from the bit rate.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

ID3 = b"ID3"
ID3_HEADER = 10  # bytes
FIRST_FRAME = 1500  # bytes; the longest frame has 1,441
XING = re.compile(rb"(?:Xing|Info)...([\x00-\xff])(.{4})", re.DOTALL)
HAS_FRAME_COUNT = 1
LAYERS = {2: 3, 4: 2}  # by the bits of the header; layer I is not in use
KBIT_PER_SECOND = {  # by version and layer
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
VBRI = re.compile(rb"VBRI.{10}(.{4})", re.DOTALL)


def is_mp3_start(head: bytes) -> bool:
    """Return True if bytes are the start of an ID3 tag or of a frame."""
    return head.startswith(ID3) or _layer(head) is not None


def skip_tags(file: BinaryIO) -> int:
    """Seek to the end of the ID3 tags at the start of a file; return the position."""
    start = 0
    while (tag := file.read(ID3_HEADER)).startswith(ID3) and len(tag) == ID3_HEADER:
        start += ID3_HEADER + sum(byte << 7 * (9 - at) for at, byte in enumerate(tag) if at > 5)
        file.seek(start)
    return file.seek(start)


def stated_frames(path: Path) -> int | None:
    """Return the number of MPEG frames that the header states, or None without a header."""
    with path.open("rb") as file:
        skip_tags(file)
        head = file.read(FIRST_FRAME)
    if (xing := XING.search(head)) and xing[1][0] & HAS_FRAME_COUNT:
        count = int.from_bytes(xing[2])
    elif vbri := VBRI.search(head):
        count = int.from_bytes(vbri[1])
    else:
        return None
    return count or None


def is_whole_frame(frame: bytes, rate: int) -> bool:
    """Return False if a frame is shorter than its header states; the last of a cut file may be.

    Parameters
    ----------
    frame : bytes
    rate : int
        Sampling rate, in Hz.
    """
    layer = _layer(frame)
    index = frame[2] >> 4 if len(frame) > 2 else 0
    if layer is None or not 0 < index < 15:
        return layer is None or len(frame) > 2
    version = 1 if frame[1] & 8 else 2
    samples = 576 if (version, layer) == (2, 3) else 1152
    bit_rate = 1000 * KBIT_PER_SECOND[version, layer][index - 1]
    return len(frame) >= samples // 8 * bit_rate // rate


def _layer(head: bytes) -> int | None:
    """Return the layer of a frame, or None if bytes are not the start of a frame."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return LAYERS.get(head[1] & 6)
