"""Packed embeddings: pack and evaluate give what scikit-learn's own pipeline gives."""

import json

import h5py
import numpy as np
import pytest
from gpuclf import Experiment, aggregate, open_features
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

CLASSES, CLIPS, FEATURES = 4, 15, 12
FOLDS, REPEATS, SEED = 5, 2, 3
SPLIT = ("--split", "stratified-kfold", "--folds", FOLDS, "--repeats", REPEATS, "--seed", SEED)


def embeddings(frames, seed=0):
    """Return signed embeddings (clips, frames, features) and the class of each clip.

    Means of classes differ in sign, so that absolute values do not tell the classes apart.
    """
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(CLASSES), CLIPS)
    means = rng.normal(size=(CLASSES // 2, FEATURES))
    means = np.concatenate([means, -means])
    clips = means[y] + 1.2 * rng.normal(size=(len(y), FEATURES))
    noise = 0.5 * rng.normal(size=(len(y), frames, FEATURES))
    return (clips[:, None] + noise).astype(np.float32), y


def write_csv(path, frames, y):
    names = ",".join(f"f{i}" for i in range(FEATURES))
    rows = [
        f"c{clip:02},class {y[clip]}," + ",".join(map(repr, frame.tolist()))
        for clip in range(len(y))
        for frame in frames[clip]
    ]
    path.write_text("\n".join([f"clip,label,{names}", *rows]))


def expected_scores(X, y):
    """Return the accuracy (repeats, folds) of scikit-learn's pipeline."""
    pipeline = make_pipeline(StandardScaler(), SVC(C=10))
    splits = [StratifiedKFold(FOLDS, shuffle=True, random_state=SEED + r) for r in range(REPEATS)]
    return np.array([cross_val_score(pipeline, X, y, cv=split) for split in splits])


def as_vectors(frames):
    """Return one vector per clip: the only frame, or mean, deviation and maximum of several."""
    if frames.shape[1] == 1:
        return frames[:, 0]
    parts = [getattr(frames.astype(float), name)(axis=1) for name in ("mean", "std", "max")]
    return np.concatenate(parts, axis=1).astype(np.float32)


@pytest.fixture
def evaluated(run, tmp_path):
    """Return a function that packs frames and returns the result of plain evaluate."""

    def evaluated(frames, y, *options):
        write_csv(tmp_path / "frames.csv", frames, y)
        assert run("pack", tmp_path / "frames.csv", tmp_path / "packed.hdf5")[0] == 0
        out = tmp_path / "r.json"
        status, shown, err = run("evaluate", tmp_path / "packed.hdf5", "--json", out, *options)
        assert status == 0 and "preset embeddings" in shown, err
        return json.loads(out.read_text())

    return evaluated


@pytest.mark.parametrize("frames", [1, 6])
def test_scores_of_packed_embeddings_equal_those_of_scikit_learn(evaluated, frames):
    clips, y = embeddings(frames)
    scores = evaluated(clips, y, *SPLIT)["scores"]
    expected = expected_scores(as_vectors(clips), y)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-12)
    rectified = expected_scores(as_vectors(np.abs(clips)), y)
    assert expected.mean() - rectified.mean() > 0.2


def test_a_clip_of_one_frame_is_one_vector_and_two_with_explicit_overlap(evaluated, tmp_path):
    result = evaluated(*embeddings(1), *SPLIT)
    assert result["scores"] == result["vector_scores"]
    for options, vectors in (({}, 1), ({"overlap": "half"}, 2)):
        experiment = Experiment.for_file(tmp_path / "packed.hdf5", **options)
        with open_features(experiment.file) as store:
            X = aggregate(store["features"], **experiment.features.aggregation, backend="cpu").X
        np.testing.assert_array_equal(X, np.repeat(embeddings(1)[0], vectors, axis=1))


@pytest.mark.parametrize("frames", [1, 6])
def test_packed_embeddings_are_evaluated_without_options(evaluated, frames):
    result = evaluated(*embeddings(frames), "--backend", "cpu")
    assert result["accuracy"] > 0.6
    assert result["experiment"]["overlap"] == "none" and result["experiment"]["n_vectors"] == 1
    assert result["experiment"]["statistics"] == ["mean", "std", "max"][: 1 if frames == 1 else 3]


def test_every_command_accepts_embeddings_of_one_frame_without_options(run, evaluated, tmp_path):
    file = tmp_path / "packed.hdf5"
    evaluated(*embeddings(1), *SPLIT)
    model = tmp_path / "m.npz"
    quick = ("--backend", "cpu", *SPLIT)
    for words in (
        ("train", file, "--model", model, "--backend", "cpu"),
        ("predict", model, file, "--backend", "cpu"),
        ("search", file, "--grid", "C=1,10", *quick),
        ("sweep", file, "--param", "C", "--values", "1,10", *quick),
        ("audit", file, "--inner", 2, *quick),
    ):
        status, _, err = run(*words)
        assert status == 0, (words, err)


def test_too_many_windows_are_one_line_with_options_that_help(run, refused, evaluated, tmp_path):
    evaluated(*embeddings(1), *SPLIT)
    file = tmp_path / "packed.hdf5"
    with h5py.File(file, "a") as packed:
        packed.attrs["gpuclf_preset"] = "recordings"
    message = refused("evaluate", file)
    hint = "clip 'c00' has 1 frame (try --n-vectors 1 --overlap none)"
    assert f"n_vectors: got 2, expected 1: {hint}" in message
    assert run("evaluate", file, "--n-vectors", 1, "--overlap", "none", *SPLIT)[0] == 0
