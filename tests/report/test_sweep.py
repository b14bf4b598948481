"""Terminal tables of sweeps, audits and comparisons."""

import json
from dataclasses import replace

import gpuclf
import numpy as np
import pytest
from gpuclf._utils.formatting import percent, points, setting_text
from gpuclf.config.experiment import Experiment
from gpuclf.config.search_grid import parse_axis, parse_space
from gpuclf.metrics.intervals import paired_test
from gpuclf.report.audit import audit_grid, audit_page, audit_tables
from gpuclf.report.compare import compare_page, comparison_tables
from gpuclf.report.provenance import Provenance, record
from gpuclf.report.sweep import sweep_grid, sweep_page, sweep_tables

from conftest import grid_frames
from shown import BETTER, EQUAL, axes, compared, shown, with_scores

CPU = gpuclf.resolve("cpu")


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "f.hdf5"
    frames = grid_frames()
    gpuclf.write_grid(path, {"Z": frames, "Xs": frames[..., :2]}, ["a", "b", "c"])
    return Experiment(file=str(path), split="stratified-kfold", folds=3, repeats=2)


def test_sweep_has_one_row_per_value_with_its_gain(experiment):
    swept = gpuclf.sweep(experiment, "C", parse_axis("C", "0.01,1"), baseline="Xs", backend="cpu")
    text = shown(sweep_tables(swept))
    rows = [line.split() for line in text.splitlines() if line.split()[:1] in (["0.01"], ["1"])]
    accuracy = f"{100 * swept.results[1].accuracy:.1f}"
    assert rows[1][:2] == ["1", accuracy] and len(rows) == 2
    for part in ("Xs", "gain", "2 repeats x 3 folds", "chance level", "majority class", "biased"):
        assert part in text
    plain = shown(sweep_tables(replace(swept, baseline=None, baselines=[])))
    assert "gain" not in plain


def test_values_no_better_than_guessing_are_marked_and_explained_wherever_shown(tmp_path):
    """In the table, the page, the card and the figure."""
    frames = grid_frames(n_clips=20, spread=0.3)
    gpuclf.write_grid(tmp_path / "f", {"Z": frames}, ["a", "b", "c"])
    random = Experiment(file=str(tmp_path / "f"), test_size=0.3, folds=6, repeats=2)
    swept = gpuclf.sweep(random, "C", parse_axis("C", "1e-6,10"), backend="cpu")
    marked = {row.cells[0]: row.cells[1].endswith("*") for row in sweep_grid(swept).rows}
    assert marked == {"1e-06": True, "10": False}
    text = " ".join(shown(sweep_tables(swept)).split())
    assert "* no better than always predicting the most frequent class" in text
    page = sweep_page(swept, Provenance(random, record(random, CPU, {})))
    facts = page.sections[0].parts[-1].rows
    [drawn] = [one.get_text().replace("\n", " ") for one in swept.plot(axes()).texts]
    for shown_text in (text, facts["below it"], swept._repr_html_(), drawn):
        assert "the fewer it trains on" in shown_text


def test_numbers_of_a_sweep_fit_80_columns(experiment):
    swept = gpuclf.sweep(
        experiment, "n_vectors", parse_axis("n_vectors", "2,3"), baseline="Xs", backend="cpu"
    )
    rows = [with_scores(one, one.scores * 0 + [0.1, 0.95, 1.0]) for one in swept.results]
    text = shown(sweep_tables(replace(swept, results=rows)))
    assert "…" not in text and "n_vectors" in text


def test_interval_and_p_value_of_a_single_fold_are_dashes(experiment):
    one = replace(experiment, split="shuffle", folds=1, repeats=1, test_size=0.2)
    swept = gpuclf.sweep(one, "C", parse_axis("C", "1"), baseline="Xs", backend="cpu")
    text = shown(sweep_tables(swept))
    [row] = [line.split() for line in text.splitlines() if line.split()[:1] == ["1"]]
    assert row[3] == "-" and row[-2:] == ["-", "-"]


def test_audit_has_one_row_per_leak_and_lists_leaks_not_measured(experiment):
    audit = gpuclf.audit(experiment, parse_space(["C=1,10"]), inner=2, backend="cpu")
    text = shown(audit_tables(audit))
    assert audit.search.best_on_test is not None
    best = setting_text(audit.search.best_on_test)
    for part in (*(leak.name for leak in audit.leaks), *audit.missing.values(), best):
        assert part in text
    assert "…" not in text


def test_effects_are_the_first_numbers_of_an_audit(experiment):
    audit = gpuclf.audit(experiment, parse_space(["C=1,10"]), inner=2, backend="cpu")
    grid = audit_grid(audit)
    assert [column.heading for column in grid.columns[:3]] == ["leak", "effect", "95 % CI"]
    effects = {row.cells[0]: row.cells[1] for row in grid.rows if not row.strong}
    assert effects == {leak.name: points(leak.difference.mean) for leak in audit.leaks}


def test_accuracy_without_leaks_is_the_same_wherever_an_audit_shows_it(experiment):
    """In the table, the page, the card, the figure and the JSON."""
    audit = gpuclf.audit(
        replace(experiment, C=0.001), parse_space(["C=1,10"]), inner=2, backend="cpu"
    )
    accuracy = percent(audit.honest.accuracy)
    page = audit_page(audit, Provenance(experiment, record(experiment, CPU, {})))
    assert page.headline.figure == accuracy != percent(audit.search.result.accuracy)
    grid = audit_grid(audit)
    bases = {row.cells[0]: row.cells[-1] for row in grid.rows if row.strong}
    nested = percent(audit.search.result.accuracy)
    assert bases == {"no leak": accuracy, "no leak, nested search": nested}
    assert f"without data leakage: {accuracy}" in audit._repr_html_()
    ax = audit.plot(axes())
    assert accuracy in ax.get_title() and nested in ax.get_yticklabels()[-1].get_text()
    content = audit.to_dict()
    for leak in content["leaks"]:
        base = content["honest"] if leak["base"] == "no leak" else audit.search.result.to_dict()
        assert leak["honest"] == pytest.approx(base["accuracy"])
        assert leak["mean"] == pytest.approx(leak["leaky"] - leak["honest"])


@pytest.mark.parametrize(
    ("scores", "verdict", "emphasis"),
    [(BETTER, "A is better than B", True), (EQUAL, "No detectable difference", False)],
)
def test_comparison_leads_with_its_verdict_then_the_difference_then_the_p_value(
    scores, verdict, emphasis
):
    result = compared(*scores)
    text = shown(comparison_tables(result), width=120)
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines[0].strip() == verdict
    assert lines[1].startswith("A - B") and lines[2].startswith("p-value")
    page = compare_page(result, "gpuclf compare a.json b.json")
    assert page.headline.figure == verdict and page.headline.emphasis == emphasis
    assert page.headline.says.index("points") < page.headline.says.index("p-value")


def test_undetected_difference_is_neither_large_nor_coloured(tmp_path):
    for scores, name in ((EQUAL, "figure-of-merit plain"), (BETTER, "figure-of-merit")):
        compare_page(compared(*scores), "gpuclf compare").write(tmp_path / "c.html")
        assert f'<strong class="{name}">' in (tmp_path / "c.html").read_text()


def test_comparison_shows_differing_settings_and_the_difference(experiment, tmp_path):
    for name, kernel in (("a", "linear"), ("b", "rbf")):
        result = gpuclf.evaluate(replace(experiment, kernel=kernel, C=0.001), backend="cpu")
        content = record(experiment, gpuclf.resolve("cpu"), result.to_dict())
        content["experiment"]["kernel"] = kernel
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    paths = tmp_path / "a.json", tmp_path / "b.json"
    result = gpuclf.compare(*paths)
    text = shown(comparison_tables(result), width=200)
    assert "a.json" in text and "linear" in text and "rbf" in text
    assert f"A - B    {100 * result.comparison.difference:+.1f} points" in text
    auc = shown(comparison_tables(gpuclf.compare(*paths, "auc_votes")), width=200)
    row = next(line.split() for line in auc.splitlines() if "auc votes" in line)
    assert row[:2] == ["auc", "votes"] and 0 <= float(row[2]) <= 1 and "points" not in auc
    undefined = replace(result.comparison, t=np.nan, p=np.nan)
    text = shown(comparison_tables(replace(result, comparison=undefined)), width=200)
    assert "not defined: the difference is the same in every fold" in text
    nothing = replace(result, metric="auc_votes", means=(np.nan, np.nan))
    nothing = replace(nothing, comparison=paired_test([], [], 0.1))
    text = shown(comparison_tables(nothing), width=200)
    assert "nan" not in text and "not defined: fewer than two folds define the metric" in text
    same = shown(comparison_tables(gpuclf.compare(paths[0], paths[0])), width=200)
    assert "+0.0 points" in same and "p-value  1 " in same
