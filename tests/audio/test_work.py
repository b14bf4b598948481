"""What is finished of an extraction: found again for the same file, part and settings alone."""

import os
from dataclasses import replace

import numpy as np
import pytest
from gpuclf.audio.settings import Extraction
from gpuclf.audio.work import Outcome, Work

from recordings import clip, noise, write

FRAMES = {"Xa": np.arange(6, dtype=np.float32).reshape(2, 3)}


@pytest.fixture
def one(tmp_path):
    return clip(write(tmp_path / "a.wav", noise(2000)))


@pytest.fixture
def work(tmp_path, one):
    work = Work(tmp_path / "f.hdf5", Extraction(features="Xa"))
    work.open()
    work.keep(one, Outcome(digest="d", lengths={"Xa": 2}), FRAMES)
    return work


def test_what_is_kept_is_what_is_found(work, one):
    assert work.outcome(one) == Outcome(None, "d", {"Xa": 2})
    assert np.array_equal(work.frames(one)["Xa"], FRAMES["Xa"])


def test_a_fault_is_kept_as_well(work, one):
    other = replace(one, start=0.5)
    work.keep(other, Outcome("is silent"), {})
    assert work.outcome(other).fault == "is silent"


def test_an_id_a_label_and_a_fold_change_no_frames(work, one):
    assert work.outcome(replace(one, id="x", label="y", group="g", fold=3)) is not None


@pytest.mark.parametrize("part", [{"start": 0.0}, {"end": 1.0}, {"start": 0.25, "end": 0.5}])
def test_another_part_is_not_finished(work, one, part):
    assert work.outcome(replace(one, **part)) is None


@pytest.mark.parametrize("change", [{"sr": 16_000}, {"duration": 1.0}, {"features": "Xa,Xs"}])
def test_other_settings_find_nothing(work, one, tmp_path, change):
    other = Work(tmp_path / "f.hdf5", replace(work.extraction, **change))
    assert other.folder == work.folder and other.outcome(one) is None


def test_another_file_in_its_place_is_not_finished(work, one):
    os.utime(one.path, ns=(1, 1))
    assert work.outcome(one) is None


def test_a_file_that_is_gone_is_not_finished(work, one):
    one.path.unlink()
    assert work.outcome(one) is None


def test_the_folder_goes_with_all_that_is_in_it(work, tmp_path):
    assert work.folder == tmp_path / "f.hdf5.extracting"
    (work.folder / "of a draft.partial").touch()
    work.remove()
    assert os.listdir(tmp_path) == ["a.wav"]
