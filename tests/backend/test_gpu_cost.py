"""What the GPU backend asks of a GPU, counted on a simulated one: the cost model's assumptions."""

import numpy as np
import pytest
from gpu_agreement import fold_results, on_device
from gpu_model import COUNTS, SETTINGS, Sizes, bytes_to_device, bytes_to_host
from gpuclf.backend import resolve
from gpuclf.svm import SvmSpec
from gpuclf.vectors.feature_vectors import FeatureVectors

import device_costs

SIZES = Sizes(classes=2, clips=30, vectors=1, features=48)
REPEATS = (1, 2, 3)
FOLDS = 8  # per repeat


def separable_vectors():
    """Vectors whose SVMs take few steps; the extremes of features are those of different clips."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], SIZES.clips)
    noise = rng.normal(size=(len(y), SIZES.vectors, SIZES.features))
    X = (noise + 2.0 * y[:, None, None]).astype(np.float32)
    return FeatureVectors(X=X, y=y, labels=("a", "b"), ids=np.arange(len(y)).astype(str))


def run(setting, repeats):
    backend = resolve("gpu")
    vectors = on_device(backend, separable_vectors())
    spec = SvmSpec("C", setting.kernel)
    options = {"folds": FOLDS, "repeats": repeats}
    with device_costs.counting() as costs:
        fold_results(backend, vectors, spec, "minmax", setting.protocol, **options)
    return costs


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_counts_of_a_cross_validation_follow_the_law_of_the_model(
    simulated_cupy, monkeypatch, setting
):
    monkeypatch.setattr("gpuclf.svm.shared.BATCH", 1.0)  # all folds at once, as at full size
    costs = {repeats * FOLDS: run(setting, repeats) for repeats in REPEATS}
    counted = [
        (
            cost.launches.total(),
            cost.operations.total(),
            cost.products,
            cost.synchronisations.total(),
        )
        for cost in costs.values()
    ]
    assert counted == [tuple(law.of(folds) for law in COUNTS[setting]) for folds in costs]
    first, second, third = costs.values()
    assert second.to_host - first.to_host == FOLDS * bytes_to_host(setting, SIZES)
    assert third.to_host - second.to_host == FOLDS * bytes_to_host(setting, SIZES)
    assert third.to_device - second.to_device <= FOLDS * bytes_to_device(setting, SIZES)
    assert first.flops == second.flops == third.flops  # of the matrix that all folds share
