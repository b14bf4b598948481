"""Prediction for recordings."""

import numpy as np
import pytest
import soundfile
from gpuclf import Experiment, load_model, predict, save_model, train
from gpuclf.audio.onnx_front_end import embedding_of
from gpuclf.audio.settings import Extraction
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import find_clip_files
from gpuclf.workflows.extract import extract
from gpuclf.workflows.predict_recordings import predict_recordings
from gpuclf.workflows.predict_windows import WindowPredictor

from fence import FENCE
from onnx_models import any_length_model, linear_model

RATE = 8000
NOTES = {"high": 1500, "low": 300}


def sound(hertz, seconds=1.5, seed=0):
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * hertz * (1 + 0.05 * rng.normal()) * time)
    return 0.3 * tone + 0.02 * rng.normal(size=len(time))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with four recordings of each of two notes."""
    folder = tmp_path_factory.mktemp("recordings")
    for label, hertz in NOTES.items():
        (folder / label).mkdir()
        for seed in range(4):
            soundfile.write(folder / label / f"{seed}.wav", sound(hertz, seed=seed), RATE)
    return folder


@pytest.fixture(scope="module")
def model(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "features.hdf5"
    extraction = Extraction(sr=RATE, n_fft=512, hop=160, n_mels=20)
    extract(find_clip_files(folder, {".wav"}), path, extraction, preset="recordings", workers=1)
    experiment = Experiment.for_file(path, n_vectors=6, statistics="mean")
    return train(experiment, backend="cpu"), path


def test_predictions_equal_those_for_the_feature_file_of_the_recordings(model, folder):
    trained, path = model
    result = predict_recordings(trained, [folder], workers=1)
    expected = predict(trained, path)
    np.testing.assert_array_equal(result.predictions.votes, expected.votes)
    assert expected.correct.all() and result.predictions.true is None
    assert result.predictions.ids.tolist() == [
        str(folder / label / f"{seed}.wav") for label in NOTES for seed in range(4)
    ]
    assert not result.unusable


def test_truncated_recording_is_predicted_with_a_warning(model, folder, tmp_path):
    content = (folder / "low" / "0.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(content[: 44 + RATE * 2])
    with pytest.warns(UserWarning, match=r"cut\.wav is truncated: 1\.00 of 1\.50 s"):
        result = predict_recordings(model[0], [tmp_path / "cut.wav"], workers=1)
    assert len(result.predictions.ids) == 1


def test_recordings_of_the_training_are_recognised(model, folder, tmp_path):
    soundfile.write(tmp_path / "new.wav", sound(NOTES["low"], seed=99), RATE)
    paths = [folder / "high" / "1.wav", tmp_path / "new.wav"]
    predictions = predict_recordings(model[0], paths, workers=1).predictions
    assert predictions.training.in_training.tolist() == [True, False]
    assert [row["in_training"] for row in predictions.rows()] == [True, False]


def test_loaded_model_predicts_recordings(model, folder, tmp_path):
    save_model(tmp_path / "m.npz", model[0])
    loaded = load_model(tmp_path / "m.npz", "cpu")
    result = predict_recordings(loaded, [folder / "low" / "0.wav"], workers=1)
    assert result.predictions.labels[result.predictions.predicted[0]] == "low"


def test_recordings_are_extracted_on_the_backend_of_the_model(model, folder, tmp_path, monkeypatch):
    used = []

    def extracting(*args, **kwargs):
        extracted = extract(*args, **kwargs)
        used.append(extracted.backend)
        return extracted

    monkeypatch.setattr("gpuclf.workflows.predict_recordings.extract", extracting)
    save_model(tmp_path / "m.npz", model[0])
    loaded = load_model(tmp_path / "m.npz", FENCE)
    predictions = predict_recordings(loaded, [folder], workers=1).predictions
    assert used == [f"{FENCE.name}, {FENCE.device}"]
    assert predictions.training.in_training.all()  # although another backend extracted them


def test_timeline_has_the_time_at_which_the_label_changes(model, tmp_path):
    both = np.concatenate([sound(NOTES["high"], 3), sound(NOTES["low"], 3)])
    soundfile.write(tmp_path / "both.flac", both, RATE)
    predictions = predict_recordings(model[0], [tmp_path], workers=1).predictions
    first, *_, last = predictions.timeline(0)
    assert (first.label, last.label) == ("high", "low")
    assert first.start == 0 and first.end == pytest.approx(3, abs=0.7)
    assert last.end == pytest.approx(6, abs=0.6)  # frames after the last window are ignored


def test_unusable_recording_is_skipped_and_reported(model, folder, tmp_path):
    (tmp_path / "noise.wav").write_bytes(b"no sound at all")
    result = predict_recordings(model[0], [folder / "low", tmp_path / "noise.wav"], workers=1)
    assert len(result.predictions.ids) == 4
    assert list(result.unusable) == [str(tmp_path / "noise.wav")]
    assert "cannot be decoded" in result.unusable[str(tmp_path / "noise.wav")]


def test_model_without_extraction_parameters_raises(grid_file, folder):
    trained = train(Experiment(file=str(grid_file)), backend="cpu")
    with pytest.raises(InputError, match="got a model without extraction parameters"):
        predict_recordings(trained, [folder])


# Models of embeddings.


@pytest.fixture(scope="module")
def of_embeddings(folder, tmp_path_factory):
    """Model of embeddings, its feature file, and the ONNX model that computed them."""
    path = tmp_path_factory.mktemp("embeddings")
    onnx = any_length_model(path / "bird.onnx")
    embedding = embedding_of(onnx, sr=RATE, window=0.25)
    clips = find_clip_files(folder, {".wav"})
    extract(clips, path / "f.hdf5", embedding, preset="embeddings", workers=1)
    model = train(Experiment.for_file(path / "f.hdf5"), backend="cpu")
    return model, path / "f.hdf5", onnx


def test_recordings_are_embedded_by_the_onnx_model_of_the_training(of_embeddings, folder, tmp_path):
    trained, path, _ = of_embeddings
    save_model(tmp_path / "m.npz", trained)
    result = predict_recordings(load_model(tmp_path / "m.npz", "cpu"), [folder], workers=1)
    expected = predict(trained, path)
    np.testing.assert_array_equal(result.predictions.votes, expected.votes)
    assert expected.correct.all() and result.predictions.training.in_training.all()
    assert expected.windows[0].tolist() == [[0, 1.5]]


def test_onnx_model_may_have_moved_but_must_be_the_same(of_embeddings, folder, tmp_path):
    trained, _, onnx = of_embeddings
    moved = tmp_path / "moved.onnx"
    onnx.rename(moved)
    try:
        with pytest.raises(InputError, match=r"bird\.onnx: got no such file, expected the ONNX"):
            predict_recordings(trained, [folder], workers=1)
        assert len(predict_recordings(trained, [folder], onnx=moved, workers=1).predictions.ids)
    finally:
        moved.rename(onnx)
    other = linear_model(tmp_path / "other.onnx", 2000)
    with pytest.raises(InputError, match=r"other\.onnx: got the SHA-256 digest .*, expected "):
        predict_recordings(trained, [folder], onnx=other, workers=1)


def test_windows_of_recordings_are_embedded_by_the_onnx_model(of_embeddings, folder, tmp_path):
    trained, _, onnx = of_embeddings
    recording = folder / "low" / "0.wav"
    moved = tmp_path / "moved.onnx"
    moved.write_bytes(onnx.read_bytes())
    predictor = WindowPredictor(trained, [recording], window=0.5, onnx=moved, workers=1)
    (predictions,) = predictor.predictions()
    assert len(predictions.predicted) == 5
    assert {trained.labels[label] for label in predictions.predicted} == {"low"}


def test_onnx_model_has_no_effect_on_a_model_of_spectra(model, folder):
    with pytest.raises(InputError, match=r"--onnx: got m\.onnx, .*expected none: the .* on mel"):
        predict_recordings(model[0], [folder], onnx="m.onnx", workers=1)
