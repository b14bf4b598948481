"""Parameters of the feature extraction: defaults, validation and serialisation."""

import json

import pytest
from gpuclf.audio.settings import Extraction
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
