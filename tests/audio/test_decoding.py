"""Decoding gives the same signal for every format and rate, and never crashes."""

import os

import numpy as np
import pytest
from gpuclf.audio.decoding import check_audio, digest_of
from gpuclf.audio.formats import SUFFIXES
from gpuclf.audio.unusable import UnusableError
from gpuclf.errors import InputError
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings import RATE, encode, noise, read_sound, tones, write

LOSSLESS = ["wav", "flac", "au", "aiff", "w64"]
LOSSY = {"ogg": "VORBIS", "mp3": "MPEG_LAYER_III", "opus": "OPUS"}
CONTAINER = {"ogg": "OGG", "mp3": "MP3", "opus": "OGG"}


def correlation(a, b):
    count = min(len(a), len(b))
    return np.corrcoef(a[:count], b[:count])[0, 1]


@pytest.fixture
def sound():
    return tones([440, 1000], 0.5)


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_decode_to_the_same_samples(tmp_path, sound, suffix):
    write(tmp_path / "a.wav", sound)
    write(tmp_path / f"b.{suffix}", sound)
    read = read_sound(tmp_path / f"b.{suffix}", RATE)
    assert f".{suffix}" in SUFFIXES and read.dtype == np.float32
    assert np.array_equal(read, read_sound(tmp_path / "a.wav", RATE))
    assert np.abs(read - sound).max() <= 2**-15


@pytest.mark.parametrize("suffix", LOSSY)
def test_lossy_formats_decode_to_a_correlated_signal(tmp_path, suffix):
    sound = tones([440, 1000], 1, rate=48_000)
    kind = {"format": CONTAINER[suffix], "subtype": LOSSY[suffix]}
    write(tmp_path / f"a.{suffix}", sound, 48_000, **kind)
    read = read_sound(tmp_path / f"a.{suffix}", 48_000)
    assert abs(len(read) - len(sound)) < 2500 and correlation(read, sound) > 0.99


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 32_000, 44_100, 48_000, 96_000])
def test_resampling_preserves_a_tone(tmp_path, rate):
    write(tmp_path / "a.wav", tones([1000], 0.5, rate), rate)
    read = read_sound(tmp_path / "a.wav", RATE)
    assert abs(len(read) - RATE / 2) <= 1
    assert correlation(read, tones([1000], 0.5)) > 0.999


def test_channels_are_averaged(tmp_path, sound):
    channels = np.stack([sound, -0.5 * sound, np.zeros_like(sound)], axis=1)
    write(tmp_path / "a.wav", channels, subtype="FLOAT")
    assert np.abs(read_sound(tmp_path / "a.wav", RATE) - sound / 6).max() < 1e-6


@settings(max_examples=50)
@given(
    start=st.none() | st.floats(0, 0.6), length=st.none() | st.floats(0.001, 0.6), data=st.data()
)
def test_part_equals_the_slice_of_the_whole_recording(tmp_path_factory, start, length, data):
    duration = data.draw(st.none() | st.floats(0.001, 0.6))
    path, rate = tmp_path_factory.getbasetemp() / "part.wav", 8000
    if not path.exists():
        write(path, noise(rate // 2), rate)
    end = None if length is None else (start or 0) + length
    first, last = round((start or 0) * rate), rate if end is None else round(end * rate)
    last = last if duration is None else min(last, first + round(duration * rate))
    expected = read_sound(path, rate)[first:last]
    part = {"start": start, "end": end, "duration": duration}
    if len(expected):
        assert np.array_equal(read_sound(path, rate, **part), expected)
    else:
        with pytest.raises(UnusableError, match="has no samples"):
            read_sound(path, rate, **part)


def nan(sound):
    sound[5000] = np.nan
    return sound


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path, _: path.write_bytes(b""), "^cannot be decoded: an empty file$"),
        (lambda path, _: path.write_text("Dear diary"), "^cannot be decoded: "),
        (lambda path, _: path.mkdir(), "^cannot be decoded: a folder$"),
        (lambda path, _: os.mkfifo(path), "^is a device or a pipe, not a file$"),
        (lambda path, _: path.symlink_to(path), "^cannot be decoded: a symbolic link to itself$"),
        (lambda path, _: None, "^cannot be decoded: no such file$"),
        (lambda path, sound: write(path, sound[:0]), "^has no samples$"),
        (lambda path, sound: write(path, 0 * sound), "^is silent$"),
        (lambda path, sound: write(path, 1e-6 * sound, subtype="FLOAT"), "^is silent$"),
        (
            lambda path, sound: write(path, nan(sound), subtype="FLOAT"),
            "^contains NaN or infinite values$",
        ),
        (
            lambda path, sound: write(path, sound / 0, subtype="FLOAT"),
            "^contains NaN or infinite values$",
        ),
        (
            lambda path, sound: write(path, 3e38 * sound, subtype="FLOAT"),
            r"^has a peak of \de\+38, samples are expected between -1 and 1$",
        ),
        (
            lambda path, sound: write(path, sound, 1),
            "^has a sampling rate of 1 Hz, below 1000 Hz$",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_unusable_recording_raises_with_the_reason(tmp_path, sound, make, message):
    make(tmp_path / "a.wav", sound)
    with pytest.raises(UnusableError, match=message):
        read_sound(tmp_path / "a.wav", RATE)


@settings(max_examples=20)
@given(gain=st.floats(0.05, 1), other=st.floats(0, 0.004))
def test_channels_that_cancel_are_not_called_silent(tmp_path_factory, gain, other):
    sound = gain * tones([440], 0.1)
    path = tmp_path_factory.getbasetemp() / "antiphase.wav"
    write(path, np.stack([sound, (other - 1) * sound], axis=1), subtype="FLOAT")
    message = "^has channels that cancel in their mean, .* --channel left, right or first$"
    with pytest.raises(UnusableError, match=message):
        read_sound(path, RATE)
    assert np.abs(read_sound(path, RATE, channel="left") - sound).max() < 1e-6
    assert np.abs(read_sound(path, RATE, channel="right") + sound).max() < 0.004


@pytest.mark.parametrize("count", [2, 6, 64])
def test_sound_in_one_of_many_channels_does_not_cancel(tmp_path, sound, count):
    channels = np.zeros((len(sound), count))
    channels[:, -1] = sound
    write(tmp_path / "a.wav", channels, subtype="FLOAT")
    assert np.abs(read_sound(tmp_path / "a.wav", RATE) - sound / count).max() < 1e-6


def test_silence_in_the_chosen_channel_is_told_apart_from_a_silent_recording(tmp_path, sound):
    path = write(tmp_path / "a.wav", np.stack([0 * sound, sound], axis=1))
    with pytest.raises(UnusableError, match="is silent in the channel left, but not in all"):
        read_sound(path, RATE, channel="left")


@pytest.mark.parametrize("suffix", ["wav", "m4a"])
def test_file_name_need_not_be_valid_utf_8(tmp_path, sound, suffix):
    path = tmp_path / f"a.{suffix}"
    write(path, sound) if suffix == "wav" else encode(path, sound, RATE, "alac")
    odd = path.rename(tmp_path / os.fsdecode(b"a:\xff?." + suffix.encode()))
    assert len(read_sound(odd, RATE)) == len(sound)


@pytest.mark.parametrize("suffix", ["wav", "mp3", "ogg"])
def test_resource_fork_file_of_macos_is_ignored(tmp_path, sound, suffix):
    path = write(tmp_path / f"a.{suffix}", sound)
    (tmp_path / f"._a.{suffix}").write_bytes(b"\0\5\x16\7 junk of a resource fork")
    assert len(read_sound(path, RATE))


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """Bytes of a recording in several formats."""
    folder = tmp_path_factory.mktemp("encoded")
    return [
        write(folder / f"a.{suffix}", tones([440], 0.2)).read_bytes()
        for suffix in ("wav", "flac", "ogg", "mp3", "au")
    ]


@settings(max_examples=40)
@given(
    which=st.integers(0, 4),
    damage=st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=8)), max_size=4),
    end=st.none() | st.integers(0, 3000),
)
def test_damaged_file_is_decoded_or_raises(tmp_path_factory, encoded, which, damage, end):
    content = bytearray(encoded[which])
    for at, value in damage:
        content[at : at + len(value)] = value
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content[:end])
    try:
        read = read_sound(path, RATE)
    except UnusableError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert np.isfinite(read).all()


def test_digest_depends_on_the_signal_only(tmp_path, sound):
    paths = [write(tmp_path / "a.wav", sound), write(tmp_path / "b.flac", sound)]
    paths.append(write(tmp_path / "c.wav", sound[::-1]))
    one, same, other = (digest_of(read_sound(path, RATE)) for path in paths)
    assert one == same != other


@pytest.mark.parametrize("name", ["librosa", "soundfile", "soxr"])
def test_missing_dependency_raises_with_the_install_command(monkeypatch, name):
    monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(InputError, match=r"audio: got no module .*pip install 'gpuclf\[audio\]'"):
        check_audio()
