"""Create the screenshot of the README: ``python tests/make_pictures.py`` in the root of a checkout.

``docs/_static/report.png`` shows the report of ``gpuclf demo``. Requires Chromium.
"""

import tempfile
from contextlib import chdir
from pathlib import Path

import gpuclf
from gpuclf.report.evaluate import evaluate_page
from gpuclf.report.provenance import Provenance, record
from gpuclf.workflows.evaluate import evaluate_run
from gpuclf.workflows.run_context import open_run
from matplotlib.image import imsave

from browser import look

PICTURE = Path(__file__).parents[1] / "docs" / "_static" / "report.png"
WIDTH, HEIGHT = 900, 1180


def make(folder):
    gpuclf.write_demo("demo.hdf5")
    experiment = gpuclf.Experiment(file="demo.hdf5", dataset="Xs")
    page = folder / "page.html"
    with open_run(experiment, backend="cpu") as run:
        result = evaluate_run(run)
        made = record(experiment, run.backend, {"split": run.folds_text})
        evaluate_page(result, Provenance(experiment, made), run).write(page)
    imsave(PICTURE, look(page, folder, WIDTH, scale=1).pixels[:HEIGHT])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, chdir(folder):  # commands name demo.hdf5
        make(Path(folder))
