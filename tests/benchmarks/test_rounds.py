"""Interleaved timing of functions."""

from rounds import time_interleaved


def test_functions_are_run_time_interleaved_and_once_before_it_counts():
    run, reported = [], []
    functions = {"a": lambda: run.append("a"), "b": lambda: run.append("b")}
    rounds = time_interleaved(functions, 3, reported.append)
    assert "".join(run) == "abababab"
    assert reported == [1, 2, 3]
    assert [len(seconds) for seconds in rounds.seconds.values()] == [3, 3]
    assert rounds.median("a") > 0 and rounds.ratio("a", "b") > 0
