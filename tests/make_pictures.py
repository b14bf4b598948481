"""Create the figures of the README: ``python tests/make_pictures.py`` in the root of a checkout.

``notebooks/page.png`` is a screenshot of the report of ``gpuclf demo``; ``notebooks/plot.png`` is
``result.plot()`` of the same run. Requires Chromium.
"""

import tempfile
from pathlib import Path

import gpuclf
import matplotlib as mpl
from gpuclf.features.demo import write_demo
from gpuclf.report.evaluate import evaluate_page
from gpuclf.report.provenance import Provenance, record
from gpuclf.workflows.evaluate import evaluate_run
from gpuclf.workflows.run_context import open_run
from matplotlib.image import imsave

from browser import look

PLACE = Path(__file__).parents[1] / "notebooks"
WIDTH, HEIGHT = 900, 1180


def make(folder):
    write_demo(folder / "demo.hdf5")
    experiment = gpuclf.Experiment(file=str(folder / "demo.hdf5"), dataset="Xs")
    page = folder / "page.html"
    with open_run(experiment, backend="cpu") as run:
        result = evaluate_run(run)
        made = Provenance(experiment, record(experiment, run.backend, {}))
        evaluate_page(result, made, run).write(page)
    imsave(PLACE / "page.png", look(page, folder, WIDTH, scale=1).pixels[:HEIGHT])
    mpl.use("agg")
    result.plot().savefig(PLACE / "plot.png", dpi=80)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
