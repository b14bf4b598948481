"""The sound of a recording: of every format and rate the same, and never a crash."""

import os

import numpy as np
import pytest
import soundfile
from gpuclf.audio.decoding import SUFFIXES, UnusableError, check_audio, digest_of, read_sound
from gpuclf.errors import InputError
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings import RATE, noise, tones, write

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
def test_lossless_formats_give_the_same_samples(tmp_path, sound, suffix):
    write(tmp_path / "a.wav", sound)
    write(tmp_path / f"b.{suffix}", sound)
    read = read_sound(tmp_path / f"b.{suffix}", RATE)
    assert f".{suffix}" in SUFFIXES and read.dtype == np.float32
    assert np.array_equal(read, read_sound(tmp_path / "a.wav", RATE))
    assert np.abs(read - sound).max() <= 2**-15


@pytest.mark.parametrize("suffix", LOSSY)
def test_lossy_formats_sound_alike(tmp_path, suffix):
    sound = tones([440, 1000], 1, rate=48_000)
    kind = {"format": CONTAINER[suffix], "subtype": LOSSY[suffix]}
    write(tmp_path / f"a.{suffix}", sound, 48_000, **kind)
    read = read_sound(tmp_path / f"a.{suffix}", 48_000)
    assert abs(len(read) - len(sound)) < 2500 and correlation(read, sound) > 0.99


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 32_000, 44_100, 48_000, 96_000])
def test_a_tone_stays_the_tone_at_any_sampling_rate(tmp_path, rate):
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
def test_a_part_is_what_the_whole_has_there(tmp_path_factory, start, length, data):
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
        (lambda path, _: path.write_bytes(b""), "^cannot be decoded: "),
        (lambda path, _: path.write_text("Dear diary"), "^cannot be decoded: "),
        (lambda path, _: path.mkdir(), "^cannot be decoded: "),
        (lambda path, _: None, "^cannot be decoded: "),
        (lambda path, sound: write(path, sound[:0]), "^has no samples$"),
        (lambda path, sound: write(path, 0 * sound), "^is silent$"),
        (lambda path, sound: write(path, 1e-6 * sound, subtype="FLOAT"), "^is silent$"),
        (lambda path, sound: write(path, nan(sound), subtype="FLOAT"), "^holds NaN or infinity$"),
        (lambda path, sound: write(path, sound / 0, subtype="FLOAT"), "^holds NaN or infinity$"),
        (
            lambda path, sound: write(path, 3e38 * sound, subtype="FLOAT"),
            r"^holds values up to \de\+38: a sound's are between -1 and 1$",
        ),
        (
            lambda path, sound: write(path, sound, 1),
            "^has 1 samples a second, fewer than 1000$",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_what_cannot_be_used_says_why(tmp_path, sound, make, message):
    make(tmp_path / "a.wav", sound)
    with pytest.raises(UnusableError, match=message):
        read_sound(tmp_path / "a.wav", RATE)


def test_a_header_that_promises_what_is_not_there_takes_no_memory(tmp_path, sound):
    path = write(tmp_path / "a.flac", sound)
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F  # the number of samples, 36 bits
    content[22:26] = b"\xff" * 4
    path.write_bytes(content)
    with pytest.raises(UnusableError, match="cannot be decoded: no memory for so many samples"):
        read_sound(path, RATE)


def test_a_name_that_is_no_text_is_a_name_as_any(tmp_path, sound):
    odd = tmp_path / os.fsdecode(b"\xff.wav")
    write(tmp_path / "a.wav", sound).rename(odd)
    assert len(read_sound(odd, RATE)) == len(sound)


@pytest.mark.parametrize("suffix", ["wav", "mp3", "ogg"])
def test_what_a_mac_leaves_beside_a_recording_does_not_matter(tmp_path, sound, suffix):
    path = write(tmp_path / f"a.{suffix}", sound)
    (tmp_path / f"._a.{suffix}").write_bytes(b"\0\5\x16\7 junk of a resource fork")
    assert len(read_sound(path, RATE))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Bytes of a recording in several formats."""
    folder = tmp_path_factory.mktemp("whole")
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
def test_a_damaged_file_gives_a_sound_or_a_reason(tmp_path_factory, whole, which, damage, end):
    content = bytearray(whole[which])
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


def test_a_digest_is_of_the_sound_alone(tmp_path, sound):
    paths = [write(tmp_path / "a.wav", sound), write(tmp_path / "b.flac", sound)]
    paths.append(write(tmp_path / "c.wav", sound[::-1]))
    one, same, other = (digest_of(read_sound(path, RATE)) for path in paths)
    assert one == same != other


@pytest.mark.parametrize("name", ["librosa", "soundfile", "soxr"])
def test_an_installation_without_the_extra_is_told_how_to_get_it(monkeypatch, name):
    monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(InputError, match=r"recordings: got no .*pip install 'gpuclf\[audio\]'"):
        check_audio()


def test_libsndfile_reads_what_is_looked_for():
    known = {f".{name.lower()}" for name in soundfile.available_formats()}
    assert {".wav", ".flac", ".ogg", ".mp3", ".au", ".aiff", ".w64"} <= known & SUFFIXES
