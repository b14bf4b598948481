"""Record written by ``--json``."""

import json

import gpuclf
import numpy as np
from gpuclf.config.experiment import Experiment
from gpuclf.report.provenance import record


def test_record_is_json_and_contains_the_experiment(grid_file):
    experiment = Experiment(file=str(grid_file), folds=2, repeats=1)
    result = gpuclf.evaluate(experiment, backend="cpu")
    written = json.loads(
        json.dumps(record(experiment, gpuclf.resolve("cpu"), result.to_dict()), allow_nan=False)
    )
    assert Experiment.from_dict(written["experiment"]) == experiment
    assert "core" in written["environment"]["device"]
    assert written["environment"]["file"]["bytes"] == grid_file.stat().st_size
    assert written["environment"]["packages"].keys() >= {"gpuclf", "numpy", "scikit-learn", "h5py"}
    assert np.mean(written["scores"]) == written["accuracy"] == result.accuracy
    assert np.std(written["scores"]) == written["accuracy_std"]
    for key in ("backend", "solver", "labels", "vector_scores", "confusion", "seconds"):
        assert key in written
