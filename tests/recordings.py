"""Small synthetic recordings, and the content of a feature file."""

import json
from pathlib import Path

import av
import h5py
import numpy as np
import soundfile
from gpuclf.audio.decoders import Part
from gpuclf.audio.decoding import read_recording
from gpuclf.audio.formats import SUFFIXES
from gpuclf.features.importers.clip_files import ClipFile, find_clip_files

RATE = 22_050
NOTES = {"blues": (110.0, 165.0), "jazz": (262.0, 392.0), "rock": (523.0, 784.0)}


def tones(frequencies, seconds=0.3, rate=RATE, seed=0):
    """Return a sum of sines with weak noise, at half of the full scale."""
    at = np.arange(round(seconds * rate)) / rate
    sound = sum(np.sin(2 * np.pi * frequency * at) for frequency in frequencies)
    sound = sound + 0.01 * np.random.default_rng(seed).normal(size=len(at))
    return 0.5 * sound / np.abs(sound).max()


def noise(count, seed=0):
    """Return samples that are all different."""
    return 0.1 * np.random.default_rng(seed).normal(size=count)


def write(path, sound, rate=RATE, **more):
    """Write a recording and create its folder; 16 bits unless a subtype is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if "subtype" not in more and path.suffix in (".wav", ".flac", ".au", ".aiff", ".w64"):
        sound = np.round(np.asarray(sound) * 2**15).astype(np.int16)
    soundfile.write(path, sound, rate, **more)
    return path


def read_sound(path, sr, *, channel="mix", **part):
    """Return the signal of a part of a recording."""
    return read_recording(path, sr, channel, Part(**part)).sound


def encode(path, sound, rate, codec, options=None, **more):
    """Write a recording with a codec that libsndfile does not have; return its path."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=rate, **more)
        layout = stream.codec_context.layout = "mono" if sound.ndim == 1 else "stereo"
        planes = np.ascontiguousarray(np.atleast_2d(sound.T), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


def cut(path, fraction=0.5):
    """Cut a file; return its path."""
    content = path.read_bytes()
    path.write_bytes(content[: round(fraction * len(content))])
    return path


def collection(folder, each=3, seconds=0.3):
    """Write a collection; a class is a pair of notes, a recording is slightly detuned."""
    for label, notes in NOTES.items():
        for number in range(each):
            sound = tones([note * (1 + 0.01 * number) for note in notes], seconds, seed=number)
            write(folder / label / f"{number}.wav", sound)
    return folder


def clips_of(folder):
    """Return the clips of a collection."""
    return find_clip_files(folder, SUFFIXES)


def clip(path, name=None, label="a", **more):
    """Return a clip that is a whole file."""
    return ClipFile(Path(path), name or Path(path).name, label, **more)


def content(path):
    """Return the content of a feature file: bytes of the datasets, and attributes."""
    found = {}

    def keep(name, item):
        found[name] = {key: str(value) for key, value in item.attrs.items()}
        if isinstance(item, h5py.Dataset):
            value = item[()]
            raw = value.tolist() if value.dtype == object else value.tobytes()
            found[name]["data"] = value.shape, item.dtype.str, item.chunks, raw
        else:
            found[name]["members"] = list(item)

    with h5py.File(path) as file:
        keep("/", file)
        file.visititems(keep)
    return found


def frames_of(path, name):
    """Return the frames of each clip of a file in the clips layout, by id."""
    with h5py.File(path) as file:
        ids = [one.decode() for one in file["clips/id"][()]]
        parts = np.split(file[name]["frames"][()], file[name]["offsets"][1:-1])
    return dict(zip(ids, parts, strict=True))


def attribute(path, name):
    """Return a root attribute: a list of lines, parsed JSON, or a text."""
    with h5py.File(path) as file:
        value = file.attrs.get(name)
    if isinstance(value, np.ndarray):
        return [str(line) for line in value]
    return json.loads(value) if isinstance(value, str) and value.startswith("{") else value
