"""Number of frames that an MP3 file states."""

import pytest
from gpuclf.audio.mp3 import is_mp3_start, is_whole_frame, stated_frames

FRAME = b"\xff\xfb\x90\x00"  # version 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes
ID3 = b"ID3\x04\x00\x00\x00\x00\x01\x10" + bytes(144)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Xing\0\0\0\x0f\0\0\1\0", 256),
        (b"Info\0\0\0\x01\0\0\0\x07", 7),
        (b"Xing\0\0\0\x0e\0\0\1\0", None),  # states the size, not the frames
        (b"Xing\0\0\0\x0f\0\0\0\0", None),  # never completed
        (b"VBRI" + bytes(10) + b"\0\0\2\0", 512),
        (b"noise", None),
    ],
)
@pytest.mark.parametrize("tags", [0, 1, 2])
def test_frames_are_stated_by_the_header_after_any_tags(tmp_path, header, expected, tags):
    (tmp_path / "a.mp3").write_bytes(tags * ID3 + FRAME + bytes(32) + header + bytes(400))
    assert stated_frames(tmp_path / "a.mp3") == expected


def test_empty_file_states_nothing(tmp_path):
    (tmp_path / "a.mp3").touch()
    assert stated_frames(tmp_path / "a.mp3") is None


@pytest.mark.parametrize(
    ("head", "rate", "size"),
    [
        (FRAME, 44_100, 417),
        (b"\xff\xf3\x80\x00", 22_050, 208),  # version 2, layer III, 64 kbit/s
        (b"\xff\xfd\xa4\x00", 48_000, 576),  # version 1, layer II, 192 kbit/s
    ],
)
def test_frame_is_whole_if_it_has_the_size_of_its_header(head, rate, size):
    assert is_mp3_start(head)
    assert is_whole_frame(head.ljust(size, b"\0"), rate)
    assert not is_whole_frame(head.ljust(size - 1, b"\0"), rate)


@pytest.mark.parametrize("head", [b"", b"\xff", b"RIFF", b"\xff\xfe", b"\xff\xf1", b"\xff\xd8"])
def test_other_bytes_are_not_the_start_of_a_frame(head):
    assert not is_mp3_start(head)
