"""Pages of Ogg files."""

import pytest
from gpuclf.audio import ogg
from gpuclf.audio.ogg import is_complete, is_one_stream

from recordings import RATE, noise, write


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "a.ogg", noise(10 * RATE))


@pytest.mark.parametrize("missing", [1, 100, 5000, 20_000])
def test_file_without_its_last_bytes_is_not_complete(path, missing):
    assert is_complete(path)
    path.write_bytes(path.read_bytes()[:-missing])
    assert not is_complete(path)


def test_tag_after_the_last_page_is_ignored(path):
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
    assert is_complete(path) and is_one_stream(path)


def test_two_recordings_in_a_file_are_two_streams(path, tmp_path):
    other = write(tmp_path / "b.ogg", noise(RATE))
    path.write_bytes(path.read_bytes() + other.read_bytes())
    assert is_complete(path) and not is_one_stream(path)


def test_two_recordings_with_the_same_serial_number_are_two_streams(path):
    path.write_bytes(2 * path.read_bytes())
    assert not is_one_stream(path)


def test_start_of_a_stream_across_two_blocks_is_found(path, monkeypatch):
    content = path.read_bytes()
    for size in (6, 7, 11):
        monkeypatch.setattr(ogg, "BLOCK", size)
        path.write_bytes(content[:500] + content[:200])
        assert not is_one_stream(path)
        path.write_bytes(content[:500])
        assert is_one_stream(path)


@pytest.mark.parametrize("content", [b"", b"OggS", b"OggS\0\4"])
def test_file_without_a_page_is_not_complete(path, content):
    path.write_bytes(content)
    assert not is_complete(path)
