"""Settings of an extraction: what is allowed, and how they come back."""

import json

import pytest
from gpuclf.audio.settings import Extraction
from gpuclf.config.presets import PRESETS
from gpuclf.errors import InputError


def test_the_thesis_s_are_a_preset_and_a_mel_spectrum_is_what_nobody_asked_otherwise_gets():
    assert Extraction().features == ("mel",)
    thesis = Extraction(**PRESETS["thesis"].extraction)
    assert (thesis.features, thesis.sr, thesis.frame) == (("Xa", "Xs", "Xn"), 22_050, 1024)


@pytest.mark.parametrize(
    ("features", "least"), [("Xa", 1024), ("Xs,Xn", 1024), ("mel", 2048), ("Xa,mfcc", 2048)]
)
def test_the_shortest_recording_has_a_frame_of_every_set(features, least):
    assert Extraction(features=features).least == least


def test_settings_come_back_from_json():
    one = Extraction(features="mfcc,Xs", sr=16_000, fmax=7000, duration=2.5, deltas=False)
    assert Extraction.from_dict(json.loads(json.dumps(one.to_dict()))) == one


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"features": ""}, "features: got '', expected one of Xa, Xs, Xn, mel, mfcc"),
        ({"features": "mel,mel"}, "features: got mel, mel, expected one or more, each once"),
        ({"features": "chroma"}, "features: got 'chroma', expected"),
        ({"sr": 100}, "sr: got 100, expected a number at least 4000"),
        ({"sr": 22050.5}, "sr: got 22050.5"),
        ({"duration": 0}, "duration: got 0.0, expected a number above 0"),
        ({"fmax": 12_000}, "fmax: got 12000.0, expected at most 11025, half of sr"),
        ({"fmin": 500, "fmax": 400}, "fmin: got 500.0, expected less than fmax, 400"),
        ({"features": "mfcc", "n_mels": 10}, "n_mfcc: got 20, expected at most n_mels, 10"),
        ({"frame": 1023}, "frame: got 1023, expected an even number"),
    ],
)
def test_what_does_not_fit_is_named(values, message):
    with pytest.raises(InputError, match=message):
        Extraction(**values)


def test_a_name_that_is_not_known_is_told_with_the_one_that_was_meant():
    with pytest.raises(InputError, match="extraction: got 'n_mel', expected n_mels"):
        Extraction.from_dict({"n_mel": 40})
