"""The notebooks are stored with their outputs and run from top to bottom with other parameters.

They are executed by nbclient, as papermill does, which would only add the cell of parameters that
is inserted after the one tagged ``parameters``.
"""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest
from gpuclf import Experiment
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
NOT_OF_AN_EXPERIMENT = {
    "thesis": {"param", "values", "baseline"},
    "recordings": {"recordings", "per_class"},
    "embeddings": {"embeddings"},
}

PROGRESS = re.compile(r"(read|solved|fold) \d+ of \d+ ?")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def parameters_cell(notebook):
    """Return the index of the cell that papermill inserts its own after."""
    [place] = [
        place
        for place, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", [])
    ]
    return place


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a notebook with other parameters; return its outputs and the values of a dict."""
    import matplotlib.font_manager  # noqa: F401  # builds its cache once, with a message

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # nothing of the user's
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))  # nor another python3

    def run(name, parameters, values):
        [path] = [path for path in NOTEBOOKS if path.stem == name]
        notebook = read(path)
        lines = [f"{parameter} = {value!r}" for parameter, value in parameters.items()]
        notebook.cells.insert(parameters_cell(notebook) + 1, new_code_cell("\n".join(lines)))
        notebook.cells.append(new_code_cell(f"import json\nprint(json.dumps({values}))"))
        resources = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, timeout=300, resources=resources).execute()
        [printed] = notebook.cells.pop().outputs
        return outputs(notebook), json.loads(printed.text)

    return run


def error_texts(outputs):
    """Return the lines of standard error without progress, which depends on the speed."""
    texts = [output.text for output in outputs if output.get("name") == "stderr"]
    return [line for line in "".join(texts).splitlines() if not PROGRESS.match(line)]


def shown(outputs, kind):
    """Return the outputs of one MIME type."""
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


@each_notebook
def test_a_notebook_is_stored_with_the_outputs_of_one_execution_in_order(path):
    notebook = read(path)
    assert notebook.metadata.kernelspec.name == "python3"
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert error_texts(outputs(notebook)) == []
    assert not [output for output in outputs(notebook) if output.output_type == "error"]
    assert len(shown(outputs(notebook), "image/png")) >= 2


@each_notebook
def test_a_notebook_begins_with_a_question(path):
    title = read(path).cells[0].source.splitlines()[0]
    assert title.startswith("# ") and title.endswith("?")


@each_notebook
def test_a_notebook_uses_public_names_only(path):
    for cell in code_cells(read(path)):
        if not cell.source.startswith("%%"):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.ImportFrom):
                    assert not node.module.startswith("gpuclf")
                if isinstance(node, ast.Attribute):
                    assert not node.attr.startswith("_")


@each_notebook
def test_the_parameters_are_literals_and_fields_of_an_experiment(path):
    notebook = read(path)
    lines = ast.parse(notebook.cells[parameters_cell(notebook)].source).body
    assert all(isinstance(line, ast.Assign) for line in lines)
    parameters = {line.targets[0].id: ast.literal_eval(line.value) for line in lines}
    own = NOT_OF_AN_EXPERIMENT[path.stem]
    assert own < parameters.keys()
    fields = {name: value for name, value in parameters.items() if name not in own}
    assert Experiment.from_dict(fields).seed == 0


def test_the_thesis_notebook_runs(run):
    values = """{
        "shape": result.scores.shape,
        "kernel": clf.kernel,
        "accuracy": result.accuracy,
        "vectors": result.vector_scores.mean(),
        "auc": result.metrics["clips"]["auc_decisions"].mean,
        "permuted": permuted.accuracy,
        "rows": swept.rows(),
        "settings": search.parameters,
        "nested": search.result.accuracy,
        "leaks": [leak.name for leak in audit.leaks],
    }"""
    small = {"Nfolds": 5, "Ncv": 1, "kernel": "rbf", "C": 10, "param": "C", "values": [0.1, 10]}
    outputs, found = run("thesis", small, values)
    assert error_texts(outputs) == []
    assert (found["shape"], found["kernel"]) == ([1, 5], "rbf")
    assert found["accuracy"] > 0.7 > found["vectors"]
    assert found["auc"] > 0.9
    assert found["permuted"] < 0.3
    assert [row["C"] for row in found["rows"]] == [0.1, 10]
    assert {"C": 100, "n_vectors": 3} in found["settings"]
    assert found["nested"] > 0.7
    assert len(found["leaks"]) == 3
    for card in shown(outputs, "text/html"):
        assert "<svg" in card
    votes = shown(outputs, "text/markdown")[1]
    assert "**" in votes  # a misclassified clip


def test_the_recordings_notebook_runs(run):
    values = """{"accuracy": result.accuracy, "best": sweep.best, "files": len(paths)}"""
    outputs, found = run("recordings", {"per_class": 6, "folds": 3, "repeats": 1}, values)
    assert error_texts(outputs) == []
    assert found["files"] == 30
    assert found["accuracy"] > 0.5
    assert found["best"] in [0.01, 0.1, 1, 10, 100]
    printed = "".join(output.text for output in outputs if "text" in output)
    assert "mel: 30 clips of 5 classes" in printed
    assert "new.wav" in printed


def test_the_embeddings_notebook_runs(run):
    values = """{
        "accuracies": [result.accuracy for result in results.values()],
        "leaks": [leak.name for leak in audit.leaks],
    }"""
    outputs, found = run("embeddings", {"repeats": 1}, values)
    assert error_texts(outputs) == []
    random, grouped = found["accuracies"]
    assert random > 0.95 and 0.7 < grouped < 0.9
    assert any("group" in leak for leak in found["leaks"])
