"""HTML representations of results and feature vectors."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import gpuclf
import numpy as np
import pytest
from gpuclf import ClipClassifier, nested_search

from browser import look
from shown import EQUAL, compared, made_up, predicted, scored

HOSTILE = "<script>alert({})</script>"


class Checked(HTMLParser):
    """Parser that checks the nesting of elements and collects their names and the text."""

    EMPTY = frozenset({"meta", "br", "path", "use", "rect", "image"})

    def __init__(self, text):
        super().__init__()
        self.names, self.open, self.text = set(), [], ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.add(tag)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_card_of_a_result_shows_accuracy_interval_and_chance_level():
    result = scored(n_classes=4, repeats=2, apart=0.7)
    card = Checked(result._repr_html_())
    assert f"Accuracy on clips: {100 * result.accuracy:.1f} %" in card.text
    assert "95 % confidence interval" in card.text and "25.0 %" in card.text
    assert "svg" in card.names


def test_the_card_of_a_search_shows_the_best_setting():
    search = nested_search(
        ClipClassifier(backend="cpu"),
        made_up(),
        {"C": [0.01, 1]},
        split="stratified-kfold",
        folds=3,
        repeats=1,
        inner=2,
    )
    text = Checked(search._repr_html_()).text
    assert (
        "Accuracy of nested search" in text and f"C={search.best['C']}" in text and "flat" in text
    )


def test_the_card_of_a_sweep_has_one_line_per_value(grid_file):
    experiment = gpuclf.Experiment(file=str(grid_file), folds=3, repeats=1)
    swept = gpuclf.sweep(experiment, "C", [0.1, 1], backend="cpu")
    text = Checked(swept._repr_html_()).text
    assert "Accuracy for 2 values of C" in text and "C = 0.1" in text


def test_the_card_of_an_audit_has_one_line_per_leak(grid_file):
    experiment = gpuclf.Experiment(
        file=str(grid_file), split="stratified-kfold", folds=3, repeats=1
    )
    audit = gpuclf.audit(experiment, {"C": [0.1, 1]}, inner=2, backend="cpu")
    text = Checked(audit._repr_html_()).text
    assert "scaling over all clips" in text and "no groups are given" in text


def test_the_card_of_a_comparison_leads_with_its_verdict():
    text = Checked(compared(*EQUAL)._repr_html_()).text
    assert (
        text.index("No detectable difference") < text.index("+3.1 points") < text.index("p-value")
    )


def test_the_card_of_feature_vectors_shows_counts():
    vectors = replace(made_up(n_classes=2, clips=6), groups=np.arange(12) // 2)
    text = Checked(vectors._repr_html_()).text
    for name, value in (("clips", 12), ("vectors per clip", 4), ("features", 6), ("groups", 6)):
        assert re.search(rf"{name}\s*{value}\b", text)
    assert re.search(r"clips of class 1\s*6", text)


def test_the_card_of_predictions_shows_the_training_clips_and_the_accuracy_on_the_others():
    card = Checked(predicted("rrb", true="rbb", in_training=[True, False, False])._repr_html_())
    assert "Predictions of 3 clips" in card.text and "svg" in card.names
    assert "1 of 3 clips (not scored)" in card.text and "50.0 % (2 clips;" in card.text


@pytest.mark.parametrize("name", [HOSTILE, "x" * 200 + "{}", "a & b {} \x00 $\\frac$"])
def test_names_are_escaped(name):
    for html in (made_up(name=name)._repr_html_(), scored(name=name)._repr_html_()):
        card = Checked(html)
        assert "script" not in card.names
        assert "\x00" not in html


def test_without_matplotlib_a_card_names_the_command_that_installs_it(no_matplotlib):
    card = Checked(scored()._repr_html_())
    assert "svg" not in card.names
    assert "python -m pip install matplotlib" in card.text and "Accuracy on clips" in card.text


def test_without_voting_the_card_shows_the_standard_deviation_on_vectors():
    result = scored(n_classes=3, majority_voting=False, repeats=2)
    html = result._repr_html_()
    assert html.count('<th scope="row">accuracy on feature vectors</th>') == 1
    assert "± " in html and "over 2 x 3 folds" in html


def test_close_values_are_distinguishable(grid_file):
    experiment = gpuclf.Experiment(file=str(grid_file), folds=3, repeats=1)
    swept = gpuclf.sweep(experiment, "C", [0.10001, 0.10002], backend="cpu")
    text = Checked(swept._repr_html_()).text
    assert "C = 0.10001" in text and "C = 0.10002" in text


def test_no_clips_have_no_picture():
    vectors = made_up()
    none = replace(vectors, X=vectors.X[:0], y=vectors.y[:0], ids=vectors.ids[:0])
    assert "svg" not in Checked(none._repr_html_()).names


# Rules for outputs of JupyterLab 4 (base.css of @jupyterlab/outputarea and @jupyterlab/rendermime,
# which nbconvert uses as well) and of VS Code (webviewPreloads.ts).
NOTEBOOKS = {
    "JupyterLab": """
        .jp-OutputArea-output dl, .jp-OutputArea-output dt, .jp-OutputArea-output dd {
          display: block }
        .jp-OutputArea-output dl { width: 100%; overflow: hidden; padding: 0; margin: 0 }
        .jp-OutputArea-output dt { font-weight: bold; float: left; width: 20%; margin: 0 }
        .jp-OutputArea-output dd { float: left; width: 80%; padding: 0; margin: 0 }
        .jp-RenderedHTMLCommon table { border-collapse: collapse; border-spacing: 0; border: none;
          color: red; font-size: 20px; table-layout: fixed; margin-left: auto; margin-right: auto;
          margin-bottom: 1em }
        .jp-RenderedHTMLCommon td, .jp-RenderedHTMLCommon th, .jp-RenderedHTMLCommon tr {
          vertical-align: middle; padding: 0.5em; line-height: normal; white-space: normal;
          max-width: none; border: none }
        :not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon td,
        :not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon th,
        :not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon tr { text-align: right }
        .jp-RenderedHTMLCommon th { font-weight: bold }
        .jp-RenderedHTMLCommon svg { max-width: 100%; height: auto }
    """,
    "VS Code": """
        table, thead, tr, th, td, tbody { border: none; border-spacing: 0;
          border-collapse: collapse }
        table, th, tr { vertical-align: middle; text-align: right }
        th, td { padding: 4px 8px }
    """,
    "none": "",
}
POSITIONS = """window => {
  const page = window.document, rows = [...page.querySelectorAll("tr")];
  const box = element => element.getBoundingClientRect();
  const style = window.getComputedStyle;
  return {
    card: box(page.querySelector(".gpuclf-card")).left,
    titles: rows.map(row => box(row.cells[0]).left),
    values: rows.map(row => box(row.cells[1]).left),
    tops: rows.map(row => box(row.cells[0]).top - box(row.cells[1]).top),
    heights: rows.map(row => box(row).height),
    align: [...new Set([...page.querySelectorAll("th, td")].map(e => style(e).textAlign))],
    colors: [...new Set([...page.querySelectorAll("th, td, strong")].map(e => style(e).color))],
    bottom: box(page.querySelector("table")).bottom,
    figure: box(page.querySelector("figure")).top,
  };
}"""


@pytest.mark.parametrize("rules", NOTEBOOKS.values(), ids=NOTEBOOKS)
@pytest.mark.parametrize("dark", [False, True])
def test_card_is_a_table_of_aligned_rows_in_every_notebook(tmp_path, rules, dark):
    scheme = "color: white; background: #111" if dark else "color: black"
    card = scored(n_classes=4, repeats=2)._repr_html_()
    output = f'<div class="jp-OutputArea-output jp-RenderedHTMLCommon">{card}'
    page = tmp_path / "output.html"
    page.write_text(
        f"<!DOCTYPE html><style>{rules}</style><body style='{scheme}'>{output}</div>",
        encoding="utf-8",
    )
    shown = look(page, tmp_path, 800, height=1500, dark=dark, probe=POSITIONS).measured
    found = shown["probed"]
    assert set(found["titles"]) == {found["card"]} and len(set(found["values"])) == 1
    assert len(found["titles"]) == 5 and found["values"][0] >= found["card"] + 100
    assert set(found["tops"]) == {0} and max(found["heights"]) < 60
    assert found["align"] == ["left"] and len(found["colors"]) == 1
    assert found["bottom"] <= found["figure"] and shown["overflowing"] == []
