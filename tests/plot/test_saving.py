"""Figures as files and as inline SVG."""

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
def test_save_figure_writes_the_format_of_the_suffix(result, tmp_path, kind):
    magic = {"svg": b"<?xml", "PDF": b"%PDF", "png": b"\x89PNG"}[kind]
    save_figure(lambda ax: plot.folds(result, ax), tmp_path / f"folds.{kind}")
    assert (tmp_path / f"folds.{kind}").read_bytes().startswith(magic)
    assert len(list(tmp_path.iterdir())) == 1


def test_check_figure_without_matplotlib_raises(no_matplotlib, tmp_path):
    with pytest.raises(
        InputError, match="figure: got no matplotlib, expected python -m pip install matplotlib"
    ):
        check_figure(tmp_path / "sweep.svg")


@pytest.mark.parametrize("name", ["sweep.gif", "sweep"])
def test_unknown_suffix_raises(name, tmp_path):
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
def test_inline_svg_is_deterministic_xml_with_page_colors_and_unique_ids(result, draw):
    svg = inline_svg(lambda ax: draw(result, ax))
    ET.fromstring(svg)
    assert "currentColor" in svg and "var(--" in svg
    assert not re.search(r"#000001|#000000|#ffffff", svg)
    assert "<text" in svg and "<metadata" not in svg and "<script" not in svg
    assert svg == inline_svg(lambda ax: draw(result, ax))
    names = set(re.findall(r'id="(\w+)-', svg))
    assert len(names) == 1
    assert set(re.findall(r'(?:url\(|href=")#(\w+)-', svg)) <= names


def test_characters_missing_in_the_font_do_not_warn():
    svg = inline_svg(lambda ax: ax.set_title("民謡"))
    assert "民謡" in svg


def test_text_that_looks_like_svg_attributes_is_unchanged():
    svg = inline_svg(lambda ax: ax.set_title('id="q" : #0072b2'))
    assert 'id="q" : #0072b2' in svg


def test_user_style_does_not_break_inline_svg(result):
    import matplotlib as mpl

    with mpl.rc_context({"text.usetex": True, "grid.color": "red"}):
        svg = inline_svg(lambda ax: plot.folds(result, ax))
    assert "<text" in svg and "#ff0000" not in svg


def test_overview_without_voting_has_no_vote_panel():
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    single = scored(n_classes=3, majority_voting=False, protocol="thesis")
    assert len(single.plot().axes) == 3
    pyplot.close("all")


def test_plots_use_pyplot_unless_given_axes(result):
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    ax = plot.votes(result)
    assert ax.figure.number in pyplot.get_fignums()
    drawn = axes()
    assert plot.votes(result, ax=drawn) is drawn
    assert len(result.plot().axes) == 4
    pyplot.close("all")


def test_plot_is_an_attribute_of_the_package():
    assert gpuclf.plot is sys.modules["gpuclf.plot"]
    with pytest.raises(AttributeError):
        _ = gpuclf.plots
