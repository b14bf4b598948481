"""The synthetic demo file."""

import gpuclf
import numpy as np
from gpuclf.features.demo import write_demo


def test_voting_improves_a_moderate_accuracy(tmp_path):
    write_demo(tmp_path / "demo.hdf5")
    result = gpuclf.evaluate(
        gpuclf.Experiment(file=str(tmp_path / "demo.hdf5"), repeats=2), backend="cpu"
    )
    assert 0.75 < result.accuracy < 0.95
    assert result.accuracy > result.vector_scores.mean() + 0.1


def test_the_same_seed_gives_the_same_features(tmp_path):
    frames = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_demo(tmp_path / name, seed)
        with gpuclf.open_features(tmp_path / name) as store:
            frames.append(store["Xs"].read(0))
    assert np.array_equal(frames[0], frames[1])
    assert not np.array_equal(frames[0], frames[2])


def test_another_seed_gives_new_recordings_of_the_same_instruments(tmp_path):
    for seed in (0, 1):
        write_demo(tmp_path / f"{seed}", seed)
    model = gpuclf.train(gpuclf.Experiment(file=str(tmp_path / "0")), backend="cpu")
    predictions = gpuclf.predict(model, tmp_path / "1")
    assert predictions.accuracy > 0.75
