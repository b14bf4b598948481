"""Model files: exact, without pickle, for every backend; other files raise."""

import json
import os
import re
import zipfile

import numpy as np
import pytest
from gpuclf import ClipClassifier, load_model, save_model
from gpuclf.errors import ModelFileError, OutputError
from gpuclf.model.model_file import Model

from fence import FENCE

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 4, 3)) + np.repeat([0, 1], 10)[:, None, None]
Y = np.repeat([0, 2], 10)
LABELS = ("blues", "jazz", "rock")


def model(backend="cpu", **parameters):
    clf = ClipClassifier(n_vectors_per_clip=4, backend=backend, **parameters).fit(X, Y)
    return Model(clf, LABELS, {"n_vectors": 2}, (7, 9))


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
    assert header["format"] == "gpuclf-model" and header["protocol"] == 1
    assert "O" not in arrays.values()
    assert {"scaler.shift", "decision.support", "decision.coef", "classes"} <= set(arrays)


def rewrite_header(path, **changes):
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(arrays["header"].item()) | changes
    np.savez(path, **(arrays | {"header": np.array(json.dumps(header))}))


def test_newer_protocol_raises(tmp_path):
    path = tmp_path / "m.npz"
    save_model(path, model())
    rewrite_header(path, protocol=2)
    with pytest.raises(ModelFileError, match="protocol: got 2, expected at most 1"):
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
