import io
from types import SimpleNamespace

from gpuclf._utils.progress import Progress
from gpuclf.report import progress as module
from gpuclf.report.progress import RunProgress
from rich.console import Console


def scored(score):
    return SimpleNamespace(score=score, fold=SimpleNamespace(scores_only=False))


def run(console, monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with RunProgress(console) as progress:
        progress(Progress("clips", 6, 6))
        for done, score in enumerate((0.5, 0.7, 0.6), 1):
            progress(Progress("folds", done, 3, scored(score)))
    return console.file.getvalue()


def test_lines_show_mean_accuracy_and_remaining_time(monkeypatch):
    with monkeypatch.context() as patch:
        text = run(Console(file=io.StringIO(), width=100), patch)
    assert text.splitlines() == [
        "read 6 of 6 clips",
        "fold 1 of 3: mean accuracy 50.0 %",
        "fold 2 of 3: mean accuracy 60.0 %, about 30 s remaining",
        "fold 3 of 3: mean accuracy 60.0 %",
    ]


def test_terminal_shows_a_bar():
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with RunProgress(console) as progress:
        progress(Progress("clips", 3, 6))
        progress(Progress("folds", 1, 3, scored(0.5)))
        progress.bar.refresh()
        text = console.file.getvalue()
    assert "mean accuracy 50.0 %" in text and "1/3" in text and "━" in text


def test_a_file_gets_lines_even_if_colours_are_forced(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not RunProgress().console.is_terminal
