"""The tables of a search; how they look is for people to judge."""

import re
from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, nested_search
from gpuclf._utils.formatting import setting_text
from gpuclf.report.search import flat_warning, search_tables

from shown import made_up, shown


@pytest.fixture(scope="module")
def found():
    clf = ClipClassifier(backend="cpu")
    grid = {"C": [1e-5, 1.0, 100.0], "scale": ["std", "none"]}
    options = {"folds": 3, "repeats": 2, "inner": 2, "split": "stratified-kfold"}
    return nested_search(clf, made_up(), grid, **options)


@pytest.fixture(scope="module")
def guided():
    options = {"folds": 2, "repeats": 1, "inner": 2, "split": "stratified-kfold"}
    clf = ClipClassifier(backend="cpu")
    return nested_search(clf, made_up(), {"C": [0.1, 1.0]}, method="guided", trials=3, **options)


def table(search, *, flat=False, width=80):
    return shown(lambda console: search_tables(search, console, flat=flat), width)


def rows(text):
    """The settings' rows: their values, inner and test means, and how often they were chosen."""
    lines = [line.split() for line in text.splitlines()]
    begin = next(
        number for number, line in enumerate(lines) if line[-3:] == ["inner", "test", "chosen"]
    )
    return [line for line in lines[begin + 2 : begin + 8] if line]


def test_settings_are_listed_by_their_inner_means_with_test_means_and_choices(found):
    text = table(found)
    assert "Settings by their mean accuracy over 2 inner folds of each of 6 folds" in text
    listed = rows(text)
    assert len(listed) == 6
    inner = found.inner_scores.mean(axis=(1, 2))
    assert [float(line[2]) for line in listed] == sorted((100 * inner).round(1), reverse=True)
    times = {(line[0], line[1]): int(line[6]) for line in listed if line[-1] == "x"}
    assert sum(times.values()) == 6
    for line in listed:
        number = found.parameters.index({"C": float(line[0]), "scale": line[1]})
        assert float(line[4]) == pytest.approx(100 * found.scores[number].mean(), abs=0.051)
        assert times.get((line[0], line[1]), 0) == (found.chosen == number).sum()


def test_the_nested_accuracy_goes_first_and_the_flat_one_with_its_optimism(found):
    text = table(found)
    nested, flat = 100 * found.result.accuracy, 100 * found.flat.accuracy
    assert f"nested accuracy  {nested:.1f} %, of the whole search" in text
    assert f"flat accuracy    {flat:.1f} %, of what is best on test clips" in text
    assert re.search(r"optimism         \S+ points \(95 % confidence interval", text)
    assert f"for all clips    {setting_text(found.best)}" in text
    assert text.index("Nested") < text.index(f"accuracy of clips    {nested:.1f} %")


def test_a_flat_search_reports_the_flat_result_and_warns(found):
    worse = replace(found, flat=replace(found.flat, scores=found.flat.scores * 0 + 0.99))
    text = table(worse, flat=True)
    assert "Flat: of the setting that is best on the test clips" in text
    assert "accuracy of clips    99.0 %" in text
    warning = flat_warning(worse)
    assert warning.startswith("99.0 % is the best of 6 settings on the clips that they are scored")
    assert f"nested, the search has {100 * found.result.accuracy:.1f} %" in warning


def test_a_guided_search_has_no_flat_score_and_no_test_mean_of_what_was_never_tested(guided):
    text = table(guided)
    assert "flat accuracy" not in text and "optimistic" not in text
    assert "nan" not in text
    tested = [not np.isnan(scores).all() for scores in guided.scores]
    order = np.argsort(-guided.inner_scores.mean(axis=(1, 2)), kind="stable")
    listed = rows(text)[: len(order)]
    assert [line[3] != "-" for line in listed] == [tested[n] for n in order]


def test_a_setting_that_only_the_folds_of_all_clips_tried_has_no_inner_mean(found):
    inner, scores = found.inner_scores.copy(), found.scores.copy()
    inner[0], scores[0] = np.nan, np.nan
    text = table(replace(found, flat=None, inner_scores=inner, scores=scores))
    assert rows(text)[-1][2:4] == ["-", "-"] and "nan" not in text


def test_of_many_settings_the_best_are_shown(found):
    many = [{"C": float(number)} for number in range(30)]
    inner = np.linspace(0, 1, 30)[:, None, None].repeat(2, axis=1).repeat(3, axis=2)
    text = table(
        replace(
            found, parameters=many, inner_scores=inner, scores=inner, chosen=found.chosen * 0 + 29
        )
    )
    assert "the best \n20 of 30, and those chosen" in text
    shown_values = [line.split()[0] for line in text.splitlines() if line.count("%") == 2]
    assert shown_values[:20] == [str(number) for number in range(29, 9, -1)] and "6 x" in text


def test_names_and_values_from_elsewhere_are_plain_text(found):
    points = [{"dataset": f"[red]{number}\x1b[31m"} for number in range(6)]
    text = table(replace(found, parameters=points))
    assert "[red]0" in text and "\x1b" not in text


def test_a_setting_is_written_as_the_grid_reads_it():
    from gpuclf.config.search_grid import parse_space

    point = {"C": 0.25, "statistics": ("mean", "std"), "kernel": "rbf", "n_vectors": 3}
    [again] = [parse_space(setting_text(point).split(", "))]
    assert {name: axis.values for name, axis in again.items()} == {
        name: (value,) for name, value in point.items()
    }
