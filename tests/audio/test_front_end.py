"""The front end of each kind of extraction."""

import numpy as np
import pytest
from gpuclf.audio.front_end import SpectralFrontEnd, extraction_from_dict, front_end_of
from gpuclf.audio.onnx_front_end import OnnxFrontEnd, embedding_of
from gpuclf.audio.settings import Extraction
from gpuclf.audio.spectra import Spectra

from fence import FENCE
from onnx_models import linear_model
from recordings import noise


def test_every_extraction_has_a_front_end_and_survives_its_description(tmp_path):
    embedding = embedding_of(linear_model(tmp_path / "m.onnx", 400), sr=8000)
    for extraction, kind in ((Extraction(), SpectralFrontEnd), (embedding, OnnxFrontEnd)):
        assert isinstance(front_end_of(extraction), kind)
        assert extraction_from_dict(extraction.to_dict()) == extraction


@pytest.mark.parametrize(
    ("features", "processes", "backend"),
    [
        ("mel", False, "fence"),
        ("Xa", False, "cpu"),
        ("Xs", True, "cpu"),
        ("Xn,mfcc", True, "fence"),
    ],
)
def test_spectra_choose_workers_and_backend_by_their_feature_sets(features, processes, backend):
    front_end = front_end_of(Extraction(features=features))
    assert front_end.processes is processes
    assert front_end.backend(FENCE).name == backend


def test_spectra_are_those_of_the_signal():
    extraction = Extraction(features="Xa,mel")
    sound = noise(9000).astype(np.float32)
    front_end = front_end_of(extraction)
    frames = front_end.frames(sound, front_end.backend("cpu"))
    spectra = Spectra(sound, extraction, front_end.backend("cpu"))
    assert list(frames) == ["Xa", "mel"]
    assert all(np.array_equal(frames[name], spectra[name]) for name in frames)
