import io
from itertools import pairwise
from types import SimpleNamespace

from gpuclf._utils.progress import Progress
from gpuclf.report import progress as module
from gpuclf.report.progress import RunProgress
from rich.console import Console


def scored(score):
    return SimpleNamespace(score=score, fold=SimpleNamespace(scores_only=False))


def run(console, monkeypatch):
    clock = iter(range(0, 1000, 11))
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
        "fold 2 of 3: mean accuracy 60.0 %, about 33 s remaining",
        "fold 3 of 3: mean accuracy 60.0 %",
    ]


def test_a_long_run_prints_a_line_every_10_seconds_at_most(monkeypatch):
    seconds = 0.0
    monkeypatch.setattr(module.time, "monotonic", lambda: seconds)
    console, printed = Console(file=io.StringIO(), width=100), []
    with RunProgress(console) as progress:
        for stage, total in (("clips", 50), ("problems", 4000), ("folds", 400)):
            for done in range(1, total + 1):
                seconds += 0.5
                before = len(console.file.getvalue())
                progress(Progress(stage, done, total, scored(0.5)))
                if len(console.file.getvalue()) > before:
                    printed.append((seconds, stage, done))
    times = [time for time, *_ in printed]
    assert all(b - a > 10 for a, b in pairwise(times[:-1]))
    assert printed[-1][1:] == ("folds", 400) and seconds == 2225
    assert 150 < len(printed) < 225


def test_bars_are_removed_before_other_output(monkeypatch):
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with RunProgress(console) as progress:
        progress(Progress("folds", 1, 3, scored(0.5)))
        progress.stop()
        stopped = console.file.getvalue()
    assert stopped.endswith("\r\x1b[1A\x1b[2K") and console.file.getvalue() == stopped


def test_terminal_shows_a_bar():
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with RunProgress(console) as progress:
        progress(Progress("clips", 3, 6))
        progress(Progress("folds", 1, 3, scored(0.5)))
        progress.bar.refresh()
        text = console.file.getvalue()
    assert "mean accuracy 50.0 %" in text and "1/3" in text and "━" in text


def test_windows_are_counted_for_each_recording():
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with RunProgress(console) as progress:
        progress(Progress("windows", 30, 90, name="night.wav"))
        progress.bar.refresh()
        text = console.file.getvalue()
    assert "Windows" in text and "30/90" in text and "night.wav" in text


def test_a_file_gets_lines_even_if_colours_are_forced(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not RunProgress().console.is_terminal
