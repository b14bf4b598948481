"""Clips from annotated parts of recordings."""

from pathlib import Path

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.clips import annotated_clips, matching_facts

RAVEN = "Selection\tBegin Time (s)\tEnd Time (s)\tBegin File\tFile Offset (s)\tAnnotation\n"


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Function that writes annotation files and returns the clips of recordings."""
    monkeypatch.chdir(tmp_path)

    def found(texts, recordings=("a.wav", "b.wav"), label=None):
        for name, text in texts.items():
            path = Path("tables", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        paths = [Path("in", name) for name in recordings]
        return annotated_clips(Path("in"), paths, [Path("tables")], label)

    return found


def test_parts_are_sorted_clips_whose_group_is_the_recording(found):
    clips = found({"b.txt": "1\t2\ty\n", "a.txt": "3\t4.5\tx\n0.25\t1\ty\n"}).clips
    assert [(clip.id, clip.label, clip.group, clip.start, clip.end) for clip in clips] == [
        ("a.wav:0.25-1", "y", "a.wav", 0.25, 1.0),
        ("a.wav:3-4.5", "x", "a.wav", 3.0, 4.5),
        ("b.wav:1-2", "y", "b.wav", 1.0, 2.0),
    ]
    assert clips[0].path == Path("in/a.wav")


def test_overlapping_parts_are_separate_clips_and_identical_ones_are_one(found):
    clips = found({"a.txt": "0\t2\tx\n1\t3\tx\n0\t2\ty\n0\t2\tx\n"}).clips
    assert [(clip.id, clip.label) for clip in clips] == [
        *(("a.wav:0-2", "x"), ("a.wav:0-2 (2)", "y"), ("a.wav:1-3", "x"))
    ]


def test_several_files_of_a_recording_are_combined(found):
    result = found({"a.txt": "0\t1\tx\n", "a.svl.txt": "0\t1\tx\n2\t3\ty\n"})
    assert [clip.id for clip in result.clips] == ["a.wav:0-1", "a.wav:2-3"]


def test_what_has_no_counterpart_is_reported_in_a_line(found):
    result = found(
        {"a.txt": "0\t1\tx\n2\t3\t\n4\t4\tx\n", "c.txt": "0\t1\tx\n", "b.txt": "1\t1\tx\n"},
        ["a.wav", "b.wav", "d.wav"],
    )
    assert matching_facts(result) == {
        "not annotated": "1 recording, skipped: d.wav",
        "no recording": "1 annotation file, skipped: tables/c.txt",
        "annotations skipped": "1 without a label, 2 of length 0",
    }


def test_a_table_of_several_recordings_is_divided(found):
    rows = "1\t0\t1\ta.wav\t0\tx\n2\t60\t61\tb.wav\t5\ty\n3\t90\t91\tlost.wav\t0\ty\n"
    result = found({"all.txt": RAVEN + rows})
    assert [clip.id for clip in result.clips] == ["a.wav:0-1", "b.wav:5-6"]
    assert result.no_recording == ["lost.wav in tables/all.txt"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"a.txt": ""}, "annotations: got none, expected labelled parts of the recordings in in"),
        ({"a.txt": "1\t1\tx\n"}, "annotations: got 1 annotation, none with a label and a length"),
        ({"c.txt": "0\t1\tx\n"}, "annotations: got none"),
        ({"a.doc": ""}, "tables: got no annotation file, expected files ending in one of .csv, .j"),
        ({"a.txt": "2\t1\tx\n"}, "a.txt: got an annotation from 2 to 1 s, expected 0 <= start <="),
        ({"a.txt": "-1\t1\tx\n"}, "a.txt: got an annotation from -1 to 1 s, expected 0 <= start"),
    ],
)
def test_recordings_without_a_labelled_part_raise(found, texts, message):
    with pytest.raises(InputError, match=message):
        found(texts)
