"""JAMS files."""

import json

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.event import Event
from gpuclf.features.importers.annotations.jams import read_jams

BEATS = {"namespace": "beat", "data": [{"time": 0, "duration": 0, "value": 1, "confidence": 1}]}
SEGMENTS = {
    "namespace": "segment_open",
    "data": [
        {"time": 0.0, "duration": 4.0, "value": "verse", "confidence": None},
        {"time": 4.0, "duration": 2.5, "value": "chorus", "confidence": None},
    ],
}
SOUNDS = {
    "namespace": "scaper",
    "data": {
        **{"time": [1.0], "duration": [0.5], "confidence": [1]},
        "value": [{"label": "dog_bark", "role": "foreground"}],
    },
}


@pytest.fixture
def jams(tmp_path):
    """Function that writes annotations to a file and returns its path."""

    def jams(*annotations):
        path = tmp_path / "a.jams"
        content = {"annotations": annotations, "file_metadata": {"duration": 9}, "sandbox": {}}
        path.write_text(json.dumps(content))
        return path

    return jams


def test_the_only_namespace_with_labelled_parts_is_read(jams):
    assert read_jams(jams(BEATS, SEGMENTS)) == [Event(0, 4, "verse"), Event(4, 6.5, "chorus")]


def test_observations_in_columns_and_labels_in_objects_are_read(jams):
    assert read_jams(jams(SOUNDS)) == [Event(1, 1.5, "dog_bark")]


def test_one_of_several_namespaces_is_chosen(jams):
    path = jams(SEGMENTS, SOUNDS, BEATS)
    assert read_jams(path, "scaper") == [Event(1, 1.5, "dog_bark")]
    with pytest.raises(InputError, match=r"got several with labels.*segment_open, scaper \(option"):
        read_jams(path)
    with pytest.raises(InputError, match="got 'chord', expected one of segment_open, scaper, beat"):
        read_jams(path, "chord")


def test_annotations_of_several_annotators_are_read(jams):
    assert len(read_jams(jams(SEGMENTS, SEGMENTS))) == 4


def test_a_file_without_annotations_is_empty(jams):
    assert read_jams(jams()) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"annotations": [{"data": []}]}', "[" * 10**5])
def test_other_content_raises(tmp_path, text):
    (tmp_path / "a.jams").write_text(text)
    with pytest.raises(InputError, match=r"a.jams: got no JAMS file .*, expected annotations with"):
        read_jams(tmp_path / "a.jams")
