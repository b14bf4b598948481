"""Databases of perch-hoplite, made with the package."""

import sqlite3
import sys

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.hoplite_frames import HopliteFrames, is_hoplite
from gpuclf.features.importers.sources import source_content
from gpuclf.features.importers.table_columns import ColumnChoice


@pytest.fixture
def database(tmp_path):
    """A function that makes a database of two recordings with windows of 5 s."""
    implementation = pytest.importorskip("perch_hoplite.db.sqlite_usearch_impl")
    kinds = pytest.importorskip("perch_hoplite.db.datatypes").LabelType

    def make(annotations=(), name="db", windows=3):
        config = implementation.get_default_usearch_config(embedding_dim=4)
        db = implementation.SQLiteUSearchDB.create(db_path=str(tmp_path / name), usearch_cfg=config)
        site = db.insert_deployment(name="pond", project="marsh")
        for number, filename in enumerate(("wren/b.wav", "wren/a.wav")):
            recording = db.insert_recording(filename=filename, deployment_id=site)
            for start in reversed(range(0, 5 * windows, 5)):
                embedding = np.full(4, 10 * number + start / 5, np.float16)
                db.insert_window(recording, [float(start), start + 5.0], embedding)
            for start, end, label, kind in annotations:
                db.insert_annotation(recording, [start, end], label, kinds[kind], "me")
        db.commit()
        db.db.close()
        return tmp_path / name

    return make


def test_recordings_are_clips_and_windows_their_frames_in_temporal_order(database, tmp_path):
    path = database()
    assert is_hoplite(path)
    found = source_content(path, ColumnChoice(label="recording:^[^/]+"), name="perch")
    assert [(clip.id, clip.label, clip.group) for clip in found.clips] == [
        ("wren/a.wav", "wren", None),
        ("wren/b.wav", "wren", None),
    ]
    frames = [clip["perch"] for clip in found.frames]
    assert [clip[:, 0].tolist() for clip in frames] == [[10, 11, 12], [0, 1, 2]]
    assert frames[0].dtype == np.float16 and frames[0].shape == (3, 4)


def test_annotated_windows_are_clips_grouped_by_recording(database):
    annotations = [
        (1.0, 2.0, "wren", "POSITIVE"),
        (6.0, 7.0, "wren", "POSITIVE"),
        (8.0, 9.0, "crow", "POSITIVE"),
        (10.0, 15.0, "crow", "POSITIVE"),
        (10.0, 15.0, "wren", "NEGATIVE"),
        (5.0, 6.0, "wren", "POSITIVE"),
    ]
    found = source_content(database(annotations, windows=4), ColumnChoice())
    assert [(clip.id, clip.label, clip.group) for clip in found.clips[:2]] == [
        ("wren/a.wav:0", "wren", "wren/a.wav"),
        ("wren/a.wav:10", "crow", "wren/a.wav"),
    ]
    assert [float(clip["features"][0, 0]) for clip in found.frames] == [10, 12, 0, 2]
    assert found.summary[-2:] == [
        "skipped: 2 windows with no annotation",
        "skipped: 2 windows with several labels",
    ] or found.summary[-2:] == [
        "skipped: 2 windows with several labels",
        "skipped: 2 windows with no annotation",
    ]


def test_labels_of_a_csv_file_are_used_instead_of_annotations(database, tmp_path):
    path = database([(0.0, 5.0, "wren", "POSITIVE")])
    (tmp_path / "l.csv").write_text("file,label\na.wav,r\nb.wav,s\n")
    found = source_content(path, ColumnChoice(), labels=str(tmp_path / "l.csv"))
    assert [(clip.id, clip.label) for clip in found.clips] == [
        ("wren/a.wav", "r"),
        ("wren/b.wav", "s"),
    ]
    assert found.lengths == {"features": [3, 3]}


def test_a_database_is_not_changed(database):
    path = database()
    before = {file: file.read_bytes() for file in path.iterdir()}
    list(source_content(path, ColumnChoice(labelled=False)).frames)
    assert {file: file.read_bytes() for file in before} == before


def test_a_database_without_labels_and_a_damaged_one_raise(database):
    path = database()
    with pytest.raises(InputError, match=r"no column of the label, expected --label-column"):
        source_content(path, ColumnChoice())
    with sqlite3.connect(path / "hoplite.sqlite") as connection:
        connection.execute("DROP TABLE hoplite_metadata")
    connection.close()
    with pytest.raises(InputError, match=r"no such table.*, expected a readable database of perch"):
        HopliteFrames(path, labelled=True)


def test_a_window_without_an_embedding_raises(database):
    from perch_hoplite.db.sqlite_usearch_impl import SQLiteUSearchDB

    path = database()
    db = SQLiteUSearchDB.create(db_path=str(path))
    db.insert_window(1, [90.0, 95.0], None)
    db.commit()
    db.db.close()
    with pytest.raises(InputError, match="Embedding vectors not found"):
        list(source_content(path, ColumnChoice(labelled=False)).frames)


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "perch_hoplite.db.sqlite_usearch_impl", None)
    (tmp_path / "hoplite.sqlite").touch()
    with pytest.raises(InputError, match=r"expected python -m pip install 'gpuclf\[hoplite\]'"):
        source_content(tmp_path, ColumnChoice())
