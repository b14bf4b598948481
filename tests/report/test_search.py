"""Terminal tables of a search."""

import re
from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, nested_search
from gpuclf._utils.formatting import setting_text
from gpuclf.report.search import flat_warning, search_tables

from shown import made_up, shown, with_scores


@pytest.fixture(scope="module")
def search():
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
    """Rows of settings: values, inner and test accuracy, and how often they are selected."""
    lines = [line.split() for line in text.splitlines()]
    heading = next(n for n, line in enumerate(lines) if line[-3:] == ["inner", "test", "selected"])
    return [line for line in lines[heading + 2 : heading + 8] if line]


def test_settings_are_sorted_by_inner_accuracy_and_show_test_accuracy_and_selections(search):
    text = table(search)
    assert "Settings, sorted by mean accuracy over 2 inner folds of each of 6 folds" in text
    listed = rows(text)
    assert len(listed) == 6
    inner = search.inner_scores.mean(axis=(1, 2))
    assert [float(line[2]) for line in listed] == sorted((100 * inner).round(1), reverse=True)
    times = {(line[0], line[1]): int(line[6]) for line in listed if line[-1] == "x"}
    assert sum(times.values()) == 6
    for line in listed:
        number = search.parameters.index({"C": float(line[0]), "scale": line[1]})
        assert float(line[4]) == pytest.approx(100 * search.scores[number].mean(), abs=0.051)
        assert times.get((line[0], line[1]), 0) == (search.chosen == number).sum()


def test_settings_no_better_than_guessing_are_marked(search):
    better = search.better_than_majority
    assert better == [setting["better_than_majority"] for setting in search.to_dict()["settings"]]
    for line in rows(table(search)):
        number = search.parameters.index({"C": float(line[0]), "scale": line[1]})
        assert line[5].endswith("*") != better[number]
    chance = search.scores * 0 + [0.3, 0.4, 0.3]
    assert "no better than always" in table(replace(search, scores=chance))
    assert "no better than always" not in table(replace(search, scores=chance * 0 + 0.9))


def test_nested_accuracy_is_reported_first_and_flat_accuracy_with_its_optimism(search):
    text = table(search)
    nested, flat = 100 * search.result.accuracy, 100 * search.flat.accuracy
    assert f"nested search              {nested:.1f} %  (selected on inner folds)" in text
    assert f"flat search                {flat:.1f} %  (selected on the test clips)" in text
    assert re.search(r"optimism                   \S+ points \(95 %", text)
    assert f"best setting on all clips  {setting_text(search.best)}" in text
    assert text.index("Nested") < text.index(f"accuracy on clips            {nested:.1f} %")


def test_flat_search_reports_the_flat_result_and_a_warning(search):
    worse = replace(search, flat=with_scores(search.flat, search.flat.scores * 0 + 0.99))
    text = table(worse, flat=True)
    assert "Flat search: setting with the highest accuracy on the test clips" in text
    assert "accuracy on clips            99.0 %" in text
    warning = flat_warning(worse)
    assert warning.startswith("99.0 % is optimistically biased: the best of 6 settings")
    assert f"nested search gives {100 * search.result.accuracy:.1f} %" in warning


def test_guided_search_has_no_flat_accuracy_and_no_test_accuracy_of_untested_settings(guided):
    text = table(guided)
    assert "flat search" not in text and "optimistic" not in text
    assert "nan" not in text
    tested = [not np.isnan(scores).all() for scores in guided.scores]
    order = np.argsort(-guided.inner_scores.mean(axis=(1, 2)), kind="stable")
    listed = rows(text)[: len(order)]
    assert [line[3] != "-" for line in listed] == [tested[n] for n in order]


def test_setting_without_inner_scores_has_no_inner_accuracy(search):
    inner, scores = search.inner_scores.copy(), search.scores.copy()
    inner[0], scores[0] = np.nan, np.nan
    text = table(replace(search, flat=None, inner_scores=inner, scores=scores))
    assert rows(text)[-1][2:4] == ["-", "-"] and "nan" not in text


def test_only_the_best_of_many_settings_are_listed(search):
    many = [{"C": float(number)} for number in range(30)]
    inner = np.linspace(0, 1, 30)[:, None, None].repeat(2, axis=1).repeat(3, axis=2)
    text = table(
        replace(
            search, parameters=many, inner_scores=inner, scores=inner, chosen=search.chosen * 0 + 29
        )
    )
    assert "the 20 \nbest of 30 and all selected" in text
    shown_values = [line.split()[0] for line in text.splitlines() if line.count("%") == 2]
    assert shown_values[:20] == [str(number) for number in range(29, 9, -1)] and "6 x" in text


def test_markup_in_values_is_shown_as_text(search):
    points = [{"dataset": f"[red]{number}\x1b[31m"} for number in range(6)]
    text = table(replace(search, parameters=points))
    assert "[red]0" in text and "\x1b" not in text


def test_setting_text_has_the_syntax_of_the_grid():
    from gpuclf.config.search_grid import parse_space

    point = {"C": 0.25, "statistics": ("mean", "std"), "kernel": "rbf", "n_vectors": 3}
    [again] = [parse_space(setting_text(point).split(", "))]
    assert {name: axis.values for name, axis in again.items()} == {
        name: (value,) for name, value in point.items()
    }
