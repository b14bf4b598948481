"""The tables of a cross-validation; how they look is for people to judge."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf.report.result import result_tables

from shown import scored, shown


@pytest.fixture(scope="module")
def result():
    confusion = np.full((3, 3), 1) + 8 * np.eye(3, dtype=int)
    return replace(
        scored(),
        scores=np.array([[0.75, 0.85]]),
        vector_scores=np.array([[0.5, 0.6]]),
        confusion=confusion,
        seconds={"read": 1.5, "total": 2.0},
    )


def table(result, width=80):
    return shown(lambda console: result_tables(result, console), width)


def row(text, begins):
    return next(line for line in text.splitlines() if line.strip().startswith(begins)).split()


def test_a_result_has_accuracies_recall_precision_confusion_baselines_and_times(result):
    text = table(result)
    assert "accuracy of clips    80.0 % ± 5.0 %  (1 x 2 folds)" in text
    assert "accuracy of vectors  55.0 % ± 5.0 %" in text
    assert "chance               33.3 %" in text and "majority class       33.3 %" in text
    assert "read 1.50 s, total 2.00 s" in text
    assert row(text, "1  class 1") == ["1", "class", "1", "81.8", "%", "9", "82", "9"]
    assert row(text, "precision") == ["precision", "82", "82", "82"]


def test_the_interval_is_the_corrected_one(result):
    low, high, _ = result.interval
    text = table(result)
    assert f"95 % interval        {100 * low:.1f} to {100 * high:.1f} %, corrected" in text
    assert high - low > 0.5  # two folds tell little
    assert text.index("accuracy of clips") < text.index("95 %") < text.index("accuracy of vectors")


def test_an_interval_that_means_nothing_is_not_shown_as_one(result):
    one = table(replace(result, scores=np.array([[0.75]])))
    assert "95 % interval        none: one fold alone" in one and "nan" not in one
    same = table(replace(result, scores=np.array([[0.75, 0.75]])))
    assert "95 % interval        no width: 75.0 % in every fold" in same


def test_metrics_of_clips_stand_beside_those_of_vectors(result):
    text = table(result)
    for heading in ("balanced accuracy", "macro F1", "class among the top two"):
        assert len(row(text, heading)) == len(heading.split()) + 4  # two percentages
    assert "ROC AUC, one against rest, of votes" in text and "Hand and Till" in text
    assert "calibration error of vote shares" in text


def test_a_permutation_test_tells_its_p(result):
    text = table(replace(result, permuted=np.array([0.3, 0.4, 0.9])))
    assert "permuted labels      53.3 % ± 26.2 %, 3 times: p = 0.5" in text
    assert "permuted" not in table(result)


def test_vectors_alone_are_not_called_clips(result):
    assert "accuracy of clips" not in table(replace(result, majority_voting=False))
    thesis = scored(protocol="thesis", majority_voting=False)
    assert "clips" not in table(thesis).split("mean over folds")[1]


def test_a_wide_matrix_gives_way_to_the_worst_confusions(result):
    confusion = np.full((50, 50), 1) + 8 * np.eye(50, dtype=int)
    labels = tuple(f"class {i}" for i in range(50))
    text = table(replace(result, confusion=confusion, labels=labels))
    assert "what a class was most often taken for" in text
    assert "class 1 2 %, class 2 2 %" in text
    assert row(text, "7  class 7")[3:7] == ["15.5", "%", "15.5", "%"]  # recall, precision
    assert max(map(len, text.splitlines())) <= 80


def test_a_class_never_tested_has_no_recall(result):
    confusion = result.confusion.copy()
    confusion[2] = 0
    assert row(table(replace(result, confusion=confusion)), "2  class 2")[3] == "-"


def test_markup_in_names_is_text(result):
    labels = tuple(f"[red]{i}[/red]" for i in range(3))
    assert "[red]1[/red]" in table(replace(result, labels=labels))
