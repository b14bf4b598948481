"""Pages of Ogg files."""

import pytest
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


@pytest.mark.parametrize("content", [b"", b"OggS", b"OggS\0\4"])
def test_file_without_a_page_is_not_complete(path, content):
    path.write_bytes(content)
    assert not is_complete(path)
