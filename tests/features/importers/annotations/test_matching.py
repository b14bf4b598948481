"""The recording of an annotation file."""

from pathlib import Path, PurePath

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.matching import Recordings


def recordings(*names):
    return Recordings(Path("in"), [Path("in", name) for name in names])


@pytest.mark.parametrize(
    "name",
    [
        *("a.b.txt", "a.b.wav.jams", "a.b.Table.1.selections.txt"),
        *("a.b.BirdNET.selection.table.txt", "elsewhere/a.b.svl"),
    ],
)
def test_the_name_of_an_annotation_begins_with_that_of_its_recording(name):
    assert recordings("a.wav", "x/a.b.wav", "a.b.c.wav").find(PurePath(name)) == Path(
        "in/x/a.b.wav"
    )


def test_names_are_compared_in_normal_form():
    assert recordings("Cafe\u0301.wav").find(PurePath("Caf\u00e9.txt")) == Path("in/Cafe\u0301.wav")


def test_equal_names_are_told_apart_by_their_folder_or_suffix():
    both = recordings("x/a.wav", "y/a.wav")
    assert both.find(PurePath("y/a.txt")) == Path("in/y/a.wav")
    with pytest.raises(
        InputError, match=r"a.txt: got the recordings x/a.wav, y/a.wav, expected one"
    ):
        both.find(PurePath("a.txt"))
    assert recordings("a.wav", "a.mp3").find(PurePath("a.mp3.txt")) == Path("in/a.mp3")


def test_an_annotation_may_have_no_recording():
    assert recordings("a.wav").find(PurePath("ab.txt")) is None
    assert recordings("a.wav").find(PurePath(".txt")) is None
