"""Figures in files and pages: whole, the same each time, and in the page's colours."""

import re
import sys
import xml.etree.ElementTree as ET

import gpuclf
import pytest
from gpuclf import plot
from gpuclf.errors import InputError, OutputError
from gpuclf.plot.saving import check_figure, inline_svg, save_figure

from shown import axes, made_up, scored


@pytest.fixture(scope="module")
def result():
    return scored(n_classes=3, repeats=2)


@pytest.mark.parametrize("kind", ["svg", "PDF", "png"])
def test_a_figure_is_a_file_of_its_kind(result, tmp_path, kind):
    begins = {"svg": b"<?xml", "PDF": b"%PDF", "png": b"\x89PNG"}[kind]
    save_figure(lambda ax: plot.folds(result, ax), tmp_path / f"folds.{kind}")
    assert (tmp_path / f"folds.{kind}").read_bytes().startswith(begins)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_figure_that_cannot_be_drawn_is_refused_first(no_matplotlib, tmp_path):
    with pytest.raises(
        InputError, match="figure: got no matplotlib, expected python -m pip install matplotlib"
    ):
        check_figure(tmp_path / "sweep.svg")


@pytest.mark.parametrize("name", ["sweep.gif", "sweep"])
def test_an_unknown_kind_of_figure_is_refused(name, tmp_path):
    with pytest.raises(OutputError, match=r"expected one of .svg, .pdf, .png"):
        check_figure(tmp_path / name)


DRAWN = {
    "folds": plot.folds,
    "confusion": plot.confusion,
    "votes": plot.votes,
    "roc": plot.roc,
    "vectors": lambda result, ax: plot.feature_vectors(made_up(), 0, ax),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_inline_a_figure_is_xml_in_the_pages_ink_with_names_of_its_own(result, draw):
    svg = inline_svg(lambda ax: draw(result, ax))
    ET.fromstring(svg)
    assert "currentColor" in svg and "var(--" in svg
    assert not re.search(r"#000001|#000000|#ffffff", svg)
    assert "<text" in svg and "<metadata" not in svg and "<script" not in svg
    assert svg == inline_svg(lambda ax: draw(result, ax))
    names = set(re.findall(r'id="(\w+)-', svg))
    assert len(names) == 1
    assert set(re.findall(r'(?:url\(|href=")#(\w+)-', svg)) <= names


def test_letters_that_the_font_lacks_are_no_warning():
    svg = inline_svg(lambda ax: ax.set_title("民謡"))
    assert "民謡" in svg


def test_a_label_that_looks_like_svg_stays_as_it_is():
    svg = inline_svg(lambda ax: ax.set_title('id="q" : #0072b2'))
    assert 'id="q" : #0072b2' in svg


def test_the_users_style_changes_a_page_little(result):
    import matplotlib as mpl

    with mpl.rc_context({"text.usetex": True, "grid.color": "red"}):
        svg = inline_svg(lambda ax: plot.folds(result, ax))
    assert "<text" in svg and "#ff0000" not in svg


def test_single_vectors_have_no_votes_to_draw():
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    single = scored(n_classes=3, majority_voting=False, protocol="thesis")
    assert len(single.plot().axes) == 3
    pyplot.close("all")


def test_a_new_figure_is_a_notebooks(result):
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    ax = plot.votes(result)
    assert ax.figure.number in pyplot.get_fignums()
    drawn = axes()
    assert plot.votes(result, ax=drawn) is drawn
    assert len(result.plot().axes) == 4
    pyplot.close("all")


def test_plots_are_reached_from_the_package_and_cost_nothing_before():
    assert gpuclf.plot is sys.modules["gpuclf.plot"]
    with pytest.raises(AttributeError):
        _ = gpuclf.plots
