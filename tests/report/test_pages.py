"""Pages of results, as a browser shows them, and what they say."""

from dataclasses import replace
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
from shown import scored

HOSTILE = ["<script>alert(1)</script>", "y" * 200, "a & b $x$ {{ 7 * 7 }}"]


def page_of(folder, labels, **options):
    """The page of an evaluation of a made-up file."""
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
    """Function that returns the page of a result of some classes, written once."""

    @cache
    def write(name):
        folder = tmp_path_factory.mktemp("page")
        page_of(folder, MADE[name]).write(folder / "page.html")
        return folder / "page.html"

    return write


@cache
def seen(page, *, dark=False):
    """The page in a browser, as wide as a phone and as a desk."""
    return look_at(page, page.parent, (NARROW, WIDE), dark=dark, height=12_000)


@pytest.mark.parametrize("name", MADE)
def test_a_page_is_small_and_whole(page, name):
    path = page(name)
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < 2_000_000
    assert text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>")
    assert {path.name for path in path.parent.iterdir()} >= {"page.html", "features.hdf5"}
    assert not list(path.parent.glob("*.partial"))


@pytest.mark.parametrize("name", MADE)
def test_a_browser_shows_all_of_it_and_nothing_sticks_out(page, name):
    check_shown(page(name), dark=False)


def test_in_the_dark_it_has_the_same_parts_and_a_dark_ground(page):
    check_shown(page("10 classes"), dark=True)


def check_shown(page, *, dark):
    for shown, width in zip(seen(page, dark=dark), (NARROW, WIDE), strict=True):
        told = shown.told
        assert told["width"] == width and told["scroll"] == width
        assert told["overflowing"] == []
        assert told["scripts"] == told["fetched"] == 0
        assert told["end"] < 12_000
        assert (shown.pixels[0, 0].mean() < 0.2) == dark
        assert len(told["figures"]) == 5
        for figure in told["figures"]:
            assert shown.ink(*figure) > 0.01, figure


def test_a_page_says_what_was_found(page):
    text = seen(page("2 classes"))[1].told["text"]
    for part in (
        *(
            "gpuclf evaluate",
            "feature set Xs: C-SVC, kernel linear",
            "of the clips are labelled right",
        ),
        *("Accuracy by repeat and fold", "Metrics", "Classes", "How sure the votes were"),
        *("ROC curves", "Most surely wrong", "The feature vectors of a clip", "Settings", "Run"),
        *("chance 50.0 %", "stratified-kfold", "aligned 1", "taken for", "numpy", "pytest"),
    ):
        assert part in text, part


def test_hostile_names_are_shown_as_they_are(page):
    path = page("hostile names")
    assert "<script" not in path.read_text(encoding="utf-8")
    text = seen(path)[0].told["text"]
    for name in HOSTILE:
        assert name in text


def test_without_matplotlib_a_page_says_what_is_missing(tmp_path, no_matplotlib):
    page_of(tmp_path, ["blues", "rock"]).write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<svg" not in text
    assert text.count("python -m pip install matplotlib") == 5
    assert "It shows the confusion matrix." in text


@pytest.mark.parametrize(
    ("options", "caution"),
    [
        ({"protocol": "thesis"}, "Protocol thesis: scaled over the test clips as well. It is"),
        (
            {"protocol": "thesis", "majority_voting": False},
            "well, and a clip&#39;s vectors on both sides. It is optimistic.",
        ),
        ({"permute_labels": True}, "The labels are permuted"),
    ],
)
@pytest.mark.usefixtures("no_matplotlib")
def test_scores_that_are_no_honest_ones_are_marked(tmp_path, options, caution):
    page = page_of(tmp_path, ["blues", "rock"], **options)
    page.write(tmp_path / "page.html")
    assert caution in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_headline_stands_on_a_scale():
    result = scored(n_classes=4, repeats=2, apart=0.7)
    scale = Headline.of(result).scale
    assert scale.mean == 100 * result.accuracy and scale.chance == 25
    assert (scale.low, scale.high) == tuple(100 * np.array(result.interval[:2]))
    one_fold = replace(result, scores=result.scores[:1, :1])
    alone = Headline.of(one_fold).scale
    assert alone.low == alone.mean == alone.high
    assert "interval" not in Headline.of(one_fold).says


def test_nothing_is_fetched_and_every_text_is_escaped(tmp_path):
    rows = Grid([])
    facts = Facts({"<b>": "<i>\x07</i>"})
    page = Page("kind", "<title>", Headline("1 %", "<says>"), [Section("s", [facts, rows], "<n>")])
    page.write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    for part in ("&lt;b&gt;", "&lt;i&gt;?&lt;/i&gt;", "&lt;title&gt;", "&lt;says&gt;", "&lt;n&gt;"):
        assert part in text
    assert "http" not in text


def test_mistakes_are_not_told_against_labels_that_were_not_dealt(tmp_path):
    page = page_of(tmp_path, ["blues", "rock"], permute_labels=True)
    assert "Most surely wrong" not in [section.title for section in page.sections]


def test_what_takes_several_values_is_said_to(tmp_path):
    run = Provenance(Experiment(file="f.hdf5", dataset="Z"), {}, ["dataset", "kernel", "C"])
    assert run.title == "f.hdf5, feature set several: C-SVC, kernel several"
    assert (run.value_text("C"), run.value_text("nu")) == ("several", "0.5")
