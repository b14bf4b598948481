"""Examples of the README run without changes."""

import re
import shlex
from pathlib import Path

import pytest
from gpuclf import Experiment
from gpuclf.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def test_code_and_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write, use, grid = blocks("python")
    assert len([line for line in write.splitlines() if line]) == 5
    exec(write, {})
    commands = "".join(block for block in blocks("sh") if not block.startswith("python"))
    assert [command.split()[1] for command in commands.splitlines()] == [
        *("info", "evaluate", "train", "predict"),
        *("search", "search", "evaluate", "evaluate", "compare"),
    ]
    for command in commands.splitlines():
        with pytest.raises(SystemExit) as exit_:
            main(shlex.split(command)[1:])
        assert exit_.value.code == 0, command
    exec(use, {})
    assert "over 20 x 10 folds, chance 50.0%>" in capsys.readouterr().out
    exec(grid, {})
    assert "{'C': 10, 'scale': 'std'} <accuracy" in capsys.readouterr().out
    assert {"result.json", "model.npz", "labels.csv"} <= {path.name for path in tmp_path.iterdir()}


def test_toml_example_is_valid(tmp_path):
    (toml,) = blocks("toml")
    (tmp_path / "experiment.toml").write_text(toml)
    assert Experiment.from_toml(tmp_path / "experiment.toml").statistics == ("mean", "std")


def test_install_and_test_commands_are_single_lines():
    lines = [line for line in README.splitlines() if line.startswith("python -m pip install ")]
    assert lines[:2] == [
        "python -m pip install . && gpuclf demo",
        "python -m pip install '.[test]' && python -m pytest",
    ]


def test_referenced_files_exist():
    referenced = re.findall(r'src="(\S+)"|`((?:tests|notebooks|docker)/[\w./-]+)`', README)
    referenced += [(path, "") for path in re.findall(r"python (tests/\w+\.py)", README)]
    assert len(referenced) > 4
    for path in map("".join, referenced):
        assert (Path(__file__).parents[1] / path).exists(), path
