"""An extraction checkpoint returns a result for the same file, part and parameters only."""

import os
from dataclasses import replace

import numpy as np
import pytest
from gpuclf.audio.extraction_checkpoint import ExtractionCheckpoint, Outcome
from gpuclf.audio.settings import Extraction
from gpuclf.errors import OutputError
from hypothesis import given
from hypothesis import strategies as st

from recordings import clip, noise, write

FRAMES = {"Xa": np.arange(6, dtype=np.float32).reshape(2, 3)}


@pytest.fixture
def recording(tmp_path):
    return clip(write(tmp_path / "a.wav", noise(2000)))


@pytest.fixture
def checkpoint(tmp_path, recording):
    checkpoint = ExtractionCheckpoint(tmp_path / "f.hdf5", Extraction(features="Xa"), "cpu")
    with checkpoint.opened():
        checkpoint.save(recording, Outcome(digest="d", lengths={"Xa": 2}), FRAMES)
    return checkpoint


def test_saved_outcome_and_frames_are_loaded(checkpoint, recording):
    assert checkpoint.outcome(recording) == Outcome(None, "d", {"Xa": 2})
    assert np.array_equal(checkpoint.frames(recording)["Xa"], FRAMES["Xa"])


def test_fault_is_saved_too(checkpoint, recording):
    other = replace(recording, start=0.5)
    checkpoint.save(other, Outcome("is silent"), {})
    assert checkpoint.outcome(other).fault == "is silent"


def test_result_does_not_depend_on_id_label_group_or_fold(checkpoint, recording):
    other = replace(recording, id="x", label="y", group="g", fold=3)
    assert checkpoint.outcome(other) is not None


@pytest.mark.parametrize("part", [{"start": 0.0}, {"end": 1.0}, {"start": 0.25, "end": 0.5}])
def test_another_part_is_not_finished(checkpoint, recording, part):
    assert checkpoint.outcome(replace(recording, **part)) is None


@pytest.mark.parametrize("change", [{"sr": 16_000}, {"duration": 1.0}, {"features": "Xa,Xs"}])
def test_recording_is_not_finished_for_other_parameters(checkpoint, recording, tmp_path, change):
    other = ExtractionCheckpoint(
        tmp_path / "f.hdf5", replace(checkpoint.extraction, **change), "cpu"
    )
    assert other.folder == checkpoint.folder and other.outcome(recording) is None


def test_recording_is_not_finished_for_another_backend(checkpoint, recording, tmp_path):
    other = ExtractionCheckpoint(tmp_path / "f.hdf5", checkpoint.extraction, "gpu")
    assert other.folder == checkpoint.folder and other.outcome(recording) is None


def test_modified_recording_is_not_finished(checkpoint, recording):
    os.utime(recording.path, ns=(1, 1))
    assert checkpoint.outcome(recording) is None


def test_deleted_recording_is_not_finished(checkpoint, recording):
    recording.path.unlink()
    assert checkpoint.outcome(recording) is None


def test_saved_recording_is_finished(checkpoint, recording):
    assert checkpoint.is_finished(recording)
    assert not checkpoint.is_finished(replace(recording, start=0.5))


def saved_file(checkpoint):
    (path,) = checkpoint.folder.glob("*.npz")
    return path


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive", bytes(600)])
def test_file_without_an_archive_is_not_finished(checkpoint, recording, content):
    saved_file(checkpoint).write_bytes(content)
    assert checkpoint.outcome(recording) is None and not checkpoint.is_finished(recording)
    checkpoint.save(recording, Outcome(digest="d", lengths={"Xa": 2}), FRAMES)
    assert checkpoint.is_finished(recording)


@given(st.data())
def test_truncated_or_damaged_file_is_not_finished_or_has_the_saved_frames(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    recording = clip(write(folder / "a.wav", noise(2000)))
    checkpoint = ExtractionCheckpoint(folder / "f.hdf5", Extraction(features="Xa"), "cpu")
    with checkpoint.opened():
        checkpoint.save(recording, Outcome(digest="d", lengths={"Xa": 2}), FRAMES)
    path = saved_file(checkpoint)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans(), label="truncated"):
        del content[place:]
    else:
        content[place] ^= 255
    path.write_bytes(content)
    if checkpoint.is_finished(recording):
        assert np.array_equal(checkpoint.frames(recording)["Xa"], FRAMES["Xa"])


def test_frames_damaged_after_the_check_raise_an_error_of_one_line(checkpoint, recording):
    saved_file(checkpoint).write_bytes(b"")
    with pytest.raises(OutputError, match="npz: got a damaged file, expected an intact one"):
        checkpoint.frames(recording)


def test_open_checkpoint_is_locked(checkpoint, recording):
    with (
        checkpoint.opened(),
        pytest.raises(OutputError, match="lock: got the lock of another process"),
        checkpoint.opened(),
    ):
        pass
    with checkpoint.opened():
        assert checkpoint.is_finished(recording)


def test_garbage_in_the_lock_file_does_not_prevent_the_lock(checkpoint):
    (checkpoint.folder / "lock").write_bytes(b"garbage")
    with checkpoint.opened():
        pass


def test_checkpoint_without_finished_recordings_is_deleted(tmp_path):
    checkpoint = ExtractionCheckpoint(tmp_path / "f.hdf5", Extraction(features="Xa"), "cpu")
    with checkpoint.opened():
        assert checkpoint.folder.is_dir()
    assert os.listdir(tmp_path) == []


def test_file_in_place_of_the_folder_is_an_error_of_one_line(tmp_path):
    (tmp_path / "f.hdf5.extracting").touch()
    checkpoint = ExtractionCheckpoint(tmp_path / "f.hdf5", Extraction(features="Xa"), "cpu")
    with pytest.raises(OutputError, match="expected a writable folder"), checkpoint.opened():
        pass


def test_remove_deletes_the_folder_and_its_content(checkpoint, tmp_path):
    assert checkpoint.folder == tmp_path / "f.hdf5.extracting"
    (checkpoint.folder / "of a draft.partial").touch()
    checkpoint.remove()
    assert os.listdir(tmp_path) == ["a.wav"]
