"""Options of the command extract for ONNX models, and commands that follow it."""

import json
from pathlib import Path

import gpuclf
import pytest

from onnx_models import any_length_model, linear_model
from recordings import collection

MODEL = ("extract", "in", "f.hdf5", "--workers", "1", "--model", "bird.onnx")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    any_length_model(tmp_path / "bird.onnx", outputs=("embedding", "peak"))
    linear_model(tmp_path / "fixed.onnx", 800)
    return collection(tmp_path / "in")


def test_embeddings_are_extracted_evaluated_and_predicted_by_the_printed_commands(run, tmp_path):
    given = ("--sr", "8000", "--window", "0.1", "--output", "embedding")
    status, out, err = run(*MODEL, *given)
    assert (status, err) == (0, "")
    assert "embedding: 9 clips of 3 classes, 3 frames per clip, 3 features" in " ".join(out.split())
    assert out.endswith("Next: gpuclf evaluate f.hdf5\n")
    status, _, err = run("evaluate", "f.hdf5", "--folds", "3", "--repeats", "1", "--json", "r.json")
    assert status == 0, err
    experiment = json.loads((tmp_path / "r.json").read_text())["experiment"]
    assert (experiment["n_vectors"], experiment["rectify"]) == (1, False)  # preset embeddings
    assert run("train", "f.hdf5", "--model", "m.npz")[0] == 0
    Path("bird.onnx").rename("moved.onnx")
    status, out, err = run("predict", "m.npz", "in", "--onnx", "moved.onnx", "--csv", "o.csv")
    assert (status, "9 clips predicted" in out) == (0, True), err


def test_hop_of_windows_and_name_of_the_feature_set_are_options(run):
    given = ("--sr", "8000", "--window", "0.1", "--window-hop", "0.05", "--output", "peak")
    assert run(*MODEL, *given, "--name", "loudest")[0] == 0
    with gpuclf.open_features("f.hdf5") as store:
        assert store.names == ["loudest"] and set(store["loudest"].lengths) == {5}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--sr: got none, expected the sampling rate that the model expects, such as"),
        (
            ("--sr", "8000"),
            "--output: got none of the 2 outputs of bird.onnx, expected one of embed",
        ),
        (("--sr", "8000", "--output", "peak"), "--window: got none, expected seconds: bird.onnx"),
        (
            ("--sr", "8000", "--n-fft", "512"),
            "--n-fft: got no effect with --model, expected no --n",
        ),
        (("--features", "mel"), "--features: got no effect with --model, expected no --features"),
        (
            ("--sr", "8000", "--model", "fixed.onnx", "--window", "1"),
            "--window: got 1 s, which are",
        ),
        (
            ("--sr", "8000", "--model", "fixed.onnx", "--constants", "a=1"),
            "--constants: got numbers",
        ),
        (
            ("--sr", "8000", "--model", "no.onnx"),
            "no.onnx: got no such file, expected an ONNX model",
        ),
        (("--sr", "8000", "--model", "in/jazz/0.wav"), "in/jazz/0.wav: got "),
    ],
)
def test_options_that_contradict_the_model_are_one_line(refused, options, message):
    assert message in refused(*MODEL, *options)


@pytest.mark.parametrize("option", ["--window", "--window-hop", "--input", "--output", "--name"])
def test_options_of_a_model_have_no_effect_without_one(refused, option):
    value = "1"
    message = refused("extract", "in", "f.hdf5", option, value)
    assert f"{option}: got no effect without --model, expected --model" in message
