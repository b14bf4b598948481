"""The command report: table, files, page in a browser, and errors."""

import json
import shutil
import subprocess
import sys

import pytest

from browser import NARROW, WIDE, look_at

QUICK = ("--folds", "3", "--repeats", "2", "--split", "stratified-kfold", "--backend", "cpu")


@pytest.fixture
def results(run, grid_file, tmp_path):
    """Four result files: three over the same folds, one of fewer clips."""
    settings = {
        "linear": ("--kernel", "linear"),
        "weak": ("--C", "0.0001"),
        "rbf": ("--kernel", "rbf"),
        "few": ("--n-clips", "4"),
    }
    for name, more in settings.items():
        assert (
            run("evaluate", grid_file, *QUICK, *more, "--json", tmp_path / f"{name}.json")[0] == 0
        )
    return [tmp_path / f"{name}.json" for name in settings]


def test_the_table_ranks_the_results_and_lists_others_apart(run, results, tmp_path):
    status, out, err = run("report", *results, "--json", tmp_path / "out.json")
    assert status == 0, err
    written = json.loads((tmp_path / "out.json").read_text())
    places = [out.index(f" {one['result']} ") for one in written["ranked"]]
    assert len(places) == 3 and places == sorted(places)
    assert out.splitlines()[0] == written["verdict"]
    assert "other clips: 12 instead of 18" in out and "Holm p" in out


def test_the_page_fits_the_browser_window_and_has_both_figures(run, results, tmp_path):
    page = tmp_path / "page.html"
    assert run("report", *results, "--report", page)[0] == 0
    widths = NARROW, WIDE
    for seen, width in zip(look_at(page, tmp_path, widths), widths, strict=True):
        assert seen.measured["scroll"] == width and seen.measured["overflowing"] == []
        for text in ("gpuclf report", "Ranked results", "Learning curve", "Not comparable"):
            assert text in seen.measured["text"]
        assert len(seen.measured["figures"]) == 2
        assert all(seen.ink(*figure) > 0.005 for figure in seen.measured["figures"])


def test_the_page_escapes_the_names_of_files(run, results, tmp_path):
    hostile = tmp_path / "<b>x.json"
    shutil.copy(results[0], hostile)
    page = tmp_path / "page.html"
    assert run("report", hostile, *results[1:], "--report", page)[0] == 0
    assert "&lt;b&gt;x" in page.read_text() and "<b>x" not in page.read_text()


def test_other_metrics_are_ranked(run, results):
    status, out, _ = run("report", *results, "--metric", "auc_votes")
    assert status == 0 and "auc votes" in out


def test_bad_input_is_one_line(refused, results, grid_file, tmp_path):
    one, other = results[:2]
    assert "results: got 1 file, expected at least two" in refused("report", one)
    assert "got the same file twice" in refused("report", one, other, one)
    assert "none.json: got no such file" in refused("report", one, tmp_path / "none.json")
    assert "got a file that is not JSON" in refused("report", one, grid_file)
    assert "metric: got 'macrof1', expected macro_f1" in refused(
        "report", one, other, "--metric", "macrof1"
    )
    assert "the path of an input" in refused("report", one, other, "--report", one)
    assert "Missing argument" in refused("report")


def test_the_comparison_of_two_results_is_no_result(run, refused, results, tmp_path):
    compared = tmp_path / "compared.json"
    assert run("compare", *results[:2], "--json", compared)[0] == 0
    message = "compared.json: got other JSON or a result of an older version"
    assert message in refused("report", *results, compared)


def test_report_imports_no_library_for_fitting(results):
    code = (
        "import sys\n"
        "from gpuclf.cli import main\n"
        f"try: main(['report', {str(results[0])!r}, {str(results[1])!r}])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('numba', 'sklearn', 'scipy.stats', 'optuna') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "accuracy" in done.stdout and done.stdout.splitlines()[-1] == "[]"
