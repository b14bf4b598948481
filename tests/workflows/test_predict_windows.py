"""Prediction for the windows of recordings equals extraction and prediction of clips cut out."""

import threading
import warnings
from dataclasses import replace

import numpy as np
import pytest
from gpuclf import Experiment, predict, train
from gpuclf.audio.settings import Extraction
from gpuclf.audio.windows import WindowedRecording
from gpuclf.backend import resolve
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import find_clip_files, list_clip_files
from gpuclf.workflows import window_frames
from gpuclf.workflows.extract import extract
from gpuclf.workflows.predict_windows import WindowPredictor

from fence import FENCE
from recordings import frames_of, tones, write

RATE = 8000
NOTES = {"high": 1500, "low": 300}


def sound(label, seconds=1.5, rate=RATE, seed=0):
    return tones([NOTES[label] * (1 + 0.01 * seed)], seconds, rate, seed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    for label in NOTES:
        for seed in range(4):
            write(folder / label / f"{seed}.wav", sound(label, seed=seed), RATE)
    return folder


def extraction_of(**values):
    return Extraction(sr=RATE, n_fft=512, hop=160, n_mels=20, frame=256, **values)


@pytest.fixture(scope="module")
def make_model(folder, tmp_path_factory):
    """Function that trains a model on extracted recordings."""

    def make(extraction=None, backend="cpu", **experiment):
        path = tmp_path_factory.mktemp("model") / "features.hdf5"
        clips = find_clip_files(folder, {".wav"})
        extract(clips, path, extraction or extraction_of(), preset="recordings", workers=1)
        values = {"n_vectors": 3, "statistics": "mean,std", **experiment}
        return train(Experiment.for_file(path, **values), backend=backend)

    return make


@pytest.fixture(scope="module")
def model(make_model):
    return make_model()


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """Recording in stereo, of another rate: high, low, silence, high."""
    rate = 11_025
    parts = [sound("high", 4, rate), sound("low", 3.3, rate), np.zeros(2 * rate)]
    mono = np.concatenate([*parts, sound("high", 3, rate)])
    stereo = np.column_stack([mono, 0.5 * mono])
    return write(tmp_path_factory.mktemp("long") / "night.flac", stereo, rate)


def predictions_of(model, paths, window=1.5, hop=0.7, **options):
    predictor = WindowPredictor(model, paths, window=window, hop=hop, workers=1, **options)
    return list(predictor.predictions()), predictor


@pytest.mark.parametrize("features", ["mel", "mfcc", "Xa", "Xs", "Xn"])
def test_frames_and_votes_equal_those_of_clips_listed_with_start_and_end(
    make_model, long, tmp_path, features
):
    """To the last digit, although the recording is decoded and resampled in one go."""
    model = make_model(extraction_of(features=features))
    ([predicted], predictor) = predictions_of(model, [long])
    heard = predicted.votes.sum(axis=1) > 0
    rows = [
        f"{long.name},x,{number:03},{start!r},{end!r}"
        for number, (start, end) in enumerate(predicted.times.tolist())
    ]
    (tmp_path / "index.csv").write_text("\n".join(["path,label,id,start,end", *rows]) + "\n")
    clips = list_clip_files(tmp_path / "index.csv", long.parent)
    file = tmp_path / "clips.hdf5"
    extracted = extract(clips, file, predictor.extraction, preset="recordings", workers=1)
    assert sorted(extracted.unusable) == [f"{number:03}" for number in np.flatnonzero(~heard)]
    expected = frames_of(file, features)
    recording = WindowedRecording(long, predictor.layout, "mix")
    frames = window_frames.window_frames(
        [recording], predictor.extraction, predictor.experiment, resolve("cpu"), {}, 1
    )
    for one in frames:
        if one.frames is not None:
            np.testing.assert_array_equal(one.frames, expected[f"{one.number:03}"])
    np.testing.assert_array_equal(predicted.votes[heard], predict(model, file).votes)


def test_labels_follow_the_recording(model, tmp_path):
    parts = [sound("high", 4), sound("low", 3.5), sound("high", 3)]
    path = write(tmp_path / "a.wav", np.concatenate(parts), RATE)
    ([predicted], _) = predictions_of(model, [path], window=1, hop=0.5)
    regions = predicted.regions(merge=True)
    assert [regions.labels[label] for label in regions.predicted] == ["high", "low", "high"]
    np.testing.assert_allclose(regions.times, [(0, 4), (4, 7.5), (7.5, 10.5)], atol=0.5)


def test_silent_windows_have_no_label_and_a_reason(model, long):
    ([predicted], _) = predictions_of(model, [long], window=1, hop=0.5)
    silent = predicted.predicted == -1
    assert predicted.unlabelled == {"is silent": silent.sum()}
    assert (predicted.times[silent, 0] >= 7).all() and silent.any()
    assert (predicted.vote_shares[silent] == 0).all()


def test_band_is_what_both_the_recording_and_the_extraction_contain(
    make_model, model, folder, long
):
    ([predicted], _) = predictions_of(model, [folder / "low" / "0.wav"])
    assert predicted.band == (0, 4000)
    narrow = make_model(extraction_of(fmin=100, fmax=2000))
    assert predictions_of(narrow, [long])[0][0].band == (100, 2000)


@pytest.mark.parametrize("features", ["mel", "Xs"])  # by threads, by processes
def test_parallel_workers_keep_the_order_of_time_and_recordings(
    make_model, long, folder, features, monkeypatch
):
    monkeypatch.setattr(window_frames, "BATCH", 10_000)
    model = make_model(extraction_of(features=features))
    paths = [long, folder]
    alone = [one.votes for one in predictions_of(model, paths)[0]]
    predictor = WindowPredictor(model, paths, window=1.5, hop=0.7, workers=2)
    together = list(predictor.predictions())
    assert [one.recording for one in together] == list(map(str, predictor.recordings))
    for one, votes in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one.votes, votes)
        assert (np.diff(one.times[:, 0]) > 0).all()


def test_decoding_is_never_far_ahead_of_labelling(model, tmp_path, monkeypatch):
    """Memory holds the windows in between."""
    path = write(tmp_path / "a.wav", sound("low", 300), RATE)
    decoded, ahead = [], []
    windows = WindowedRecording.windows

    def counted(recording):
        for window in windows(recording):
            decoded.append(window)
            yield window

    monkeypatch.setattr(WindowedRecording, "windows", counted)
    monkeypatch.setattr(window_frames, "BATCH", 20_000)  # 10 windows of 51 frames of 40 numbers
    predictor = WindowPredictor(model, [path], window=1, hop=0.5, workers=2)
    list(predictor.predictions(lambda progress: ahead.append(len(decoded) - progress.done)))
    assert len(decoded) == 599 and len(ahead) >= 59
    assert max(ahead) <= 1 + 2 * window_frames.SLOTS_PER_WORKER


def test_decoding_waits_for_a_window_that_takes_long(model, tmp_path, monkeypatch):
    path, decoded = write(tmp_path / "a.wav", sound("low", 60), RATE), []
    windows, analyse = WindowedRecording.windows, window_frames.analyse
    others = threading.Semaphore(0)

    def counted(recording):
        for window in windows(recording):
            decoded.append(window)
            yield window

    def slow(window, **options):
        if window.number:
            others.release()
        else:  # until no other window can be analysed
            while others.acquire(timeout=0.5):
                pass
            decoded.append("first")
        return analyse(window, **options)

    monkeypatch.setattr(WindowedRecording, "windows", counted)
    monkeypatch.setattr(window_frames, "analyse", slow)
    predictor = WindowPredictor(model, [path], window=1, hop=0.5, workers=2)
    (predicted,) = predictor.predictions()
    assert decoded.index("first") <= 1 + 2 * window_frames.SLOTS_PER_WORKER
    assert len(predicted.times) == len(decoded) - 1 == 119


def test_predictions_that_are_abandoned_end_their_threads(model, tmp_path):
    paths = [write(tmp_path / name, sound("low", 60), RATE) for name in ("a.wav", "b.wav")]
    predictions = WindowPredictor(model, paths, window=1, workers=2).predictions()
    next(predictions)
    predictions.close()
    assert not [each for each in threading.enumerate() if each.name == "gpuclf-pool"]


def test_windows_are_analysed_and_labelled_on_the_backend_of_the_model(make_model, long):
    on_fence = predictions_of(make_model(backend=FENCE), [long])[0][0]
    on_cpu = predictions_of(make_model(), [long])[0][0]
    np.testing.assert_array_equal(on_fence.votes, on_cpu.votes)


def test_frames_beyond_those_of_the_training_are_not_used(make_model, long):
    model = make_model(n_frames=40)
    ([predicted], _) = predictions_of(model, [long], window=1.4, hop=1.4)
    ([cut_short], _) = predictions_of(model, [long], window=0.83, hop=1.4)
    assert len(predicted.votes) == len(cut_short.votes)
    assert (predicted.votes[:2] == cut_short.votes[:2]).all()


def test_progress_counts_the_windows_of_each_recording(model, long, folder):
    told = []
    predictor = WindowPredictor(model, [long, folder / "low"], window=0.5, workers=1)
    results = list(predictor.predictions(told.append))
    ends = {progress.name: (progress.done, progress.total) for progress in told}
    assert ends == {one.recording: (len(one.times),) * 2 for one in results}
    assert {progress.stage for progress in told} == {"windows"}


def test_damaged_recording_is_labelled_as_far_as_it_goes(model, long, tmp_path):
    wav = write(tmp_path / "a.wav", sound("low", 6), RATE)
    wav.write_bytes(wav.read_bytes()[: 44 + 2 * 3 * RATE])
    ([predicted], _) = predictions_of(model, [wav], window=1, hop=1)
    assert len(predicted.times) == 3 and predicted.damage == "is truncated: 3.00 of 6.00 s"


def test_unusable_recordings_are_skipped_and_reported(model, long, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no sound at all")
    short = write(tmp_path / "short.wav", sound("low", 0.2), RATE)
    results, predictor = predictions_of(model, [tmp_path, long])
    assert [one.recording for one in results] == [str(long)]
    assert "less than half a window" in predictor.unusable[str(short)]
    assert "cannot be decoded" in predictor.unusable[str(tmp_path / "bad.wav")]


def test_no_usable_recording_raises(model, tmp_path):
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"no sound at all")
    with pytest.raises(InputError, match=r"a\.wav: got a recording that .*, and 1 more, expected"):
        predictions_of(model, [tmp_path])


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (0.03, "window: got 0.03 s, 0 frames of mel, expected at least 3 frames, one for each"),
        (9, "window: got 9 s, expected at most 4, as in the extraction"),
        (float("nan"), "window: got nan, expected at least 0.001 seconds"),
    ],
)
def test_window_that_does_not_suit_the_model_raises(make_model, long, window, message):
    model = make_model(extraction_of(duration=4))
    with pytest.raises(InputError, match=message):
        WindowPredictor(model, [long], window=window)


def test_window_of_another_length_than_the_clips_warns_if_sums_depend_on_it(make_model, long):
    model = make_model(statistics="sum")
    with pytest.warns(UserWarning, match="the statistic sum depends on the length"):
        WindowPredictor(model, [long], window=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WindowPredictor(model, [long], window=1.5)


def test_model_without_extraction_parameters_raises(grid_file, long):
    trained = train(Experiment(file=str(grid_file)), backend="cpu")
    with pytest.raises(InputError, match="got a model without extraction parameters"):
        WindowPredictor(trained, [long], window=1)


def test_rejected_windows_have_no_label(make_model, tmp_path):
    model = make_model(probability=True, target_precision=0.5)
    path = tmp_path / "long.wav"
    write(path, np.concatenate([sound("high", 3), sound("low", 3)]), RATE)

    def windows(threshold):
        model.classifier.rejection_ = replace(model.classifier.rejection_, threshold=threshold)
        predictor = WindowPredictor(model, [path], window=1.5, hop=1.5, reject=True)
        [predictions] = predictor.predictions()
        return predictions

    accepted, rejected = windows(0.0), windows(1.1)
    assert accepted.unlabelled == {} and len(accepted.regions()) == 4
    assert rejected.unlabelled == {"is rejected": 4} and len(rejected.regions()) == 0


def test_rejection_requires_a_model_with_a_threshold(model, tmp_path):
    with pytest.raises(InputError, match="got a model without a threshold"):
        WindowPredictor(model, [tmp_path], window=1.5, reject=True)
