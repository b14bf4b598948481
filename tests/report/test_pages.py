"""HTML reports: content, and layout in a browser."""

import re
from functools import cache
from importlib.resources import files
from urllib.parse import quote

import gpuclf
import numpy as np
import pytest
from gpuclf import Experiment
from gpuclf.features.clip_writer import recording_url, write_clip_files
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.report.evaluate import evaluate_page
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import Facts, Grid
from gpuclf.report.provenance import Provenance, record
from gpuclf.workflows.evaluate import evaluate_run
from gpuclf.workflows.run_context import open_run

from browser import NARROW, WIDE, WIDEST, look, look_at
from conftest import grid_frames
from shown import scored, with_scores

HEIGHT = 18_000  # of the longest report, on a phone
FIGURES = 6
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
    """Return the report in a browser at the widths of a phone, a laptop and a desktop."""
    return look_at(page, page.parent, (NARROW, WIDE, WIDEST), dark=dark, height=HEIGHT)


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
    for shown, width in zip(seen(page, dark=dark), (NARROW, WIDE, WIDEST), strict=True):
        measured = shown.measured
        assert measured["width"] == width and measured["scroll"] == width
        assert measured["overflowing"] == []
        assert (measured["scripts"], measured["fetched"]) == (1, 0)
        assert measured["smallest"] >= 11
        assert measured["columns"] == (2 if width == WIDEST else 1)
        assert measured["end"] < HEIGHT
        assert (shown.pixels[0, 0].mean() < 0.2) == dark
        assert len(measured["figures"]) == FIGURES
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
        *("What to do next", "Classes, lowest recall first", "Confusion matrix"),
        *("Accuracy by repeat and fold", "Metrics", "ROC curves", "Precision-recall curves"),
        *("Calibration of the vote share", "Misclassified clips"),
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
    assert path.read_text(encoding="utf-8").count("<script") == 1  # sorts tables
    text = seen(path)[0].measured["text"]
    for name in HOSTILE:
        assert name in text


def test_contents_lead_to_all_sections(page):
    measured = seen(page("10 classes"))[0].measured
    assert measured["links"] == 11 and measured["broken"] == []


def test_answer_is_a_sentence_before_everything_else(page):
    text = " ".join(seen(page("10 classes"))[0].measured["text"].split())
    answer = r"([\d.]+) % accuracy on clips \(95 % confidence interval [\d.]+ to [\d.]+ %\): "
    answer += r"(no better|better) than always predicting one class \(10.0 %, p [<=] [\d.]+\)\."
    found = re.search(answer, text)
    assert found and found.end() < text.index("What to do next") < text.index("Classes, lowest")
    assert "of 40 clips of 10 classes" in text and "inductive protocol" in text


def test_clicking_a_heading_sorts_the_rows_and_again_reverses_them(page):
    probe = """window => {
      const table = window.document.querySelector("table.sortable");
      const column = n => [...table.tBodies[0].rows].map(row => parseFloat(row.cells[n].innerText));
      const orders = [column(1)];
      for (let n = 0; n < 2; n += 1) {
        table.tHead.rows[0].cells[2].querySelector("button").click();
        orders.push(column(2));
      }
      return [orders, table.tHead.rows[0].cells[2].ariaSort];
    }"""
    path = page("10 classes")
    (recall, up, down), state = look(path, path.parent, WIDE, probe=probe).measured["probed"]
    assert recall == sorted(recall)  # lowest first, without a click and without a script
    assert up == sorted(up) and down == up[::-1] and len(set(up)) > 2
    assert state == "descending"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_report_has_no_violation_of_the_rules_of_accessibility(page, tmp_path, width, dark):
    """The rules of axe-core: contrast, names of elements, order of headings and others."""
    rules = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    path = tmp_path / "page.html"
    text = page("10 classes").read_text(encoding="utf-8")
    path.write_text(text.replace("</body>", f"<script>{rules}</script></body>"), encoding="utf-8")
    probe = """async window => {
      const found = await window.axe.run(window.document);
      const where = violation => violation.nodes.map(node => node.html).join(" ");
      return [found.passes.length, found.violations.map(one => `${one.id}: ${where(one)}`)];
    }"""
    passed, violations = look(path, tmp_path, width, dark=dark, probe=probe).measured["probed"]
    assert violations == [] and passed > 20


def test_report_without_matplotlib_lists_omitted_figures(tmp_path, no_matplotlib):
    page_of(tmp_path, ["blues", "rock"]).write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<figure" not in text
    assert text.count("python -m pip install matplotlib") == FIGURES
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


def test_misclassified_clips_have_a_player_if_their_recordings_exist(tmp_path):
    (tmp_path / "sounds").mkdir()
    (tmp_path / "report").mkdir()
    names = [f'{label} "{n}".wav' for label in "ab" for n in range(8)]
    for name in names[1:]:  # the first is missing
        (tmp_path / "sounds" / name).touch()
    clips = [
        ClipFile(tmp_path / "sounds" / name, name, name[0], start=1.5, end=3.0) for name in names
    ]
    frames = np.random.default_rng(0).normal(size=(16, 12, 3)).astype(np.float32)
    frames[0] += 100 * np.sign(frames[8].mean(axis=0))  # so that it is misclassified
    write_clip_files(
        tmp_path / "f.hdf5",
        clips,
        ({"Z": one} for one in frames),
        {"Z": [12] * 16},
        recordings=[recording_url(clip, tmp_path) for clip in clips],
    )
    experiment = Experiment(file=str(tmp_path / "f.hdf5"), split="stratified-kfold", folds=2)
    with open_run(experiment, backend="cpu") as run:
        result = evaluate_run(run)
        provenance = Provenance(experiment, record(experiment, run.backend, {}))
        evaluate_page(result, provenance, run).write(tmp_path / "report" / "page.html")
    text = (tmp_path / "report" / "page.html").read_text(encoding="utf-8")
    shown = [one.clip for one in result.clips.mistakes()[:10]]
    played = [clip for clip in shown if f'src="../sounds/{quote(names[clip])}#t=1.5,3"' in text]
    assert played == [clip for clip in shown if clip != 0] != []
    assert text.count("<audio") == len(played)


def test_provenance_names_hyper_parameters_with_multiple_values(tmp_path):
    run = Provenance(Experiment(file="f.hdf5", dataset="Z"), {}, ["dataset", "kernel", "C"])
    assert run.title == "f.hdf5, feature set multiple values: C-SVC, kernel multiple values"
    assert (run.value_text("C"), run.value_text("nu")) == ("multiple values", "0.5")
