"""Audio formats: file names and first bytes of recordings."""

from __future__ import annotations

import re
from pathlib import Path

from gpuclf.audio.mp3 import is_mp3_start
from gpuclf.features.importers.collection import FileKind

# MAT files, which libsndfile reads, are recordings only by their content; most are other data.
LIBSNDFILE = """
    wav wave wavex bwf rf64 w64 flac ogg oga opus mp3 mp2 mp1 mpga aif aiff aifc au snd caf voc sph
    nist avr htk iff svx 8svx mpc2k paf pvf raw pcm sd2 sds sf ircam wve xi vox
"""
PYAV = """
    m4a m4b m4r mp4 m4v mov 3gp 3g2 3ga aac adts wma asf wmv webm weba mka mkv amr awb ac3 eac3 dts
    ape wv tta tak mpc mp+ spx ogx ogv ra rm ram shn dsf dff gsm avi flv mpg mpeg oma aa3
"""
SUFFIXES = frozenset(f".{name}" for name in (LIBSNDFILE + PYAV).split())
DESCRIPTION = "audio files, such as .wav, .flac, .mp3 or .m4a"
HEAD = 32  # bytes
CONTENT = re.compile(
    rb"(?:RIFF|RIFX|RF64|BW64)....WAVE|FORM....(?:AIFF|AIFC|8SVX|16SV)|riff\x2e\x91|fLaC|OggS"
    rb"|\.snd|dns\.|caff|NIST_1A|Creative Voice File|2BIT| paf|fap |PVF1|\x64\xa3"
    rb"|....ftyp(?:M4A|M4B|M4V|mp4|isom|iso\d|3g|qt|dash)|\x1a\x45\xdf\xa3|\x30\x26\xb2\x75\x8e\x66"
    rb"|\xff[\xf0\xf1\xf8\xf9]|#!AMR|wvpk|MAC |MP\+|MPCK|TTA[12]|tBaK|\.RMF|\.ra\xfd|\x0b\x77|DSD ",
    re.DOTALL,
)


def looks_like_sound(path: Path) -> bool:
    """Return True if the first bytes of a file are those of an audio format.

    Examples
    --------
    >>> path = Path("take 1")
    >>> _ = path.write_bytes(b"fLaC")
    >>> looks_like_sound(path)
    True
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return is_known_start(head) or is_mp3_start(head)


def is_known_start(head: bytes) -> bool:
    """Return True if bytes are the start of a file of a format other than MP3."""
    return CONTENT.match(head) is not None


RECORDINGS = FileKind("recording", SUFFIXES, looks_like_sound, DESCRIPTION)
