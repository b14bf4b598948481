"""``--report`` of every command that has it."""

import html
import re
import shlex

import gpuclf
import pytest

from browser import NARROW, WIDE, look_at
from conftest import grid_frames

QUICK = ("--folds", "3", "--repeats", "1", "--split", "stratified-kfold", "--backend", "cpu")
COMMANDS = {
    "evaluate": ((), 6, "accuracy on clips"),
    "search": (("--grid", "C=0.1,10", "--inner", "2"), 6, "nested search over 2 settings"),
    "sweep": (("--param", "C", "--values", "0.1,10"), 1, "The best of 2 values"),
    "audit": (("--grid", "C=0.1,10", "--inner", "2"), 1, "without data leakage"),
}


@pytest.mark.parametrize("command", [*COMMANDS, "compare"])
def test_command_writes_a_report_that_fits_the_browser_window(run, grid_file, tmp_path, command):
    page = tmp_path / "page.html"
    if command == "compare":
        for name, C in (("a", 1), ("b", 0.001)):
            run("evaluate", grid_file, "--C", C, *QUICK, "--json", tmp_path / f"{name}.json")
        arguments, figures, says = (tmp_path / "a.json", tmp_path / "b.json"), 1, "A - B"
    else:
        more, figures, says = COMMANDS[command]
        arguments = (grid_file, *more, *QUICK)
    status, _, err = run(command, *arguments, "--report", page)
    assert status == 0, err
    widths = NARROW, WIDE
    for seen, width in zip(look_at(page, tmp_path, widths), widths, strict=True):
        assert seen.measured["scroll"] == width and seen.measured["overflowing"] == []
        assert says in seen.measured["text"] and f"gpuclf {command}" in seen.measured["text"]
        assert len(seen.measured["figures"]) == figures
        assert all(seen.ink(*figure) > 0.005 for figure in seen.measured["figures"])


@pytest.mark.usefixtures("no_matplotlib")
@pytest.mark.parametrize("more", [("--kernel", "rbf", "--C", "0.5"), ("--svm-type", "nu")])
def test_commands_that_the_report_suggests_run(run, tmp_path, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "features.hdf5"
    gpuclf.write_grid(file, {"Z": grid_frames(spread=0.1)}, ["blues", "jazz", "rock"])
    groups = tmp_path / "my clips.csv"
    labels = "blues", "jazz", "rock"
    rows = [f"{label}/{clip},{label}{clip // 2}" for label in labels for clip in range(6)]
    groups.write_text("\n".join(["id,artist", *rows]), encoding="utf-8")
    given = (*more, "--groups", f"{groups}:artist")
    page = tmp_path / "page.html"
    assert run("evaluate", file, *given, *QUICK, "--report", page)[0] == 0
    steps = page.read_text(encoding="utf-8").partition('class="steps"')[2].partition("</ol>")[0]
    found = re.findall(r"<code>(.*?)</code>", steps)
    commands = [shlex.split(html.unescape(text))[1:] for text in found]
    assert [words[0] for words in commands] == ["search", "train", "predict"]
    assert f"{groups}:artist" in commands[0]
    for words in commands:
        own = (*QUICK, "--inner", "2") if words[0] == "search" else ()
        status, _, err = run(*[file if word == "NEW.hdf5" else word for word in words], *own)
        assert status == 0, err


def test_clips_without_groups_have_a_warning_and_the_command_that_measures_the_effect(
    run, grid_file, tmp_path, no_matplotlib
):
    page = tmp_path / "page.html"
    assert run("evaluate", grid_file, "--C", "0.5", *QUICK, "--report", page)[0] == 0
    text = html.unescape(page.read_text(encoding="utf-8"))
    assert "The clips have no groups." in text
    [command] = re.findall(r"<code>gpuclf (audit .*?)</code>", text)
    assert run(*shlex.split(command), *QUICK, "--inner", "2")[0] == 0


def test_command_without_matplotlib_writes_a_report_without_figures(
    run, grid_file, tmp_path, no_matplotlib
):
    page = tmp_path / "page.html"
    status, out, err = run("evaluate", grid_file, *QUICK, "--report", page)
    assert status == 0 and "accuracy on clips" in out, err
    assert "python -m pip install matplotlib" in page.read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_matplotlib")
def test_report_of_flat_search_states_its_optimism(run, grid_file, tmp_path):
    page = tmp_path / "page.html"
    grid = ("--grid", "C=0.1,10", "--inner", "2", "--flat")
    assert run("search", grid_file, *grid, *QUICK, "--report", page)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "gpuclf search, flat" in text and "an optimism of" in text


def test_report_path_that_is_not_writable_raises_before_the_run(refused, grid_file, tmp_path):
    err = refused("evaluate", grid_file, *QUICK, "--report", tmp_path / "no" / "page.html")
    assert "a folder that does not exist" in err
    assert "the path of an input" in refused("evaluate", grid_file, "--report", grid_file)


def test_same_file_for_two_outputs_raises(refused, grid_file, tmp_path):
    same = tmp_path / "out"
    err = refused("evaluate", grid_file, *QUICK, "--json", same, "--report", same)
    assert "got the path of another output, expected a different path" in err


def test_same_file_for_two_outputs_of_compare_raises(refused, run, grid_file, tmp_path):
    result, same = tmp_path / "r.json", tmp_path / "out"
    assert run("evaluate", grid_file, *QUICK, "--json", result)[0] == 0
    err = refused("compare", result, result, "--json", same, "--report", tmp_path / "." / "out")
    assert "got the path of another output" in err


@pytest.mark.usefixtures("no_matplotlib")
def test_no_checkpoint_is_left_next_to_the_report(run, grid_file, tmp_path):
    """Without other outputs, the checkpoint is next to the report and removed at the end."""
    page = tmp_path / "page.html"
    status, _, _ = run("evaluate", grid_file, *QUICK, "--report", page)
    assert status == 0
    assert {path.name for path in tmp_path.iterdir()} == {grid_file.name, "page.html"}
