"""The clips of a collection: class folders, an index, or annotations."""

from pathlib import Path

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.collection import FileKind, Listing, find_clips

WAV = FileKind("recording", {".wav"})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in the form of ESC-50: recordings in ``audio``, and their index in ``meta``."""
    monkeypatch.chdir(tmp_path)
    for name in ("audio/1-a.wav", "audio/2-b.wav", "audio/3-c.wav", "meta/esc50.csv"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    Path("meta/esc50.csv").write_text(
        "filename,fold,target,category,esc10,src_file,take\n"
        "1-a.wav,1,0,dog,True,100,A\n2-b.wav,2,14,chirping_birds,False,200,A\n"
    )
    return tmp_path


def test_an_index_with_other_columns_and_a_root_is_read(folder):
    columns = {"path": "filename", "label": "category", "fold": "fold", "group": "src_file"}
    listing = Listing(index="meta/esc50.csv", root="audio", columns=columns)
    found = find_clips(".", listing, WAV)
    assert [(clip.id, clip.label, clip.fold, clip.group) for clip in found.clips] == [
        *(("1-a.wav", "dog", 1, "100"), ("2-b.wav", "chirping_birds", 2, "200"))
    ]
    assert found.facts == {
        "columns": "path: filename, label: category, group: src_file, fold: fold",
        "not listed": "1 recording of audio, skipped",
    }


def test_usual_names_need_no_option_and_the_paths_are_relative_to_the_collection(folder):
    found = find_clips("audio", Listing(index="meta/esc50.csv"), WAV)
    assert [(clip.label, clip.fold) for clip in found.clips] == [("dog", 1), ("chirping_birds", 2)]


def test_annotations_of_a_single_recording_are_clips(folder):
    Path("labels.txt").write_text("0\t1\tx\n")
    Path("1-a.txt").write_text("0\t1\tx\n")
    listing = Listing(annotations=["1-a.txt", "labels.txt"])
    found = find_clips("audio/1-a.wav", listing, WAV)
    assert [(clip.id, clip.group) for clip in found.clips] == [("1-a.wav:0-1", "1-a.wav")]
    assert found.facts == {"no recording": "1 annotation file, skipped: labels.txt"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"index": "a.csv", "annotations": ["b"]}, "expected one of --index and --annotations"),
        ({"root": "audio"}, "--root: got audio, expected an index of the clips: --index"),
        ({"columns": {"path": "file"}}, "--path-column: got file, expected an index"),
        ({"columns": {"fold": "f"}, "annotations": ["b"]}, "--fold-column: got f, expected an"),
    ],
)
def test_options_without_effect_raise(folder, values, message):
    with pytest.raises(InputError, match=message):
        find_clips(".", Listing(**values), WAV)


def test_a_missing_recording_raises(folder):
    Path("none.txt").touch()
    with pytest.raises(
        InputError, match=r"none.wav: got no such file or folder, expected a record"
    ):
        find_clips("none.wav", Listing(annotations=["none.txt"]), WAV)
