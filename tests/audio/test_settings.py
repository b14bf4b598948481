"""Parameters of the feature extraction: defaults, validation and serialisation."""

import json

import numpy as np
import pytest
from gpuclf.audio.settings import FEATURE_NAMES, Extraction
from gpuclf.audio.spectra import Spectra
from gpuclf.backend import resolve
from gpuclf.config.presets import PRESETS
from gpuclf.errors import InputError


def test_default_is_mel_and_the_thesis_has_a_preset():
    assert Extraction().features == ("mel",)
    thesis = Extraction(**PRESETS["thesis"].extraction)
    assert (thesis.features, thesis.sr, thesis.frame) == (("Xa", "Xs", "Xn"), 22_050, 1024)


@pytest.mark.parametrize(
    ("features", "samples"), [("Xa", 1024), ("Xs,Xn", 1024), ("mel", 2048), ("Xa,mfcc", 2048)]
)
def test_min_samples_is_the_longest_frame(features, samples):
    assert Extraction(features=features).min_samples == samples


@pytest.mark.parametrize("name", FEATURE_NAMES)
@pytest.mark.parametrize("samples", [4000, 4001, 4095, 4096, 5000])
@pytest.mark.parametrize("n_fft", [512, 513])
def test_number_of_frames_is_that_of_the_spectra(name, samples, n_fft):
    extraction = Extraction(features=name, sr=8000, n_fft=n_fft, hop=160, n_mels=20, frame=256)
    sound = np.sin(np.arange(samples, dtype=np.float32))
    frames = Spectra(sound, extraction, resolve("cpu"))[name]
    assert extraction.count_frames(name, samples) == len(frames)


def test_sound_shorter_than_a_frame_has_no_frames():
    assert Extraction(features="mel").count_frames("mel", 2047) == 0


@pytest.mark.parametrize(
    ("values", "band"),
    [
        ({"features": "mel"}, (0, 11_025)),
        ({"features": "mfcc", "fmin": 200, "fmax": 8000}, (200, 8000)),
        ({"features": "Xa", "fmin": 200}, (0, 11_025)),
    ],
)
def test_band_is_that_of_the_mel_bands_or_all_sound(values, band):
    assert Extraction(**values).band == band


def test_from_dict_is_the_inverse_of_to_dict():
    extraction = Extraction(features="mfcc,Xs", sr=16_000, fmax=7000, duration=2.5, deltas=False)
    assert Extraction.from_dict(json.loads(json.dumps(extraction.to_dict()))) == extraction


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"features": ""}, "features: got '', expected one of Xa, Xs, Xn, mel, mfcc"),
        ({"features": "mel,mel"}, "features: got mel, mel, expected distinct feature sets"),
        ({"features": "chroma"}, "features: got 'chroma', expected"),
        ({"sr": 100}, "sr: got 100, expected a number at least 4000"),
        ({"sr": 22050.5}, "sr: got 22050.5"),
        ({"duration": 0}, "duration: got 0.0, expected a number above 0"),
        ({"fmax": 12_000}, r"fmax: got 12000.0, expected at most 11025 \(half of sr\)"),
        ({"fmin": 500, "fmax": 400}, r"fmin: got 500.0, expected less than 400 \(fmax\)"),
        ({"features": "mfcc", "n_mels": 10}, r"n_mfcc: got 20, expected at most 10 \(n_mels\)"),
        ({"frame": 1023}, "frame: got 1023, expected an even number"),
    ],
)
def test_invalid_value_raises(values, message):
    with pytest.raises(InputError, match=message):
        Extraction(**values)


def test_unknown_name_raises_with_a_suggestion():
    with pytest.raises(InputError, match="extraction: got 'n_mel', expected n_mels"):
        Extraction.from_dict({"n_mel": 40})
