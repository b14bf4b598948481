"""Predictions: scored clips, rows, CSV, and the time line of a clip."""

import csv
import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from gpuclf.audio.settings import Extraction
from gpuclf.model.predictions import Predictions
from gpuclf.workflows.predict import window_times
from hypothesis import given
from hypothesis import strategies as st

from conftest import windows_of
from shown import predicted


def test_only_clips_outside_the_training_set_are_scored():
    made = predicted("rrrb", true="rbbb", in_training=[True, False, False, False])
    assert made.scored.tolist() == [False, True, True, True]
    assert made.accuracy == pytest.approx(1 / 3)
    assert repr(made) == "<4 clips, 2 classes, 1 used for training, accuracy 0.3333 on 3 clips>"


def test_without_a_new_clip_there_is_no_accuracy():
    made = predicted("rb", true="rb", in_training=[True, True])
    assert made.accuracy is None and not made.scored.any()
    assert repr(made) == "<2 clips, 2 classes, 2 used for training>"


def test_all_clips_are_scored_if_the_training_clips_are_unknown():
    made = predicted("rb", true="rr", in_training=None)
    assert made.accuracy == 0.5
    assert repr(made) == "<2 clips, 2 classes, training clips unknown, accuracy 0.5000 on 2 clips>"


def test_without_true_labels_no_clip_is_scored():
    made = predicted("rb", in_training=[False, False])
    assert made.accuracy is None and made.correct is None and not made.scored.any()


def test_the_accuracy_on_some_clips_is_theirs():
    made = predicted("rrb", true="rbb", in_training=[False] * 3)
    assert made.accuracy_on(np.array([True, True, False])) == 0.5
    assert made.accuracy_on(np.zeros(3, bool)) is None


@pytest.mark.parametrize(
    ("in_training", "value", "word"),
    [([True], True, "yes"), ([False], False, "no"), (None, None, "unknown")],
)
def test_rows_contain_python_values_and_the_csv_file_texts(tmp_path, in_training, value, word):
    made = predicted("r", true="b", in_training=in_training)
    [row] = made.rows()
    assert row == {
        "clip": "clip 0",
        "true": "b",
        "label": "r",
        "margin": 0.5,
        "in_training": value,
        "votes b": 1,
        "votes r": 3,
    }
    assert {name: type(one) for name, one in row.items()} == {
        **dict.fromkeys(("clip", "true", "label"), str),
        "margin": float,
        "in_training": type(value),
        **dict.fromkeys(("votes b", "votes r"), int),
    }
    json.dumps(row)
    made.write_csv(tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(newline="") as file:
        [written] = csv.DictReader(file)
    assert written["in_training"] == word and written["margin"] == "0.5000"


def predictions(vectors, windows):
    vectors = np.array([vectors])
    votes = np.array([np.bincount(vectors[0], minlength=3)])
    labels, windows = ("blues", "jazz", "rock"), np.array([windows], float)
    return Predictions(np.array(["a"]), labels, votes.argmax(axis=1), votes, None, vectors, windows)


def test_the_data_frame_has_the_rows():
    made = predicted("rrb", true="rbb", in_training=None)
    frame = made.to_frame()
    assert list(frame) == list(made.rows()[0])
    assert frame["label"].tolist() == ["r", "r", "b"] and frame["votes b"].tolist() == [1, 1, 3]
    assert frame["in_training"].isna().all()


def test_consecutive_windows_of_one_label_are_merged():
    stretches = predictions([0, 0, 2, 0], [(0, 2), (1, 3), (2, 4), (3, 5)]).timeline(0)
    assert [(s.start, s.end, s.label, s.votes) for s in stretches] == [
        (0.0, 2.5, "blues", 2),
        (2.5, 3.5, "rock", 1),
        (3.5, 5.0, "blues", 1),
    ]
    assert str(stretches[1]) == "2.5-3.5 s rock"


def test_without_overlap_a_stretch_ends_where_the_next_window_starts():
    stretches = predictions([0, 2, 2], [(0, 2), (2, 4), (4, 6)]).timeline(0)
    assert [(s.start, s.end, s.label) for s in stretches] == [(0, 2, "blues"), (2, 6, "rock")]
    assert [s.end for s in predictions([1], [(0, 2)]).timeline(0)] == [2]


@given(st.lists(st.integers(0, 2), min_size=2, max_size=24), st.floats(0.1, 9))
def test_time_line_has_no_gap_and_counts_every_vote(votes, width):
    starts = np.arange(len(votes)) * width / 2
    stretches = predictions(votes, np.column_stack([starts, starts + width])).timeline(0)
    assert (stretches[0].start, stretches[-1].end) == (0, starts[-1] + width)
    for current, following in pairwise(stretches):
        assert current.end == following.start and current.label != following.label
    assert sum(stretch.votes for stretch in stretches) == len(votes)


class Store:
    def __init__(self, extraction):
        self.attributes = {} if extraction is None else {"gpuclf_extraction": extraction}


class Features:
    name = "mel"

    def __init__(self, lengths):
        self.lengths = np.array(lengths)


@given(
    st.lists(st.integers(20, 400), min_size=1, max_size=5),
    st.integers(1, 12),
    st.sampled_from([("half", 2), ("none", 1)]),
)
def test_window_times_match_the_frames_of_the_windows(lengths, n_vectors, overlap):
    extraction = Extraction(sr=22_050, hop=441)  # 20 ms
    store = Store(json.dumps(extraction.to_dict()))
    overlap, per_window = overlap
    times = window_times(store, Features(lengths), n_vectors, overlap)
    assert times.shape == (len(lengths), per_window * n_vectors, 2)
    for clip, length in enumerate(lengths):
        for k, window in enumerate(windows_of(length, n_vectors, overlap)):
            assert times[clip, k] == pytest.approx([window.start / 50, window.stop / 50])


def test_window_times_are_none_without_extraction_settings():
    assert window_times(Store(None), Features([30]), 3) is None


def with_probabilities(rejected=None):
    made = predicted("rb", true="rb", in_training=None)
    probabilities = np.array([[0.25, 0.75], [0.9, 0.1]])[:, np.argsort(made.predicted[::-1])]
    return replace(made, probabilities=probabilities, rejected=rejected)


def test_rows_have_the_probability_of_the_label_and_of_every_class():
    made = with_probabilities()
    for clip, row in enumerate(made.rows()):
        each = [row[f"probability {name}"] for name in made.labels]
        assert each == made.probabilities[clip].tolist()
        assert row["probability"] == made.confidence[clip] == row[f"probability {row['label']}"]
        assert isinstance(row["probability"], float)


def test_rejected_clip_is_unknown_in_rows_but_keeps_its_votes():
    plain, made = with_probabilities(), with_probabilities(rejected=np.array([True, False]))
    assert [row["label"] for row in made.rows()] == made.names
    assert made.names == ["unknown", plain.names[1]]
    assert made.predicted.tolist() == plain.predicted.tolist()
    assert made.accuracy == plain.accuracy


def test_csv_has_probabilities_with_four_decimals(tmp_path):
    with_probabilities(rejected=np.array([True, False])).write_csv(tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert first["label"] == "unknown" and second["label"] != "unknown"
    assert {len(first[name]) for name in first if name.startswith("probability")} == {6}
