"""Fixtures that run commands."""

import math

import pytest
from gpuclf.cli import main


@pytest.fixture
def run(capsys, monkeypatch):
    """Function that runs a command and returns its status, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "100")
    # No progress line depends on the speed of the machine: only the last one of a run is printed.
    monkeypatch.setattr("gpuclf.report.progress.SECONDS_BETWEEN_LINES", math.inf)

    def run(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return exit_.value.code, captured.out, captured.err

    return run


@pytest.fixture
def refused(run):
    """Function that runs a command, checks that it fails with one line, and returns the line."""

    def refused(*arguments):
        status, _, err = run(*arguments)
        assert status == 2, err
        assert err.count("\n") == 1 and err.startswith("gpuclf: error: "), err
        return err

    return refused
