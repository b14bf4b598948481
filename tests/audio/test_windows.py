"""Windows of a recording are the parts that an extraction decodes, in bounded memory."""

import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile
from gpuclf.audio import decoders
from gpuclf.audio.decoders import decode
from gpuclf.audio.libsndfile import open_libsndfile
from gpuclf.audio.unusable import UnusableError
from gpuclf.audio.windows import WindowedRecording, WindowLayout
from gpuclf.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

from recordings import cut, encode, noise, write

RATE = 8000


def windows_of(path, window, hop, channel="mix"):
    recording = WindowedRecording(path, WindowLayout(window, hop), channel)
    return list(recording.windows()), recording


def stereo(count):
    return np.column_stack([noise(count, seed=1), noise(count, seed=2)])


@pytest.fixture
def make(tmp_path):
    """Function that writes a recording of noise in a format."""

    def make(name, sound):
        if name.endswith((".wav", ".flac", ".aiff")):
            return write(tmp_path / name, sound, RATE)
        codec = {"m4a": "aac", "wv": "wavpack", "tta": "tta"}[name.rpartition(".")[2]]
        return encode(tmp_path / name, sound, RATE, codec)

    return make


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff", "a.m4a", "a.wv", "a.tta"])
@pytest.mark.parametrize(("window", "hop"), [(1, 0.5), (0.7, 0.1), (0.5, 0.5), (0.3, 1)])
def test_window_is_the_decoded_part_from_its_start_to_its_end(make, name, window, hop):
    path = make(name, stereo(round(4.37 * RATE)))
    windows, _ = windows_of(path, window, hop)
    assert len(windows) >= 4
    for one in windows:
        expected = decode(path, one.part, "mix")
        np.testing.assert_array_equal(one.signal.samples, expected.samples)
        assert (one.signal.rate, one.signal.n_channels) == (expected.rate, expected.n_channels)
        assert one.signal.peak == expected.peak


@pytest.mark.parametrize("channel", ["mix", "first", "left", "right"])
def test_channel_is_chosen(make, channel):
    path = make("a.wav", stereo(2 * RATE))
    windows, _ = windows_of(path, 1, 1, channel)
    for one in windows:
        np.testing.assert_array_equal(one.signal.samples, decode(path, one.part, channel).samples)


@pytest.mark.parametrize(
    ("seconds", "ends"),
    [
        (6.0, [3, 4.5, 6]),  # the last window ends with the recording
        (7.0, [3, 4.5, 6, 7]),  # 4.5 to 7 s is at least half a window
        (3.0, [3]),
        (2.0, [2]),
        (1.5, [1.5]),
    ],
)
def test_rest_of_a_recording_is_a_window_if_it_has_half_its_length(make, seconds, ends):
    windows, _ = windows_of(make("a.wav", noise(round(seconds * RATE))), 3, 1.5)
    assert [one.part.end for one in windows] == ends


def test_rest_that_is_shorter_than_half_a_window_is_left_out(make):
    windows, _ = windows_of(make("a.wav", noise(7 * RATE)), 3, 3)
    assert [one.part[:2] for one in windows] == [(0, 3), (3, 6)]


def test_recording_shorter_than_half_a_window_is_unusable(make):
    with pytest.raises(UnusableError, match=r"has 1\.40 s, less than half a window of 3 s"):
        windows_of(make("a.wav", noise(round(1.4 * RATE))), 3, 1.5)


def test_starts_do_not_drift(tmp_path):
    path = write(tmp_path / "a.wav", noise(44_100 * 8), 44_100)
    windows, _ = windows_of(path, 0.3, 0.1)
    starts = [one.part.start for one in windows]
    assert starts == [round(number / 10, 6) for number in range(len(windows))]


@given(st.integers(1, 40_000), st.floats(0.05, 3), st.floats(0.05, 3))
def test_number_of_windows_is_known_from_the_length(samples, window, hop):
    layout, rate, number = WindowLayout(window, hop), 4000, 0
    while layout.samples(number, rate)[1] <= samples:
        number += 1
    expected = number + layout.has_rest(number, samples, rate)
    assert layout.count(samples, rate) == expected


def test_number_of_windows_is_stated_before_the_first_one(make):
    recording = WindowedRecording(make("a.flac", noise(7 * RATE)), WindowLayout(3, 1.5), "mix")
    windows = recording.windows()
    next(windows)
    assert recording.n_windows == 1 + len(list(windows))


def test_memory_does_not_grow_with_the_recording(tmp_path):
    path, rng = tmp_path / "hour.wav", np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", RATE, 1) as file:
        for _ in range(60):
            file.write(0.1 * rng.normal(size=60 * RATE))
    recording = WindowedRecording(path, WindowLayout(3, 1.5), "mix")
    tracemalloc.start()
    count = sum(1 for _ in recording.windows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 2399
    assert peak < 6_000_000  # bytes; the decoded hour has 115 million


def test_truncated_recording_is_windowed_as_far_as_it_goes(make):
    path = cut(make("a.wav", noise(8 * RATE)))
    windows, recording = windows_of(path, 1, 1)
    assert len(windows) == 4 and recording.damage.startswith("is truncated: ")


def test_another_decoder_continues_where_one_fails(make, monkeypatch):
    path = make("a.wav", noise(70 * RATE))

    @contextmanager
    def failing(path):
        with open_libsndfile(path) as stream:
            blocks = stream.blocks

            def fail(first):
                yield next(blocks(first))
                raise RuntimeError("bad block")

            stream.blocks = fail
            yield stream

    monkeypatch.setattr(decoders, "_openers", lambda path: (failing, open_libsndfile))
    windows, recording = windows_of(path, 2, 2)
    assert [one.part.start for one in windows] == list(range(0, 70, 2))
    together = np.concatenate([one.signal.samples for one in windows])
    np.testing.assert_array_equal(together, soundfile.read(path, dtype="float32")[0])
    assert recording.damage == "is damaged: bad block"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "an empty file"), (b"no sound at all", "Format not recognised")],
)
def test_file_without_sound_is_unusable(tmp_path, content, reason):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(UnusableError, match=reason):
        windows_of(tmp_path / "a.wav", 1, 1)


def test_recording_without_samples_is_unusable(make):
    with pytest.raises(UnusableError, match="has no samples"):
        windows_of(make("a.wav", np.zeros(0)), 1, 1)


@pytest.mark.parametrize(("window", "hop", "name"), [(0, 1, "window"), (1, -1, "hop")])
def test_layout_needs_positive_lengths(window, hop, name):
    with pytest.raises(InputError, match=f"{name}: got .*, expected at least 0.001 seconds"):
        WindowLayout(window, hop)
