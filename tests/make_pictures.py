"""Make README's pictures: ``python tests/make_pictures.py`` in the root of a checkout.

``notebooks/page.png`` is the page of ``gpuclf demo``, as a browser shows it; ``notebooks/plot.png``
is ``result.plot()`` of the same run. It needs Chromium.
"""

import tempfile
from pathlib import Path

import gpuclf
import matplotlib as mpl
from gpuclf.features.demo import write_demo
from gpuclf.report.pages import evaluate_page
from gpuclf.report.provenance import record
from gpuclf.report.sections import Run
from matplotlib.image import imsave

from browser import look

PLACE = Path(__file__).parents[1] / "notebooks"
WIDTH, HEIGHT = 900, 1180


def make(folder):
    write_demo(folder / "demo.hdf5")
    cpu = gpuclf.resolve("cpu")
    experiment = gpuclf.Experiment(file=str(folder / "demo.hdf5"), dataset="Xs")
    result = gpuclf.evaluate(experiment, backend=cpu)
    page = folder / "page.html"
    evaluate_page(result, Run(experiment, record(experiment, cpu, {}), cpu)).write(page)
    imsave(PLACE / "page.png", look(page, folder, WIDTH).pixels[:HEIGHT])
    mpl.use("agg")
    result.plot().savefig(PLACE / "plot.png", dpi=80)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
