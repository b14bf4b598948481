"""An extraction checkpoint returns a result for the same file, part and parameters only."""

import os
from dataclasses import replace

import numpy as np
import pytest
from gpuclf.audio.extraction_checkpoint import ExtractionCheckpoint, Outcome
from gpuclf.audio.settings import Extraction

from recordings import clip, noise, write

FRAMES = {"Xa": np.arange(6, dtype=np.float32).reshape(2, 3)}


@pytest.fixture
def recording(tmp_path):
    return clip(write(tmp_path / "a.wav", noise(2000)))


@pytest.fixture
def checkpoint(tmp_path, recording):
    checkpoint = ExtractionCheckpoint(tmp_path / "f.hdf5", Extraction(features="Xa"))
    checkpoint.create()
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
    other = ExtractionCheckpoint(tmp_path / "f.hdf5", replace(checkpoint.extraction, **change))
    assert other.folder == checkpoint.folder and other.outcome(recording) is None


def test_modified_recording_is_not_finished(checkpoint, recording):
    os.utime(recording.path, ns=(1, 1))
    assert checkpoint.outcome(recording) is None


def test_deleted_recording_is_not_finished(checkpoint, recording):
    recording.path.unlink()
    assert checkpoint.outcome(recording) is None


def test_remove_deletes_the_folder_and_its_content(checkpoint, tmp_path):
    assert checkpoint.folder == tmp_path / "f.hdf5.extracting"
    (checkpoint.folder / "of a draft.partial").touch()
    checkpoint.remove()
    assert os.listdir(tmp_path) == ["a.wav"]
