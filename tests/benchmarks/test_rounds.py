"""Things timed against one another."""

from rounds import in_turn


def test_things_are_run_in_turn_and_once_before_it_counts():
    run, told = [], []
    things = {"a": lambda: run.append("a"), "b": lambda: run.append("b")}
    rounds = in_turn(things, 3, told.append)
    assert "".join(run) == "abababab"
    assert told == [1, 2, 3]
    assert [len(seconds) for seconds in rounds.seconds.values()] == [3, 3]
    assert rounds.median("a") > 0 and rounds.ratio("a", "b") > 0
