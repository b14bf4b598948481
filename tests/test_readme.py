"""Examples of the README run without changes."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from gpuclf.cli import main

from recordings import collection

README = (Path(__file__).parents[1] / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def test_code_and_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    [code] = blocks("python")
    assert len([line for line in code.splitlines() if line]) <= 8
    exec(code, {})
    assert "over 5 x 10 folds, majority class 16.7%>" in capsys.readouterr().out
    commands = "".join(block for block in blocks("sh") if not block.startswith("python"))
    assert [command.split()[1] for command in commands.splitlines()] == [
        *("evaluate", "search", "train", "predict")
    ]
    for command in commands.splitlines():
        with pytest.raises(SystemExit) as exit_:
            main(shlex.split(command)[1:])
        assert exit_.value.code == 0, command
    printed = capsys.readouterr().out
    assert "used for training: 0 of 240 clips" in printed
    assert float(re.search(r"accuracy on clips: (\S+) %", printed)[1]) < 95
    assert {"result.json", "model.npz", "labels.csv"} <= {path.name for path in tmp_path.iterdir()}


def test_report_of_embeddings_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [line] = [line for line in README.splitlines() if line == "gpuclf run embeddings"]
    rng = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / "embeddings" / label).mkdir(parents=True)
        for clip in range(20):
            np.save(f"embeddings/{label}/{clip}.npy", rng.normal(label == "b", size=5))
    with pytest.raises(SystemExit) as exit_:
        main(shlex.split(line)[1:])
    assert exit_.value.code == 0
    assert Path("embeddings.report.html").exists()


def test_report_of_recordings_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [line] = [line for line in README.splitlines() if line == "gpuclf run recordings"]
    collection(tmp_path / "recordings")
    with pytest.raises(SystemExit) as exit_:
        main(shlex.split(line)[1:])
    assert exit_.value.code == 0
    assert Path("recordings.report.html").exists() and Path("recordings.features.hdf5").exists()


def test_readme_is_short():
    assert README.count("\n") <= 150


def test_install_and_test_commands_are_single_lines():
    lines = [line for line in README.splitlines() if line.startswith("python -m pip install ")]
    assert lines[:2] == [
        "python -m pip install . && gpuclf demo",
        "python -m pip install '.[test]' && python -m pytest",
    ]


def test_referenced_files_exist():
    referenced = re.findall(r'src="(\S+)"|\]\(([^)#]+)\)', README)
    assert len(referenced) > 20
    for path in map("".join, referenced):
        assert (Path(__file__).parents[1] / path).exists(), path
