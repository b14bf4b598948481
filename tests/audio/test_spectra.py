"""Frame-level features: position of tones, framing, deltas and contrast normalisation."""

import librosa
import numpy as np
import pytest
from gpuclf.audio.decoding import UnusableError
from gpuclf.audio.settings import Extraction
from gpuclf.audio.spectra import Spectra
from gpuclf.backend import cpu
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import chirp

from recordings import RATE, noise, tones

C2 = 65.406


def spectra(sound, features="Xa,Xs,Xn", **more):
    extraction = Extraction(features=features, **more)
    return Spectra(np.asarray(sound, np.float32), extraction, cpu("a test"))


def bin_of(frequency):
    """Return the constant-Q bin of a frequency: two bins per semitone, from C2."""
    return round(24 * np.log2(frequency / C2))


def peaks(profile, count):
    """Return the positions of the highest local maxima."""
    inner = profile[1:-1]
    tops = 1 + np.flatnonzero((inner > profile[:-2]) & (inner >= profile[2:]))
    return sorted(tops[np.argsort(profile[tops])[-count:]].tolist())


@settings(max_examples=15)
@given(number=st.integers(2, 93))
def test_tone_peaks_in_its_constant_q_bin(number):
    sound = tones([C2 * 2 ** (number / 24)], 1)
    assert spectra(sound).Xs.mean(axis=0).argmax() == number


def test_chord_peaks_at_its_notes():
    chord = [librosa.note_to_hz(note) for note in ("C3", "E3", "G3", "C4")]
    bins = peaks(spectra(tones(chord, 1.5)).Xs[10:-10].mean(axis=0), 4)
    assert bins == [bin_of(note) for note in chord] == [24, 32, 38, 48]


def test_peak_follows_a_chirp():
    seconds, low, high = 2.0, 100.0, 900.0
    time = np.arange(round(seconds * RATE)) / RATE
    Xs = spectra(chirp(time, low, seconds, high, method="logarithmic")).Xs
    frames = np.arange(12, len(Xs) - 12)  # a window of the lowest bin is 0.5 s
    frequencies = low * (high / low) ** (frames * 512 / RATE / seconds)
    expected = 24 * np.log2(frequencies / C2)
    assert np.abs(Xs[frames].argmax(axis=1) - expected).max() <= 1.5


@pytest.mark.parametrize("rate", [16_000, 32_000, 44_100])
def test_bins_do_not_depend_on_the_sampling_rate(rate):
    sound = tones([440.0], 1, rate)
    assert spectra(sound, "Xs", sr=rate).Xs.mean(axis=0).argmax() == bin_of(440) == 66


def test_tone_peaks_in_its_mel_band():
    one = spectra(tones([2000.0], 0.5), "mel")
    centres = librosa.mel_frequencies(n_mels=130, fmin=0, fmax=RATE / 2)[1:-1]
    assert one.mel[:, :128].mean(axis=0).argmax() == np.abs(centres - 2000).argmin()


@given(samples=st.integers(1024, 9000), frame=st.sampled_from([512, 1024]))
def test_raw_frames_are_overlapping_slices_of_the_signal(samples, frame):
    sound = noise(samples).astype(np.float32)
    Xa = spectra(sound, "Xa", frame=frame).Xa
    assert len(Xa) == (samples - frame) // (frame // 2) + 1
    for t, values in enumerate(Xa):
        assert np.array_equal(values, sound[t * frame // 2 :][:frame])
    aligned = Xa[::2].ravel()
    assert np.array_equal(aligned, sound[: len(aligned)])


@settings(max_examples=15)
@given(samples=st.integers(2048, 12_000), hop=st.sampled_from([256, 512, 700]))
def test_shape_and_dtype_of_every_feature_set(samples, hop):
    one = spectra(noise(samples), "Xs,Xn,mel,mfcc", hop=hop)
    assert one.Xs.shape == one.Xn.shape == (samples // 512 + 1, 96)
    assert one.mel.shape == (samples // hop + 1, 256)
    assert one.mfcc.shape == (samples // hop + 1, 40)
    for name in one.extraction.features:
        assert one[name].dtype == np.float32 and np.isfinite(one[name]).all()
        assert one[name].flags.c_contiguous


def test_deltas_are_appended_slopes_and_optional():
    sound = noise(9000)
    for name, n in (("mel", 128), ("mfcc", 20)):
        with_, without = (spectra(sound, name, deltas=deltas)[name] for deltas in (True, False))
        assert np.array_equal(with_[:, :n], without) and without.shape[1] == n
        slope = sum(k * with_[4 + k : len(with_) - 4 + k, :n] for k in range(-4, 5)) / 60
        assert np.allclose(with_[4:-4, n:], slope, atol=1e-3)  # least squares over nine frames
    constant = spectra(np.tile(noise(512), 40), "mel").mel
    assert np.abs(constant[8:-8, 128:]).max() < 1e-3


def test_log_mel_spectrogram_has_a_dynamic_range_of_80_db():
    mel = spectra(np.concatenate([tones([440], 0.3), np.zeros(9000)]), "mel", deltas=False).mel
    assert mel.max() - mel.min() == pytest.approx(80, abs=1e-3)


@pytest.mark.parametrize("gain", [1e-3, 10.0])
def test_gain_scales_magnitudes_shifts_decibels_and_cancels_in_the_normalisation(gain):
    sound = tones([220, 660], 0.6)
    one, other = spectra(sound, "Xs,Xn,mel"), spectra(gain * sound, "Xs,Xn,mel")
    assert np.allclose(other.Xs, gain * one.Xs, rtol=1e-3, atol=1e-5 * gain * one.Xs.max())
    assert np.allclose(other.Xn, one.Xn, atol=2e-3)
    shift = other.mel[:, :128] - one.mel[:, :128]
    assert np.allclose(shift[one.mel[:, :128] > -30], 20 * np.log10(gain), atol=0.1)


def test_contrast_normalisation_equalises_loudness_over_time():
    sound = tones([220, 660], 1) * np.linspace(0.02, 1, RATE)
    one = spectra(sound)
    first, last = slice(6, 16), slice(-16, -6)
    before, after = (
        np.abs(values[last]).mean() / np.abs(values[first]).mean() for values in (one.Xs, one.Xn)
    )
    assert before > 2.5 and after < before / 1.5
    assert abs(one.Xn.mean()) < 0.15 and 0.3 < one.Xn.std() < 2


def test_constant_signal_is_normalized_without_division_by_zero():
    assert np.isfinite(spectra(np.full(4096, 0.5)).Xn).all()


@pytest.mark.parametrize(("features", "minimum"), [("Xa", 1024), ("Xs", 1024), ("Xa,mel", 2048)])
def test_signal_shorter_than_one_frame_raises(features, minimum):
    message = rf"has {minimum - 1} samples, fewer than one frame \({minimum}\)"
    with pytest.raises(UnusableError, match=message):
        spectra(noise(minimum - 1), features)
    one = spectra(noise(minimum), features)
    assert all(len(one[name]) for name in one.extraction.features)
