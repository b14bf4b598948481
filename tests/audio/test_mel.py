"""Log-mel spectra and cepstral coefficients: every backend computes what librosa does."""

from contextlib import contextmanager
from dataclasses import replace

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal
from gpuclf.audio.mel import MelAnalysis
from gpuclf.audio.settings import Extraction
from gpuclf.backend import cpu
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings import RATE, noise, tones

DECIBELS = 2e-5  # a few roundings of a float32 of 80 to 100


def frames(sound, backend, **options):
    extraction = Extraction(**{"features": "mel,mfcc", **options})
    return MelAnalysis(extraction, backend).frames(np.asarray(sound, np.float32))


def defined(sound, **options):
    """Return mel and mfcc without deltas by their definition, in float64, frame by frame."""
    one = Extraction(features="mel,mfcc", **options)
    padded = np.pad(np.asarray(sound, np.float32).astype(float), one.n_fft // 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(one.n_fft) / one.n_fft)
    starts = range(0, len(padded) - one.n_fft + 1, one.hop)
    power = [np.abs(np.fft.rfft(window * padded[t : t + one.n_fft])) ** 2 for t in starts]
    bank = {"sr": one.sr, "n_fft": one.n_fft, "n_mels": one.n_mels, "dtype": np.float64}
    filters = librosa.filters.mel(**bank, fmin=one.fmin, fmax=one.fmax)
    levels = 10 * np.log10(np.maximum(np.array(power) @ filters.T, 1e-10))
    levels = np.maximum(levels, levels.max() - 80)
    return {"mel": levels, "mfcc": scipy.fft.dct(levels, norm="ortho")[:, : one.n_mfcc]}


def by_librosa(sound, **options):
    """Return mel and mfcc with deltas as librosa computes them, mostly in float32."""
    one = Extraction(features="mel,mfcc", **options)
    named = {"n_fft": one.n_fft, "hop_length": one.hop, "n_mels": one.n_mels}
    limits = {"fmin": one.fmin, "fmax": one.fmax}
    sound = np.asarray(sound, np.float32)
    power = librosa.feature.melspectrogram(y=sound, sr=one.sr, **named, **limits)
    levels = librosa.power_to_db(power, top_db=80)
    sets = {"mel": levels, "mfcc": librosa.feature.mfcc(S=levels, n_mfcc=one.n_mfcc)}
    return {
        name: np.concatenate([x, librosa.feature.delta(x, width=9, mode="nearest")]).T
        for name, x in sets.items()
    }


def largest_difference(one, other):
    assert one.shape == other.shape
    return np.abs(one - other).max()


SOUNDS = {
    "noise": noise(30_000),
    "tones": tones([220, 3000], 1.2),
    "clicks": np.where(np.arange(20_000) % 5000 == 99, 0.9, 0),
    "fading": tones([440], 2) * np.geomspace(1, 1e-6, 2 * RATE),
    "pure tone": np.sin(np.arange(RATE) * 0.3),
}


@pytest.mark.parametrize("sound", SOUNDS.values(), ids=SOUNDS)
def test_every_backend_equals_the_definition_and_librosa(backend, sound):
    own, reference = frames(sound, backend), defined(sound)
    for name, n in (("mel", 128), ("mfcc", 20)):
        factor = 1 if name == "mel" else np.sqrt(128)  # coefficients are sums over 128 bands
        assert largest_difference(own[name][:, :n], reference[name]) < factor * DECIBELS
        assert largest_difference(own[name], by_librosa(sound)[name]) < factor * 1e-4


@settings(max_examples=40)
@given(
    n_fft=st.sampled_from([512, 1000, 1023, 2048]),
    hop=st.sampled_from([100, 256, 512, 3000]),
    n_mels=st.sampled_from([4, 20, 40]),
    n_mfcc=st.integers(1, 4),
    limits=st.sampled_from([(0, None), (300, 5000), (50.5, 11_025)]),
    samples=st.integers(2048, 12_000),
    seed=st.integers(0, 99),
)
def test_every_option_means_what_it_means_in_librosa(
    n_fft, hop, n_mels, n_mfcc, limits, samples, seed
):
    options = {"n_fft": n_fft, "hop": hop, "n_mels": n_mels, "n_mfcc": n_mfcc}
    options |= {"fmin": limits[0], "fmax": limits[1]}
    sound = noise(samples, seed)
    own, reference = frames(sound, cpu("a test"), **options), by_librosa(sound, **options)
    for name in ("mel", "mfcc"):
        assert largest_difference(own[name], reference[name]) < 2e-4


@pytest.mark.parametrize("count", [1, 2, 3, 8, 9, 10])
def test_recordings_of_few_frames_equal_librosa(backend, count):
    sound = noise(max(2048, 2500 * (count - 1)))
    own, reference = frames(sound, backend, hop=2500), by_librosa(sound, hop=2500)
    assert len(own["mel"]) == count
    for name in ("mel", "mfcc"):
        assert largest_difference(own[name], reference[name]) < 2e-4


def test_the_deltas_of_one_frame_are_zero(backend):
    own = frames(noise(2048), backend, hop=2500)
    assert not own["mel"][:, 128:].any() and not own["mfcc"][:, 20:].any()


def test_silence_has_the_lowest_level(backend):
    own = frames(np.zeros(9000), backend)
    assert np.all(own["mel"][:, :128] == -100) and not own["mel"][:, 128:].any()


def test_loudest_accepted_signal_does_not_overflow(backend):
    own = frames(1e12 * np.sin(np.arange(9000)), backend)
    assert all(np.isfinite(values).all() for values in own.values())


def test_no_deltas_halves_the_features(backend):
    with_, without = (frames(noise(9000), backend, deltas=deltas) for deltas in (True, False))
    for name, n in (("mel", 128), ("mfcc", 20)):
        assert without[name].shape[1] == n and np.array_equal(with_[name][:, :n], without[name])


def test_only_the_feature_sets_of_the_extraction_are_computed(backend):
    assert list(frames(noise(3000), backend, features="Xs,mfcc")) == ["mfcc"]


def test_frames_are_contiguous_float32_on_the_host(backend):
    for values in frames(noise(5000), backend).values():
        assert type(values) is np.ndarray
        assert values.dtype == np.float32 and values.flags.c_contiguous


@given(data=st.data())
def test_a_recording_has_the_same_bytes_after_any_others(data):
    analysis = MelAnalysis(Extraction(features="mel,mfcc"), cpu("a test"))
    sounds = [noise(samples, samples).astype(np.float32) for samples in (2048, 9000, 30_000)]
    alone = [frames(sound, cpu("a test")) for sound in sounds]
    for number in data.draw(st.lists(st.sampled_from(range(3)), max_size=6)):
        for name, values in analysis.frames(sounds[number]).items():
            assert values.tobytes() == alone[number][name].tobytes()


class Watched:
    """Array module of a backend that records the shapes of what is transformed."""

    def __init__(self, xp):
        self.xp, self.fft, self.shapes = xp, self, []

    def __getattr__(self, name):
        return getattr(self.xp, name)

    def rfft(self, values, axis):
        self.shapes.append(values.shape)
        return self.xp.fft.rfft(values, axis=axis)


@pytest.mark.parametrize("samples", [2048, 120_000])
def test_all_blocks_of_frames_have_one_size_that_does_not_depend_on_the_length(backend, samples):
    watched = Watched(backend.xp)
    mel = frames(noise(samples), replace(backend, xp=watched), features="mel")["mel"]
    rows = backend.fft_samples // 2048
    assert set(watched.shapes) == {(rows, 2048)}
    assert len(watched.shapes) == -(-len(mel) // rows)


def test_arrays_of_the_device_are_used_only_in_its_exclusive_context(backend):
    entered = []

    @contextmanager
    def exclusive():
        entered.append(True)
        yield
        entered.pop()

    def inside(function):
        def checked(array):
            assert entered == [True]
            return function(array)

        return checked

    moves = {name: inside(getattr(backend, name)) for name in ("asarray", "to_host")}
    own = frames(noise(9000), replace(backend, exclusive=exclusive, **moves))
    assert sorted(own) == ["mel", "mfcc"] and not entered
