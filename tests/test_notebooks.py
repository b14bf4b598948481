"""Notebooks are stored without outputs, and run from top to bottom in a kernel of their own.

By nbclient: all that papermill, which is made on top of it and brings a dozen more packages, would
add here is the cell of parameters that is put after the one that is tagged ``parameters``.
"""

import ast
import json
from pathlib import Path

import nbformat
import pytest
from gpuclf import Experiment
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
OWN = {"param", "values", "baseline"}  # of the sweep, and of no experiment
SMALL = {"Nfolds": 5, "Ncv": 1}

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


def parameters_cell(notebook):
    """Find the cell that papermill puts its own after."""
    [place] = [
        place
        for place, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", [])
    ]
    return place


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a notebook with other parameters, and give its outputs and what a dict of it holds."""
    import matplotlib.font_manager  # noqa: F401  # once on a machine this takes long, and says so

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # nothing of the user's
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))  # nor another python3

    def run(name, parameters, asked):
        [path] = [path for path in NOTEBOOKS if path.name == name]
        notebook = nbformat.read(path, as_version=4)
        lines = [f"{parameter} = {value!r}" for parameter, value in parameters.items()]
        notebook.cells.insert(parameters_cell(notebook) + 1, new_code_cell("\n".join(lines)))
        notebook.cells.append(new_code_cell(f"import json\nprint(json.dumps({asked}))"))
        resources = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, timeout=300, resources=resources).execute()
        [told] = notebook.cells.pop().outputs
        return outputs(notebook), json.loads(told.text)

    return run


def errors(outputs):
    return [output.text for output in outputs if output.get("name") == "stderr"]


def shown(outputs, kind):
    """Everything of one kind that the cells showed."""
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


@every_notebook
def test_a_notebook_is_valid_and_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert outputs(notebook) == []
    assert not any(cell.get("execution_count") for cell in notebook.cells)


@every_notebook
def test_its_parameters_are_plain_and_those_of_an_experiment(path):
    notebook = nbformat.read(path, as_version=4)
    lines = ast.parse(notebook.cells[parameters_cell(notebook)].source).body
    assert all(isinstance(line, ast.Assign) for line in lines)
    parameters = {line.targets[0].id: ast.literal_eval(line.value) for line in lines}
    mine = {name: value for name, value in parameters.items() if name not in OWN}
    assert Experiment.from_dict(mine).n_vectors == mine["Nvectors"]


def test_the_thesis_notebook_runs(run):
    asked = """{
        "shape": result.scores.shape,
        "kernel": clf.kernel,
        "accuracy": result.accuracy,
        "vectors": result.vector_scores.mean(),
        "auc": result.metrics["clips"]["auc_decisions"].mean(),
        "random": random.accuracy,
        "settings": found.parameters,
        "nested": found.result.accuracy,
        "leaks": [leak.name for leak in audit.leaks],
    }"""
    outputs, told = run("classification.ipynb", SMALL | {"kernel": "rbf", "C": 10}, asked)
    assert errors(outputs) == []
    assert (told["shape"], told["kernel"]) == ([1, 5], "rbf")
    assert told["accuracy"] > 0.7 > told["vectors"]
    assert told["auc"] > 0.9
    assert told["random"] < 0.3
    assert {"C": 100, "n_vectors": 3} in told["settings"]
    assert told["nested"] > 0.7
    assert "splitting a clip's vectors" in told["leaks"]
    accuracy, nested = "Accuracy on clips", "Accuracy of nested search"
    cards = ["Feature vectors", accuracy, accuracy, nested, "Effect of data leakage"]
    for title, card in zip(cards, shown(outputs, "text/html"), strict=True):
        assert title in card
        assert "<svg" in card
    assert len(shown(outputs, "image/png")) == 4  # frames, vectors, mistakes and votes, ROC curves
    votes = shown(outputs, "text/markdown")[2]
    assert "**" in votes  # a mistake


def test_the_experiment_notebook_runs(run):
    asked = """{
        "rows": swept.rows(),
        "baseline": swept.baseline,
        "best": swept.best,
        "nested": found.result.accuracy,
    }"""
    parameters = SMALL | {"param": "C", "values": [0.1, 1, 10]}
    outputs, told = run("experiment.ipynb", parameters, asked)
    assert errors(outputs) == []
    assert [row["C"] for row in told["rows"]] == [0.1, 1, 10]
    assert told["baseline"] == "Xb"
    for row in told["rows"]:
        assert row["accuracy"] > row["baseline_accuracy"] + 0.3
        assert row["gain_low"] > 0
    best = next(row for row in told["rows"] if row["C"] == told["best"])
    assert best["accuracy"] > 0.7
    assert told["nested"] > 0.7
    sweep, search = shown(outputs, "text/html")
    assert "Accuracy for 3 values of C" in sweep
    assert "baseline Xb" in sweep
    assert "Accuracy of nested search" in search
    [table] = shown(outputs, "text/markdown")
    assert table.splitlines()[0] == (
        "| C | accuracy | 95 % interval | baseline | gain | its interval | p |"
    )
    assert table.count("\n") == 4
