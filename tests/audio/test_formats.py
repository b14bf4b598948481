"""Recordings are recognised by their suffix or their first bytes."""

import pytest
import soundfile
from gpuclf.audio.formats import SUFFIXES, looks_like_sound

from recordings import RATE, encode, tones, write

SUFFIX_OF_FORMAT = {"MPC2K": ".mpc2k", "RAW": ".raw", "NIST": ".sph", "WAVEX": ".wav"}
DATA_FORMATS = {"MAT4", "MAT5"}  # rarely recordings


def test_suffixes_contain_all_formats_of_libsndfile():
    names = set(soundfile.available_formats()) - DATA_FORMATS
    assert {SUFFIX_OF_FORMAT.get(name, f".{name.lower()}") for name in names} <= SUFFIXES


@pytest.mark.parametrize(
    "suffix",
    ["wave", "aifc", "w64", "caf", "m4a", "mp4", "aac", "wma", "webm", "opus", "amr", "3gp"],
)
def test_suffixes_contain_those_of_phones_recorders_and_browsers(suffix):
    assert f".{suffix}" in SUFFIXES


@pytest.mark.parametrize("suffix", ["hdf5", "h5", "npy", "npz", "csv", "txt", "json", "mat", "jpg"])
def test_suffixes_contain_no_data(suffix):
    assert f".{suffix}" not in SUFFIXES


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff", "au", "caf", "w64", "m4a"])
def test_recording_without_a_suffix_looks_like_sound(tmp_path, suffix):
    path, sound = tmp_path / f"a.{suffix}", tones([440])
    encode(path, sound, RATE, "aac") if suffix == "m4a" else write(path, sound)
    assert looks_like_sound(path.rename(tmp_path / "take 1"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"path,label\n",
        "text".encode("utf-16"),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0JFIF",
        b"RIFF\0\0\0\0AVI ",
        b"\0\0\0\x18ftypheic",
        b"\x93NUMPY",
        b"\x89HDF\r\n\x1a\n",
        b"%PDF-1.7",
    ],
)
def test_other_files_do_not_look_like_sound(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    assert not looks_like_sound(tmp_path / "a")


def test_unreadable_file_does_not_look_like_sound(tmp_path):
    assert not looks_like_sound(tmp_path / "none")
