"""Summary of a result: the main part of what its command prints, as plain text."""

from dataclasses import replace

import gpuclf
import numpy as np
import pytest
from gpuclf import ClipClassifier, nested_search
from gpuclf.report.summary import summary

from shown import EQUAL, compared, made_up, predicted, scored


def test_the_summary_of_a_result_is_its_verdict_and_its_metrics():
    result = scored(n_classes=4, repeats=2, apart=0.7, permutations=9)
    text = result.summary()
    first, *others = text.splitlines()
    accuracy = f"{100 * result.accuracy:.1f} %"
    assert first.startswith(f"{result.verdict.text}: accuracy on clips {accuracy}")
    assert "balanced accuracy" in text and "9 permutations" in text
    assert len(others) < 25 and all(len(line) <= 100 for line in others) and "\x1b" not in text


def test_class_names_are_no_markup():
    result = scored(name="[red]class {}", repeats=1)
    most = result.clips.y > 0  # the first class has fewer clips
    uneven = replace(result, clips=replace(result.clips, y=np.where(most, 1, 0)))
    assert uneven.summary().startswith(uneven.verdict.text)
    assert "'[red]class 1'" in uneven.summary()


def test_the_summary_of_a_search_has_the_nested_score_and_the_best_setting():
    search = nested_search(
        ClipClassifier(backend="cpu"),
        made_up(),
        {"C": [0.01, 1]},
        split="stratified-kfold",
        folds=3,
        repeats=1,
        inner=2,
    )
    text = search.summary()
    assert search.result.verdict.text in text and "nested search" in text
    assert f"C={search.best['C']:g}" in text


def test_the_summary_of_a_comparison_begins_with_its_verdict():
    assert compared(*EQUAL).summary().startswith("No detectable difference\n")


def test_the_summary_of_predictions_has_the_accuracy():
    text = predicted("rrrb", true="rbbb", in_training=[True, False, False, False]).summary()
    assert "accuracy 0.3333 on 3 clips" in text and "1 of 4 clips (not scored)" in text


def test_other_objects_have_no_summary():
    with pytest.raises(TypeError, match="no summary of dict"):
        summary({})


@pytest.fixture
def demo(tmp_path):
    gpuclf.write_demo(tmp_path / "demo.hdf5")
    return gpuclf.Experiment(
        file=str(tmp_path / "demo.hdf5"), n_classes=2, n_clips=10, folds=2, repeats=1
    )


def test_the_summary_of_a_sweep_has_a_row_per_value(demo):
    swept = gpuclf.sweep(demo, "C", [0.25, 4], backend="cpu")
    assert "0.25" in swept.summary() and "majority class" in swept.summary()


def test_the_summary_of_an_audit_has_a_row_per_leak(demo):
    audited = gpuclf.audit(demo, {"C": [0.1, 10]}, inner=2, backend="cpu")
    assert all(leak.name in audited.summary() for leak in audited.leaks)
