"""HTML reports: content, and layout in a browser."""

from functools import cache

import gpuclf
import numpy as np
import pytest
from gpuclf import Experiment
from gpuclf.report.evaluate import evaluate_page
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import Facts, Grid
from gpuclf.report.provenance import Provenance, record
from gpuclf.workflows.evaluate import evaluate_run
from gpuclf.workflows.run_context import open_run

from browser import NARROW, WIDE, look_at
from conftest import grid_frames
from shown import scored, with_scores

HOSTILE = ["<script>alert(1)</script>", "y" * 200, "a & b $x$ {{ 7 * 7 }}"]


def page_of(folder, labels, **options):
    """Return the report of an evaluation of a synthetic file."""
    file = folder / "features.hdf5"
    frames = grid_frames(n_classes=len(labels), n_clips=4, spread=1.5)
    gpuclf.write_grid(file, {"Xs": frames}, labels)
    experiment = Experiment(
        file=str(file), dataset="Xs", split="stratified-kfold", folds=2, repeats=2, **options
    )
    with open_run(experiment, backend="cpu") as run:
        result = evaluate_run(run)
        made = record(experiment, run.backend, {})
        return evaluate_page(result, Provenance(experiment, made), run)


MADE = {
    "2 classes": ["blues", "rock"],
    "10 classes": [f"genre {n}" for n in range(10)],
    "50 classes": [f"a sound of some kind, no. {n}" for n in range(50)],
    "hostile names": HOSTILE,
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return a function that writes the report for a case once and returns its path."""

    @cache
    def write(name):
        folder = tmp_path_factory.mktemp("page")
        page_of(folder, MADE[name]).write(folder / "page.html")
        return folder / "page.html"

    return write


@cache
def seen(page, *, dark=False):
    """Return the report in a browser at the widths of a phone and of a desktop."""
    return look_at(page, page.parent, (NARROW, WIDE), dark=dark, height=12_000)


@pytest.mark.parametrize("name", MADE)
def test_report_is_complete_and_small(page, name):
    path = page(name)
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < 2_000_000
    assert text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>")
    assert {path.name for path in path.parent.iterdir()} >= {"page.html", "features.hdf5"}
    assert not list(path.parent.glob("*.partial"))


@pytest.mark.parametrize("name", MADE)
def test_report_fits_the_browser_window(page, name):
    check_shown(page(name), dark=False)


def test_dark_mode_has_a_dark_background_and_all_figures(page):
    check_shown(page("10 classes"), dark=True)


def check_shown(page, *, dark):
    for shown, width in zip(seen(page, dark=dark), (NARROW, WIDE), strict=True):
        measured = shown.measured
        assert measured["width"] == width and measured["scroll"] == width
        assert measured["overflowing"] == []
        assert measured["scripts"] == measured["fetched"] == 0
        assert measured["end"] < 12_000
        assert (shown.pixels[0, 0].mean() < 0.2) == dark
        assert len(measured["figures"]) == 5
        for figure in measured["figures"]:
            assert shown.ink(*figure) > 0.01, figure


def test_report_contains_all_sections(page):
    text = seen(page("2 classes"))[1].measured["text"]
    for part in (
        *(
            "gpuclf evaluate",
            "feature set Xs: C-SVC, kernel linear",
            "accuracy on clips",
        ),
        *("Accuracy by repeat and fold", "Metrics", "Confusion matrix and scores per class"),
        *("Calibration of the vote share", "ROC curves", "Misclassified clips"),
        *("Feature vectors of one clip", "Settings", "Command and environment", "pytest"),
        *(
            "majority class",
            "chance level",
            "stratified-kfold",
            "aligned 1",
            "predicted class",
            "numpy",
        ),
    ):
        assert part in text, part


def test_hostile_names_are_shown_literally(page):
    path = page("hostile names")
    assert "<script" not in path.read_text(encoding="utf-8")
    text = seen(path)[0].measured["text"]
    for name in HOSTILE:
        assert name in text


def test_report_without_matplotlib_lists_omitted_figures(tmp_path, no_matplotlib):
    page_of(tmp_path, ["blues", "rock"]).write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<svg" not in text
    assert text.count("python -m pip install matplotlib") == 5
    assert "Figure not shown (confusion matrix)" in text


@pytest.mark.parametrize(
    ("options", "caution"),
    [
        ({"protocol": "thesis"}, "test data leaks into training. The accuracy is"),
        (
            {"protocol": "thesis", "majority_voting": False},
            "training. Vectors of one clip are in both training and test set.",
        ),
        ({"permute_labels": True}, "The labels are permuted"),
    ],
)
@pytest.mark.usefixtures("no_matplotlib")
def test_biased_scores_have_a_warning(tmp_path, options, caution):
    page = page_of(tmp_path, ["blues", "rock"], **options)
    page.write(tmp_path / "page.html")
    assert caution in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_headline_scale_shows_accuracy_interval_and_baseline():
    result = scored(n_classes=4, repeats=2, apart=0.7)
    scale = Headline.of(result).scale
    assert scale.mean == 100 * result.accuracy and scale.baseline == 25
    assert (scale.low, scale.high) == tuple(100 * np.array(result.interval[:2]))
    one_fold = with_scores(result, result.scores[:1, :1])
    alone = Headline.of(one_fold).scale
    assert alone.low == alone.mean == alone.high
    assert "interval" not in Headline.of(one_fold).says


def test_report_is_self_contained_and_escapes_texts(tmp_path):
    rows = Grid([])
    facts = Facts({"<b>": "<i>\x07</i>"})
    page = Page("kind", "<title>", Headline("1 %", "<says>"), [Section("s", [facts, rows], "<n>")])
    page.write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    for part in ("&lt;b&gt;", "&lt;i&gt;?&lt;/i&gt;", "&lt;title&gt;", "&lt;says&gt;", "&lt;n&gt;"):
        assert part in text
    assert "http" not in text


def test_permuted_labels_have_no_table_of_misclassified_clips(tmp_path):
    page = page_of(tmp_path, ["blues", "rock"], permute_labels=True)
    assert not any("Misclassified" in section.title for section in page.sections)


def test_provenance_names_hyper_parameters_with_multiple_values(tmp_path):
    run = Provenance(Experiment(file="f.hdf5", dataset="Z"), {}, ["dataset", "kernel", "C"])
    assert run.title == "f.hdf5, feature set multiple values: C-SVC, kernel multiple values"
    assert (run.value_text("C"), run.value_text("nu")) == ("multiple values", "0.5")
