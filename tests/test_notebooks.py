"""Notebooks are stored without outputs, and their cells run from top to bottom."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def cells(path):
    return json.loads(path.read_text())["cells"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_no_outputs_are_stored(path):
    assert all(not cell.get("outputs") for cell in cells(path))


def test_the_thesis_notebook_runs(capsys):
    namespace = {}
    (path,) = [path for path in NOTEBOOKS if path.name == "classification.ipynb"]
    for cell in cells(path):
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), namespace)
            if "parameters" in cell["metadata"].get("tags", []):
                namespace["p"]["Ncv"] = 1
    assert namespace["result"].accuracy > 0.7
    assert "clips:" in capsys.readouterr().out
