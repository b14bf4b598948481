"""Terminal tables of a cross-validation result."""

from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, cross_validate
from gpuclf.report.result import accuracy_facts, result_tables, verdict_text

from shown import made_up, scored, shown, with_scores


@pytest.fixture(scope="module")
def result():
    confusion = np.full((3, 3), 1) + 8 * np.eye(3, dtype=int)
    return replace(
        with_scores(scored(), [[0.75, 0.85]]),
        vector_scores=np.array([[0.5, 0.6]]),
        confusion=confusion,
        seconds={"read": 1.5, "total": 2.0},
    )


def table(result, width=80):
    return shown(lambda console: result_tables(result, console), width)


def row(text, start):
    return next(line for line in text.splitlines() if line.strip().startswith(start)).split()


def test_table_shows_accuracies_baselines_times_recall_precision_and_confusion_matrix(result):
    text = table(result)
    assert "accuracy on clips            80.0 % ± 5.0 %  (1 repeat x 2 folds)" in text
    assert "accuracy on feature vectors  80.0 % ± 5.0 %" in text
    assert row(text, "chance level") == ["chance", "level", "33.3", "%"]
    assert row(text, "majority class")[:4] == ["majority", "class", "33.3", "%,"]
    assert "read 1.50 s, total 2.00 s" in text
    assert row(text, "1  class 1") == ["1", "class", "1", "81.8", "%", "9", "82", "9"]
    assert row(text, "precision") == ["precision", "82", "82", "82"]


def test_accuracies_of_clips_and_of_their_only_vectors_agree_on_folds_of_unequal_sizes():
    vectors = made_up(per_clip=1, clips=9)
    folds = np.array([0, 0, 0, 0, 0, 0, 0, 1, 2] * 3)
    clf = ClipClassifier(backend="cpu")
    unequal = cross_validate(clf, replace(vectors, folds=folds), split="predefined")
    facts = accuracy_facts(unequal)
    assert unequal.accuracy != pytest.approx(unequal.vector_scores.mean())
    clips = facts["accuracy on clips"].partition("  (")[0]
    assert facts["accuracy on feature vectors"] == clips


def test_confidence_interval_is_the_corrected_one(result):
    low, high, _ = result.interval
    text = table(result)
    assert f"95 % confidence interval     {100 * low:.1f} to {100 * high:.1f} %  (corrected" in text
    assert high - low > 0.5  # two folds give a wide interval
    labels = "accuracy on clips", "95 % confidence", "accuracy on feature vectors"
    assert sorted(labels, key=text.index) == list(labels)


def test_undefined_and_zero_width_intervals_are_explained(result):
    one = table(with_scores(result, [[0.75]]))
    assert (
        "95 % confidence interval     undefined: requires at least two" in one and "nan" not in one
    )
    same = table(with_scores(result, [[0.75, 0.75]]))
    assert "95 % confidence interval     zero width: 75.0 % in every fold" in same


def test_verdict_states_the_leading_metric_its_interval_its_baseline_and_the_p_value(result):
    low, high, _ = result.interval
    assert verdict_text(result) == (
        "No better than always predicting one class: accuracy on clips 80.0 % (95 % confidence "
        f"interval {100 * low:.1f} to {100 * high:.1f} %), compared with 33.3 %, p = 0.096"
    )
    same = verdict_text(with_scores(result, [[0.75, 0.75]]))
    assert same == (
        "Better than always predicting one class: accuracy on clips 75.0 % in every fold, compared "
        "with 33.3 %"
    )


def test_metrics_are_shown_for_clips_and_vectors(result):
    text = table(result)
    for heading in ("balanced accuracy", "macro F1", "top-2 accuracy"):
        assert len(row(text, heading)) == len(heading.split()) + 4  # two percentages
    assert "ROC AUC of votes (one-vs-rest)" in text and "(Hand and Till)" in text
    assert "expected calibration error of vote shares" in text


def test_permutation_test_shows_p_value_and_null_distribution(result):
    text = table(replace(result, permuted=np.array([0.3, 0.4, 0.9])))
    assert "permutation test             p-value 0.5 of the accuracy, 3 permutations" in text
    assert "null distribution            accuracy 53.3 % ± 26.2 %" in text
    assert "permutation" not in table(result)


def test_without_majority_voting_only_vectors_are_shown(result):
    assert "accuracy on clips" not in table(replace(result, majority_voting=False))
    thesis = scored(protocol="thesis", majority_voting=False)
    assert "clips" not in table(thesis).split("pooled metric")[1]


def test_confusion_matrix_wider_than_console_is_replaced_by_most_frequent_confusions(result):
    confusion = np.full((50, 50), 1) + 8 * np.eye(50, dtype=int)
    labels = tuple(f"class {i}" for i in range(50))
    text = table(replace(result, confusion=confusion, labels=labels))
    assert "most frequent confusions per class" in text
    assert "class 1 2 %, class 2 2 %" in text
    assert row(text, "7  class 7")[3:7] == ["15.5", "%", "15.5", "%"]  # recall, precision
    assert max(map(len, text.splitlines())) <= 80


def test_recall_of_untested_class_is_a_dash(result):
    confusion = result.confusion.copy()
    confusion[2] = 0
    assert row(table(replace(result, confusion=confusion)), "2  class 2")[3] == "-"


def test_markup_in_class_names_is_shown_as_text(result):
    labels = tuple(f"[red]{i}[/red]" for i in range(3))
    assert "[red]1[/red]" in table(replace(result, labels=labels))
