"""Every recording is decoded to its end, whatever its header states; damage is noticed."""

import sys

import av
import numpy as np
import pytest
import soundfile
from gpuclf.audio.decoders import Part, decode
from gpuclf.audio.unusable import UnusableError

from recordings import cut, encode, noise, tones, write

RATE = 8000
# libsndfile cannot read what it writes (SD2), or must be told the parameters (RAW).
OTHER_FORMATS = {"RAW", "SD2"}
ENCODINGS = [
    (format, subtype)
    for format in soundfile.available_formats()
    for subtype in soundfile.available_subtypes(format)
    if format not in OTHER_FORMATS and soundfile.check_format(format, subtype)
]
FLAC_SAMPLES = slice(22, 26)  # number of samples in the header
WAV_RIFF_SIZE, WAV_DATA_SIZE = slice(4, 8), slice(40, 44)


def whole(path, channel="mix"):
    return decode(path, Part(), channel)


def seconds(path):
    signal = whole(path)
    return len(signal.samples) / signal.rate


def overwrite(path, where, value):
    content = bytearray(path.read_bytes())
    content[where] = value
    path.write_bytes(content)
    return path


# Formats.


@pytest.mark.parametrize(("format", "subtype"), ENCODINGS)
def test_every_encoding_of_libsndfile_is_decoded_to_its_end(tmp_path, format, subtype):
    rate = 48_000 if subtype == "OPUS" else RATE
    try:
        path = write(tmp_path / "a", tones([440], 2, rate), rate, format=format, subtype=subtype)
    except soundfile.LibsndfileError:
        pytest.skip("libsndfile reads this encoding but does not write it")
    signal = whole(path)
    assert signal.rate == (44_100 if format == "XI" else rate) and signal.damage == ""
    assert 2 <= len(signal.samples) / rate < 2.05  # the last block of some codecs is padded


@pytest.mark.parametrize(("format", "subtype"), ENCODINGS)
def test_part_of_every_encoding_equals_the_slice_of_the_whole(tmp_path, format, subtype):
    if subtype in ("VORBIS", "OPUS", "MPEG_LAYER_III") or (format, subtype) == ("WAV", "MS_ADPCM"):
        pytest.skip("decoded samples depend on where decoding starts, if only by rounding")
    try:
        path = write(tmp_path / "a", noise(RATE), RATE, format=format, subtype=subtype)
    except soundfile.LibsndfileError:
        pytest.skip("libsndfile reads this encoding but does not write it")
    signal = whole(path)
    part = decode(path, Part(1000 / signal.rate, 3000 / signal.rate), "mix")
    assert np.array_equal(part.samples, signal.samples[1000:3000])


@pytest.mark.parametrize(
    ("name", "codec", "rate", "options"),
    [
        ("phone.m4a", "aac", 44_100, {}),
        ("phone.3gp", "aac", 16_000, {}),
        ("narrow.m4a", "aac", 8000, {}),
        ("lossless.m4a", "alac", 44_100, {}),
        ("opus.mp4", "libopus", 48_000, {}),
        ("browser.webm", "libopus", 48_000, {}),
        ("lossless.wv", "wavpack", 44_100, {}),
        ("lossless.tta", "tta", 44_100, {}),
    ],
)
def test_other_formats_have_the_stated_length_without_the_padding_of_the_encoder(
    tmp_path, name, codec, rate, options
):
    sound = tones([440, 1000], 1.5, rate)
    signal = whole(encode(tmp_path / name, sound, rate, codec, options))
    assert (signal.rate, signal.damage) == (rate, "")
    assert abs(len(signal.samples) - len(sound)) <= rate // 1000
    count = min(len(signal.samples), len(sound))
    assert np.corrcoef(signal.samples[:count], sound[:count])[0, 1] > 0.99


@pytest.mark.parametrize(
    ("name", "codec", "rate", "options"),
    [
        ("a.aac", "aac", 44_100, {}),
        ("a.ac3", "ac3", 48_000, {}),
        ("a.ts", "aac", 44_100, {}),
        ("stream.mp4", "aac", 44_100, {"movflags": "frag_keyframe+empty_moov"}),
    ],
)
def test_formats_without_a_stated_length_keep_the_padding(tmp_path, name, codec, rate, options):
    path = encode(tmp_path / name, tones([440], 1.5, rate), rate, codec, options)
    assert 1.5 <= seconds(path) < 1.56 and whole(path).damage == ""


def test_wma_is_decoded(tmp_path):
    path = encode(tmp_path / "a.wma", tones([440], 1.5), 22_050, "wmav2", bit_rate=64_000)
    assert abs(seconds(path) - 1.5) < 0.15 and whole(path).damage == ""


def test_sound_of_a_video_is_decoded(tmp_path):
    rate, sound = 48_000, tones([440], 1, 48_000)
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width = video.height = 16
        audio = container.add_stream("aac", rate=rate)
        audio.codec_context.layout = "mono"
        picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8))
        frame = av.AudioFrame.from_ndarray(sound[None].astype("f4"), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        for stream, item in [(video, picture), (video, None), (audio, frame), (audio, None)]:
            for packet in stream.encode(item):
                container.mux(packet)
    assert abs(seconds(tmp_path / "a.mp4") - 1) < 0.001


def test_video_without_sound_is_unusable(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width = video.height = 16
        picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8))
        for packet in [*video.encode(picture), *video.encode(None)]:
            container.mux(packet)
    with pytest.raises(UnusableError, match="contains no sound that can be decoded"):
        whole(tmp_path / "a.mp4")


def test_zeros_named_mp3_are_unusable(tmp_path):
    (tmp_path / "a.mp3").write_bytes(bytes(100_000))
    with pytest.raises(UnusableError, match="contains no sound that can be decoded"):
        whole(tmp_path / "a.mp3")


@pytest.mark.parametrize(
    ("name", "codec"), [("a.oga", "flac"), ("a.ogg", "flac"), ("a.wav", "g722")]
)
def test_encoding_that_libsndfile_cannot_open_is_no_damage(tmp_path, name, codec):
    path = encode(tmp_path / name, tones([440], 1.5, 16_000), 16_000, codec)
    assert abs(seconds(path) - 1.5) < 0.01 and whole(path).damage == ""


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff"])
def test_tag_before_another_format_is_skipped(tmp_path, suffix):
    path = write(tmp_path / f"a.{suffix}", noise(12_000), RATE)
    expected = whole(path).samples
    path.write_bytes(b"ID3\3\0\0\0\0\2\0" + bytes(256) + path.read_bytes())
    assert np.array_equal(whole(path).samples, expected) and whole(path).damage == ""


def test_playlist_is_not_followed(tmp_path):
    write(tmp_path / "a.wav", tones([440]))
    (tmp_path / "a.mp3").write_text(f"#EXTM3U\n#EXTINF:1,\n{tmp_path / 'a.wav'}\n#EXT-X-ENDLIST\n")
    with pytest.raises(UnusableError, match="cannot be decoded: "):
        whole(tmp_path / "a.mp3")


# Lengths.


def test_flac_without_a_length_is_decoded_to_its_end(tmp_path):
    path = write(tmp_path / "a.flac", noise(30_000), RATE)
    expected = whole(path).samples
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    path.write_bytes(content)
    overwrite(path, FLAC_SAMPLES, bytes(4))
    assert np.array_equal(whole(path).samples, expected) and whole(path).damage == ""
    assert len(decode(path, Part(1, 2.5), "mix").samples) == 1.5 * RATE


def test_length_that_exceeds_the_memory_is_not_allocated(tmp_path):
    path = write(tmp_path / "a.flac", noise(30_000), RATE)
    overwrite(path, FLAC_SAMPLES, b"\xff" * 4)
    assert len(whole(path).samples) == 30_000
    assert whole(path).damage == "is truncated: 3.75 of 536870.91 s"


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFDB])
def test_wav_written_to_a_pipe_states_no_length(tmp_path, size):
    path = write(tmp_path / "a.wav", noise(12_000), RATE)
    overwrite(path, WAV_RIFF_SIZE, size.to_bytes(4, "little"))
    overwrite(path, WAV_DATA_SIZE, size.to_bytes(4, "little"))
    assert len(whole(path).samples) == 12_000 and whole(path).damage == ""


def mp3(path, *, header, variable, rate=22_050):
    """Write 3 s of MP3 whose first half is louder: an estimate from its bit rate is too low."""
    sound = noise(3 * rate) * np.repeat([1, 0.01], 3 * rate // 2)
    options = {"write_xing": str(int(header)), "id3v2_version": "3"}
    with av.open(str(path), "w", options=options) as container:
        quality = {"flags": "+qscale", "global_quality": str(118 * 5)} if variable else {}
        stream = container.add_stream("libmp3lame", rate=rate, options=quality)
        stream.codec_context.layout = "mono"
        frame = av.AudioFrame.from_ndarray(sound[None].astype("f4"), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize("header", [False, True])
def test_mp3_is_decoded_to_its_end_with_and_without_a_header(tmp_path, header, variable):
    path = mp3(tmp_path / "a.mp3", header=header, variable=variable)
    exact = 3 if header else 3.05
    assert 3 <= seconds(path) <= exact + 0.02 and whole(path).damage == ""


def test_mp3_after_mp3_is_decoded_to_the_end_of_the_second(tmp_path):
    path = mp3(tmp_path / "a.mp3", header=True, variable=False)
    path.write_bytes(2 * path.read_bytes())
    assert 6 <= seconds(path) < 6.2


def test_mp3_inside_wav_is_not_truncated(tmp_path):
    path = encode(tmp_path / "a.wav", tones([440], 1.5), 22_050, "libmp3lame")
    assert abs(seconds(path) - 1.5) < 0.1 and whole(path).damage == ""


def test_ogg_after_ogg_is_decoded_to_the_end_of_the_second(tmp_path):
    paths = [write(tmp_path / f"{seed}.ogg", noise(2 * RATE, seed), RATE) for seed in range(2)]
    first, second = (path.read_bytes() for path in paths)
    paths[0].write_bytes(first + second)
    assert 4 <= seconds(paths[0]) < 4.1 and whole(paths[0]).damage == ""
    paths[0].write_bytes(first + first)  # with the same serial number
    assert 4 <= seconds(paths[0]) < 4.1 and whole(paths[0]).damage == ""
    paths[0].write_bytes(first + second[:-2000])
    assert whole(paths[0]).damage == "is truncated: the end of the Ogg stream is missing"


def test_ogg_after_ogg_of_another_rate_is_resampled_or_unusable_in_plain_words(tmp_path):
    paths = [write(tmp_path / f"{rate}.ogg", noise(2 * rate), rate) for rate in (8000, 16_000)]
    paths[0].write_bytes(b"".join(path.read_bytes() for path in paths))
    try:
        signal = whole(paths[0])  # PyAV 14 resamples the second
    except UnusableError as error:
        assert "a variant of the format that FFmpeg does not decode" in str(error)
    else:
        assert len(signal.samples) / signal.rate == pytest.approx(4, abs=0.1)


# Truncated and damaged recordings.


@pytest.mark.parametrize(
    ("suffix", "more"),
    [
        ("wav", {}),
        ("wav", {"subtype": "IMA_ADPCM"}),
        ("wav", {"subtype": "GSM610"}),
        ("wav", {"format": "WAVEX"}),
        ("rf64", {"format": "RF64", "subtype": "PCM_16"}),
        ("w64", {}),
        ("aiff", {}),
        ("au", {}),
        ("au", {"subtype": "G721_32"}),
        ("svx", {"format": "SVX", "subtype": "PCM_16"}),
        ("flac", {}),
        ("mp3", {}),
    ],
)
def test_truncated_recording_is_decoded_and_reported(tmp_path, suffix, more):
    path = cut(write(tmp_path / f"a.{suffix}", noise(12 * RATE), RATE, **more))
    signal = whole(path)
    assert abs(len(signal.samples) / RATE - 6) < 0.6
    decoded, stated = signal.damage.removeprefix("is truncated: ").removesuffix(" s").split(" of ")
    assert abs(float(stated) - 12) < 0.2  # some codecs have long blocks
    assert decoded == f"{len(signal.samples) / RATE:.2f}"


@pytest.mark.parametrize(("name", "codec"), [("a.m4a", "aac"), ("a.webm", "libopus")])
def test_truncated_recording_of_other_formats_is_decoded_and_reported(tmp_path, name, codec):
    options = {"movflags": "faststart"} if name == "a.m4a" else {}
    path = cut(encode(tmp_path / name, noise(96_000), 48_000, codec, options))
    assert whole(path).damage.startswith("is truncated: ")
    assert 0.5 < seconds(path) < 1.5


def test_m4a_without_the_index_at_its_end_is_called_damaged_not_unknown(tmp_path):
    path = cut(encode(tmp_path / "a.m4a", noise(96_000), 48_000, "aac"))
    with pytest.raises(UnusableError, match="cannot be decoded: it is damaged, truncated or of"):
        whole(path)


def test_part_before_the_end_of_a_truncated_recording_is_whole(tmp_path):
    path = cut(write(tmp_path / "a.wav", noise(2 * RATE), RATE))
    assert decode(path, Part(0.25, 0.75), "mix").damage == ""
    assert decode(path, Part(duration=0.5), "mix").damage == ""
    assert decode(path, Part(0.5, 1.5), "mix").damage == "is truncated: 0.50 of 1.00 s"


def test_truncated_caf_is_decoded_and_reported(tmp_path):
    path = cut(write(tmp_path / "a.caf", noise(2 * RATE), RATE))
    assert whole(path).damage.startswith("is damaged: ") and abs(seconds(path) - 1) < 0.3


def test_ogg_without_its_last_page_is_truncated(tmp_path):
    path = cut(write(tmp_path / "a.ogg", noise(20 * RATE), RATE))
    assert whole(path).damage == "is truncated: the end of the Ogg stream is missing"
    assert 8 < seconds(path) < 12


def test_mp3_without_a_header_that_ends_within_a_frame_is_truncated(tmp_path):
    path = mp3(tmp_path / "a.mp3", header=False, variable=False)
    path.write_bytes(path.read_bytes()[:-100])
    assert whole(path).damage == "is truncated: its last frame is incomplete"


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_damage_within_a_recording_is_reported(tmp_path, suffix):
    path = write(tmp_path / f"a.{suffix}", noise(20 * RATE), RATE)
    middle = len(path.read_bytes()) // 2
    overwrite(path, slice(middle, middle + 6000), np.random.default_rng(0).bytes(6000))
    assert seconds(path) > 5
    assert whole(path).damage.startswith(("is damaged: ", "is truncated: "))


def test_last_seconds_of_zero_samples_are_no_damage(tmp_path):
    path = write(tmp_path / "a.ogg", np.r_[noise(RATE), np.zeros(RATE)], RATE)
    assert seconds(path) == 2 and whole(path).damage == ""


# Errors and missing libraries.


@pytest.mark.parametrize("name", ["a.m4a", "a.mp3"])
def test_recording_that_needs_pyav_says_so_without_it(tmp_path, monkeypatch, name):
    path = tmp_path / name
    if name == "a.m4a":
        encode(path, tones([440]), 22_050, "aac")
    else:
        mp3(path, header=False, variable=True)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UnusableError, match=r"PyAV is not installed: .* 'gpuclf\[audio\]'$"):
        whole(path)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_other_recordings_do_not_need_pyav(tmp_path, monkeypatch, suffix):
    path = write(tmp_path / f"a.{suffix}", noise(RATE), RATE)
    expected = whole(path).samples
    monkeypatch.setitem(sys.modules, "av", None)
    assert np.array_equal(whole(path).samples, expected)


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError, OSError, MemoryError])
def test_any_error_of_a_library_is_a_reason(tmp_path, monkeypatch, error):
    def fails(*_, **__):
        raise error("broken")

    path = write(tmp_path / "a.wav", noise(RATE), RATE)
    monkeypatch.setattr(soundfile.SoundFile, "read", fails)
    monkeypatch.setattr(av, "open", fails)
    with pytest.raises(
        UnusableError, match=r"^cannot be decoded: broken$|^does not fit in memory$"
    ):
        whole(path)


def test_interrupt_is_not_a_reason(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    path = write(tmp_path / "a.wav", noise(RATE), RATE)
    monkeypatch.setattr(soundfile.SoundFile, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        whole(path)


# Channels.


@pytest.mark.parametrize("encoder", ["libsndfile", "pyav"])
def test_channel_is_chosen(tmp_path, encoder):
    sound = np.stack([tones([440], 1), tones([1000], 1)], axis=1)
    if encoder == "pyav":
        path = encode(tmp_path / "a.m4a", sound, 22_050, "alac")
    else:
        path = write(tmp_path / "a.wav", sound)
    signals = {name: whole(path, name).samples for name in ("mix", "first", "left", "right")}
    assert np.abs(signals["left"] - sound[:, 0]).max() < 1e-4
    assert np.abs(signals["right"] - sound[:, 1]).max() < 1e-4
    assert np.array_equal(signals["first"], signals["left"])
    assert np.abs(signals["mix"] - sound.mean(axis=1)).max() < 1e-4


@pytest.mark.parametrize("channel", ["mix", "first", "left", "right"])
def test_mono_recording_has_one_channel(tmp_path, channel):
    path = write(tmp_path / "a.wav", noise(RATE), RATE)
    assert np.array_equal(whole(path, channel).samples, whole(path).samples)
