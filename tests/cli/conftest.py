"""What tests of the command line share: running a command, and one that must fail."""

import pytest
from gpuclf.cli import main


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command; give its exit status, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return exit_.value.code, captured.out, captured.err

    return run


@pytest.fixture
def refused(run):
    """Run a command that must fail: one line on standard error, status 2, nothing on output."""

    def refused(*arguments):
        status, _, err = run(*arguments)
        assert status == 2, err
        assert err.count("\n") == 1 and err.startswith("gpuclf: error: "), err
        return err

    return refused
