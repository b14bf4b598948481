"""Model files: exact, without pickle, for every backend; other files raise."""

import json
import os
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, FeatureVectors, load_model, save_model
from gpuclf.backend import resolve
from gpuclf.errors import ModelFileError, OutputError
from gpuclf.model.model_file import Model
from gpuclf.model.training_clips import TrainingClips

from fence import FENCE

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 4, 3)) + np.repeat([0, 1], 10)[:, None, None]
Y = np.repeat([0, 2], 10)
LABELS = ("blues", "jazz", "rock")
IDS = np.array([*map(str, range(18)), "\u266b", "a\nb"])
CLIPS = FeatureVectors(X.astype(np.float32), Y, LABELS, IDS, groups=np.repeat(["a", "b"], 10))


def model(backend="cpu", **parameters):
    clf = ClipClassifier(n_vectors_per_clip=4, backend=backend, **parameters).fit(X, Y)
    training = TrainingClips.of(CLIPS, resolve("cpu"))
    return Model(clf, LABELS, {"n_vectors": 2}, (7, 9), training=training)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"kernel": "rbf", "gamma": 0.3},
        {"svm_type": "linear", "scale": "std"},
        {"scale": "none"},
    ],
)
@pytest.mark.parametrize("other", ["cpu", FENCE], ids=str)
def test_loaded_model_gives_the_same_decisions_on_every_backend(
    svm_backend, parameters, other, tmp_path
):
    trained = model(svm_backend, **parameters)
    save_model(tmp_path / "m.npz", trained)
    loaded = load_model(tmp_path / "m.npz", other)
    assert (loaded.labels, loaded.experiment) == (LABELS, {"n_vectors": 2})
    assert loaded.frames == (7, 9)
    assert loaded.classifier.get_params()["kernel"] == trained.classifier.kernel
    np.testing.assert_allclose(
        loaded.classifier.decision_function(X), trained.classifier.decision_function(X), rtol=1e-5
    )
    np.testing.assert_array_equal(loaded.classifier.predict(X), trained.classifier.predict(X))


def test_file_contains_json_and_arrays_without_pickle(tmp_path):
    save_model(tmp_path / "m.npz", model(kernel="rbf"))
    with np.load(tmp_path / "m.npz", allow_pickle=False) as archive:
        header = json.loads(archive["header"].item())
        arrays = {name: archive[name].dtype.kind for name in archive.files}
    assert header["format"] == "gpuclf-model" and header["protocol"] == 3
    assert "O" not in arrays.values()
    assert {"scaler.shift", "decision.support", "decision.coef", "classes"} <= set(arrays)


def test_training_clips_are_restored(tmp_path):
    save_model(tmp_path / "m.npz", model())
    loaded = load_model(tmp_path / "m.npz", "cpu").training
    assert loaded.ids == tuple(IDS.tolist()) and loaded.groups == ("a", "b")
    assert loaded.overlap(CLIPS, resolve("cpu")).in_training.all()


def test_ids_are_stored_compactly_although_one_is_long(tmp_path):
    ids = np.array([f"clip {n}" for n in range(19_999)] + ["x" * 5000])
    clips = FeatureVectors(RNG.normal(size=(20_000, 1, 2)).astype(np.float32), None, (), ids)
    trained = replace(model(), training=TrainingClips.of(clips, resolve("cpu")))
    save_model(tmp_path / "m.npz", trained)
    assert (tmp_path / "m.npz").stat().st_size < 20_000 * (16 + 16) + 30_000
    assert load_model(tmp_path / "m.npz", "cpu").training.ids[-1] == "x" * 5000


def test_training_clips_of_an_older_file_are_unknown(tmp_path):
    path = tmp_path / "m.npz"
    save_model(path, replace(model(), training=None))
    rewrite_header(path, protocol=1)
    loaded = load_model(path, "cpu")
    assert loaded.training is None
    assert loaded.classifier.predict(X).tolist() == model().classifier.predict(X).tolist()


def test_probabilities_and_threshold_are_restored(tmp_path):
    trained = model(probability=True, target_precision=0.6)
    save_model(tmp_path / "m.npz", trained)
    loaded = load_model(tmp_path / "m.npz", "cpu").classifier
    np.testing.assert_array_equal(loaded.predict_proba(X), trained.classifier.predict_proba(X))
    assert loaded.rejection_ == trained.classifier.rejection_
    np.testing.assert_array_equal(loaded.accepts(X), trained.classifier.accepts(X))


def test_model_of_an_older_file_has_no_probabilities(tmp_path):
    path = tmp_path / "m.npz"
    save_model(path, model())
    with np.load(path) as archive:
        classifier = json.loads(archive["header"].item())["classifier"]
    older = {n: v for n, v in classifier.items() if n not in ("probability", "target_precision")}
    assert len(older) == len(classifier) - 2
    rewrite_header(path, protocol=2, classifier=older)
    assert not hasattr(load_model(path, "cpu").classifier, "predict_proba")


def test_ids_without_fingerprints_are_damage(tmp_path):
    path = tmp_path / "m.npz"
    save_model(path, model())
    for change in ({"training.fingerprints": np.zeros((3, 4), np.float32)}, {"training.ids": None}):
        rewrite(path, **change)
        with pytest.raises(ModelFileError, match="a damaged file"):
            load_model(path)


def rewrite(path, **changes):
    with np.load(path) as archive:
        arrays = dict(archive) | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def rewrite_header(path, **changes):
    with np.load(path) as archive:
        header = json.loads(archive["header"].item()) | changes
    rewrite(path, header=np.array(json.dumps(header)))


def test_newer_protocol_raises(tmp_path):
    path = tmp_path / "m.npz"
    save_model(path, model())
    rewrite_header(path, protocol=4)
    with pytest.raises(ModelFileError, match="protocol: got 4, expected at most 3"):
        load_model(path)


def test_other_or_damaged_file_raises(tmp_path):
    path = tmp_path / "m.npz"
    save_model(path, model())
    whole = path.read_bytes()
    flipped = bytearray(whole)
    position = whole.index(b"\x93NUMPY", whole.index(b"decision.weights")) + 140
    flipped[position] ^= 0xFF
    foreign = tmp_path / "foreign.npz"
    np.savez(foreign, x=np.ones(3))
    array = tmp_path / "array.npy"
    np.save(array, np.ones(3))
    cases = {
        "cut": (whole[: len(whole) // 2], "not a model"),
        "empty": (b"", "not a model"),
        "text": (b"model", "not a model"),
        "flipped": (bytes(flipped), "a damaged file"),
        "foreign": (foreign.read_bytes(), "a file of another kind"),
        "array": (array.read_bytes(), "not a model"),
    }
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelFileError, match=re.escape(message)):
            load_model(tmp_path / name)
    with pytest.raises(ModelFileError, match="got no such file"):
        load_model(tmp_path / "missing")
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("header.npy", b"nonsense")
    with pytest.raises(ModelFileError):
        load_model(tmp_path / "zip")
    for changes in ({"decision": {"kind": "cubic"}}, {"classifier": {"x": 1}}, {"labels": None}):
        save_model(path, model())
        rewrite_header(path, **changes)
        with pytest.raises(ModelFileError, match="a damaged file"):
            load_model(path)
    rewrite_header(path, protocol="1")
    with pytest.raises(ModelFileError, match="a file of another kind"):
        load_model(path)
    save_model(path, model())
    rewrite_header(path, format="other")
    with pytest.raises(ModelFileError, match="a file of another kind"):
        load_model(path)


def test_failed_write_leaves_no_file(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OutputError, match="got a full disk"):
        save_model(tmp_path / "m.npz", model())
    assert os.listdir(tmp_path) == []
