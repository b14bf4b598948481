"""Recordings among files and in folders."""

from pathlib import Path

import pytest
from gpuclf.errors import InputError
from gpuclf.workflows.recordings import recordings_of


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_recordings_of_a_folder_have_paths_relative_to_it(tmp_path):
    touch(tmp_path / "in", "x/a.wav", "b.flac", "notes.txt")
    found = recordings_of([tmp_path / "in"])
    assert sorted(path.as_posix() for path in found.values()) == ["b.flac", "x/a.wav"]
    assert all(tmp_path / "in" / name == path for path, name in found.items())


def test_files_are_recordings_whatever_their_suffix_and_come_in_the_given_order(tmp_path):
    touch(tmp_path, "b.dat", "a.wav")
    found = recordings_of([tmp_path / "b.dat", tmp_path / "a.wav"])
    assert list(found.values()) == [Path("b.dat"), Path("a.wav")]


def test_a_recording_that_is_given_twice_counts_once(tmp_path):
    touch(tmp_path, "x/a.wav", "x/b.wav")
    found = recordings_of([tmp_path / "x" / "b.wav", tmp_path, tmp_path / "x"])
    assert [path.name for path in found] == ["b.wav", "a.wav"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.wav", "missing.wav: got no such file, expected a recording or a folder"),
        ("empty", "empty: got a folder without recordings, expected audio files, such as"),
    ],
)
def test_path_without_a_recording_raises(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        recordings_of([tmp_path / name])
