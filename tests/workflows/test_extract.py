"""Feature extraction: content of the file, unusable recordings, interruption and resumption."""

import itertools
import os
import re
import shutil
import signal
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock, get_ident

import gpuclf
import h5py
import numpy as np
import pytest
import soxr
from gpuclf.audio.front_end import front_end_of
from gpuclf.audio.onnx_front_end import embedding_of
from gpuclf.audio.settings import Extraction
from gpuclf.audio.spectra import Spectra
from gpuclf.backend import resolve
from gpuclf.backend.gpu_exclusive import exclusive
from gpuclf.errors import BackendError, InputError, OutputError
from gpuclf.features.importers.clip_files import list_clip_files
from gpuclf.features.importers.csv_table import read_table
from gpuclf.workflows import extract as extracting
from gpuclf.workflows.extract import extract, extraction_of
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from fence import FENCE
from onnx_models import any_length_model, linear_model
from processes import SERVER
from recordings import (
    RATE,
    attribute,
    clip,
    clips_of,
    collection,
    content,
    cut,
    frames_of,
    noise,
    read_sound,
    tones,
    write,
)

Xa = Extraction(features="Xa", frame=64, sr=4000)
NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/"),
    min_size=1,
    max_size=12,
).filter(lambda name: name.strip() and not name.startswith("."))


def frames_of_clip(one, name, extraction):
    """Return the frames of one clip, extracted on its own."""
    part = {"start": one.start, "end": one.end, "duration": extraction.duration}
    with threadpool_limits(1, "blas"):  # rounding depends on the number of threads
        sound = read_sound(one.path, extraction.sr, **part)
        return Spectra(sound, extraction, resolve("cpu"))[name]


@pytest.fixture
def folder(tmp_path):
    return collection(tmp_path / "in")


# Content of the feature file.


@settings(max_examples=40)
@given(
    lengths=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(64, 900)), min_size=1, max_size=8
    ),
    data=st.data(),
)
def test_clips_of_any_length_are_written_in_order(tmp_path_factory, lengths, data):
    folder = tmp_path_factory.mktemp("t")
    clips = [
        clip(write(folder / f"{k}.wav", noise(count, k), 4000), f"c{k}", label, fold=k, group=label)
        for k, (label, count) in enumerate(lengths)
    ]
    clips = data.draw(st.permutations(clips))
    extracted = extract(clips, folder / "f", Xa, workers=1)
    assert extracted.clips == clips and not extracted.unusable
    frames = frames_of(folder / "f", "Xa")
    assert list(frames) == [one.id for one in clips]
    for one in clips:
        assert np.array_equal(frames[one.id], frames_of_clip(one, "Xa", Xa))
        assert len(frames[one.id]) == (lengths[one.fold][1] - 64) // 32 + 1
    with gpuclf.open_features(folder / "f") as store:
        table = store["Xa"].clips
        assert [table.labels[y] for y in table.y] == [one.label for one in clips]
        assert list(table.labels) == sorted({one.label for one in clips})
        assert [int(fold) for fold in table.folds] == [one.fold for one in clips]
        assert store["Xa"].lengths.tolist() == [len(frames[one.id]) for one in clips]


@given(names=st.lists(st.tuples(NAME, NAME), min_size=1, max_size=4, unique=True))
def test_names_are_stored_unchanged(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("t")
    for label, name in names:
        write(folder / "in" / label / f"{name}.wav", noise(100, hash(name) % 999), 4000)
    clips = clips_of(folder / "in")
    assert {one.id for one in clips} == {f"{label}/{name}.wav" for label, name in names}
    extract(clips, folder / "f", Xa, workers=1)
    with gpuclf.open_features(folder / "f") as store:
        table = store["Xa"].clips
        assert list(table.ids) == [one.id for one in clips]
        assert [table.labels[y] for y in table.y] == [one.label for one in clips]


@given(data=st.data())
def test_index_may_select_parts_of_the_same_file_in_any_order(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("t")
    for name in "xy":
        write(folder / f"{name}.wav", noise(2000, ord(name)), 4000)
    part = st.tuples(st.sampled_from("xy"), st.integers(0, 40), st.integers(2, 30))
    rows = data.draw(st.lists(part, min_size=1, max_size=6))
    lines = [
        f"{name}.wav,c{k},{'ab'[k % 2]},{first / 100},{(first + count) / 100}"
        for k, (name, first, count) in enumerate(rows)
    ]
    (folder / "i.csv").write_text("\n".join(["path,id,label,start,end", *lines]) + "\n")
    clips = list_clip_files(str(folder / "i.csv"), folder)
    extract(clips, folder / "f", Xa, workers=1)
    frames = frames_of(folder / "f", "Xa")
    assert list(frames) == [f"c{k}" for k in range(len(rows))]
    for k, (name, first, count) in enumerate(rows):
        sound = read_sound(folder / f"{name}.wav", 4000)[40 * first : 40 * (first + count)]
        assert np.array_equal(frames[f"c{k}"], Spectra(sound, Xa, resolve("cpu")).Xa)


def test_all_feature_sets_are_written_for_the_same_clips(folder, tmp_path):
    every = Extraction(features="Xa,Xs,Xn,mel,mfcc")
    clips = clips_of(folder)
    extract(clips, tmp_path / "f", every, workers=1)
    for name in every.features:
        frames = frames_of(tmp_path / "f", name)
        for one in (clips[0], clips[-1]):
            assert np.array_equal(frames[one.id], frames_of_clip(one, name, every))
    with gpuclf.open_features(tmp_path / "f") as store:
        assert extraction_of(store) == every
    made_with = attribute(tmp_path / "f", "made_with")
    assert re.fullmatch(r"gpuclf \S+, librosa \S+, numpy \S+, backend cpu", made_with)


def test_grid_is_cut_to_the_smallest_class_and_the_shortest_clip(tmp_path):
    counts = {"b": [900, 500, 700], "a": [600, 800]}
    for label, lengths in counts.items():
        for k, count in enumerate(lengths):
            write(tmp_path / "in" / label / f"{k}.wav", noise(count, k), 4000)
    clips = clips_of(tmp_path / "in")[::-1]  # the order of an index
    extract(clips, tmp_path / "f", Xa, grid=True, workers=1)
    with h5py.File(tmp_path / "f") as file:
        frames = file["Xa"][()]
        assert list(file.attrs["labels"]) == ["a", "b"] and "clips" not in file
    pairs = ((500 - 64) // 32 + 1) // 2
    assert frames.shape == (2, 2, pairs, 2, 64)
    first = frames_of_clip(clips[-1], "Xa", Xa)
    assert np.array_equal(frames[0, 1].reshape(-1, 64), first[: 2 * pairs])


def test_unlabelled_clips_are_written_without_labels(folder, tmp_path):
    clips = [replace(one, label=None) for one in clips_of(folder)]
    extract(clips, tmp_path / "f", workers=1)
    with gpuclf.open_features(tmp_path / "f") as store:
        assert store["mel"].clips.y is None


def test_number_of_workers_does_not_change_the_file(folder, tmp_path):
    progress = []
    extract(clips_of(folder), tmp_path / "one", workers=1)
    extract(clips_of(folder), tmp_path / "two", workers=2, on_clips=lambda *n: progress.append(n))
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert progress == [(k, 9) for k in range(10)]
    assert sorted(os.listdir(tmp_path)) == ["in", "one", "two"]


# Embeddings by an ONNX model.


@pytest.fixture
def embedding(tmp_path):
    return embedding_of(any_length_model(tmp_path / "bird.onnx"), sr=8000, window=0.1)


@pytest.mark.parametrize("workers", [1, 2])
def test_embeddings_are_a_feature_set_with_one_frame_per_window(
    backend, folder, tmp_path, embedding, workers
):
    clips = clips_of(folder)
    extracted = extract(clips, tmp_path / "f", embedding, backend=backend, workers=workers)
    assert extracted.clips == clips
    frames = frames_of(tmp_path / "f", "embedding")
    alone = front_end_of(embedding)
    for one in clips:
        sound = read_sound(one.path, 8000)
        expected = alone.frames(sound, alone.backend(backend))["embedding"]
        assert len(frames[one.id]) == 3 and np.array_equal(frames[one.id], expected)
    with gpuclf.open_features(tmp_path / "f") as store:
        assert extraction_of(store) == embedding


def test_the_file_names_the_model_its_digest_and_the_runtime(folder, tmp_path, embedding):
    extract(clips_of(folder)[:1], tmp_path / "f", embedding, backend="cpu", workers=1)
    made_with = r"gpuclf \S+, onnxruntime \d\S+ CPU, bird.onnx sha256:[0-9a-f]{64}, backend cpu"
    assert re.fullmatch(made_with, attribute(tmp_path / "f", "made_with"))
    assert embedding.digest in attribute(tmp_path / "f", "made_with")


def test_extraction_of_embeddings_resumes_and_workers_do_not_change_the_file(
    folder, tmp_path, embedding
):
    clips = clips_of(folder)
    interrupt(clips, tmp_path / "f", 4, embedding)
    assert extract(clips, tmp_path / "f", embedding, workers=2).n_extracted == 5
    extract(clips, tmp_path / "g", embedding, workers=1)
    assert content(tmp_path / "f") == content(tmp_path / "g")


def test_another_file_in_the_place_of_the_model_is_refused(folder, tmp_path, embedding):
    linear_model(tmp_path / "bird.onnx", 800)
    expected = r"bird.onnx: got the SHA-256 digest [0-9a-f]{12}…, expected [0-9a-f]{12}…, of the"
    with pytest.raises(InputError, match=expected):
        extract(clips_of(folder), tmp_path / "f", embedding, workers=1)
    (tmp_path / "bird.onnx").unlink()
    with pytest.raises(InputError, match=r"bird.onnx: got no such file, expected the ONNX model"):
        extract(clips_of(folder), tmp_path / "f", embedding, workers=1)


# Backends.


@pytest.mark.parametrize("workers", [1, 2])
def test_every_backend_extracts_the_same_features_to_rounding(backend, folder, tmp_path, workers):
    both = Extraction(features="mel,mfcc,Xa")
    extracted = extract(clips_of(folder), tmp_path / "f", both, backend=backend, workers=workers)
    extract(clips_of(folder), tmp_path / "g", both, backend="cpu", workers=1)
    assert extracted.backend == f"{backend.name}, {backend.device}"
    assert attribute(tmp_path / "f", "made_with").endswith(f", backend {backend.name}")
    for name, tolerance in (("mel", 2e-5), ("mfcc", 2e-4), ("Xa", 0)):
        own, cpu = frames_of(tmp_path / "f", name), frames_of(tmp_path / "g", name)
        assert list(own) == list(cpu)
        assert all(np.allclose(own[key], cpu[key], rtol=0, atol=tolerance) for key in cpu)


def test_order_and_number_of_workers_do_not_change_the_bytes_on_any_backend(
    backend, folder, tmp_path
):
    clips = clips_of(folder)
    both = Extraction(features="mel,mfcc")
    extract(clips, tmp_path / "f", both, backend=backend, workers=1)
    extract(clips[::-1], tmp_path / "g", both, backend=backend, workers=2)
    for name in both.features:
        one, other = frames_of(tmp_path / "f", name), frames_of(tmp_path / "g", name)
        assert all(one[key].tobytes() == other[key].tobytes() for key in one)


def test_processes_compute_what_threads_compute(folder, tmp_path):
    clips = clips_of(folder)
    extract(clips, tmp_path / "f", Extraction(features="mel,Xs"), backend="cpu", workers=2)
    extract(clips, tmp_path / "g", Extraction(features="mel"), backend="cpu", workers=2)
    one, other = frames_of(tmp_path / "f", "mel"), frames_of(tmp_path / "g", "mel")
    assert all(np.array_equal(one[key], other[key]) for key in one)


def test_features_that_the_gpu_cannot_compute_do_not_need_one(folder, tmp_path, monkeypatch):
    def no_gpu(*_):
        raise BackendError("no GPU")

    monkeypatch.setattr("gpuclf.backend.gpu", no_gpu)
    extracted = extract(clips_of(folder), tmp_path / "f", Xa, backend="gpu", workers=1)
    assert extracted.backend.startswith("cpu, ")


def test_frames_of_another_backend_are_not_resumed(folder, tmp_path):
    clips = clips_of(folder)
    interrupt(clips, tmp_path / "f", 6)
    fenced = Extraction(features="mel")
    assert extract(clips, tmp_path / "f", fenced, backend=FENCE, workers=1).n_extracted == 9
    extract(clips, tmp_path / "g", fenced, backend=FENCE, workers=1)
    assert content(tmp_path / "f") == content(tmp_path / "g")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_of_the_device_ends_the_extraction_and_is_no_fault_of_a_recording(
    folder, tmp_path, workers
):
    lock, turns = Lock(), itertools.count()

    @contextmanager
    def failing():
        with exclusive(lock):
            if next(turns) == 5:
                raise RuntimeError("cudaErrorECCUncorrectable")
            yield

    broken = replace(FENCE, exclusive=failing)
    with pytest.raises(BackendError, match=r"^the GPU failed \(cudaErrorECCUncorrectable\)$"):
        extract(clips_of(folder), tmp_path / "f", backend=broken, workers=workers)
    extracted = extract(clips_of(folder), tmp_path / "f", backend=FENCE, workers=1)
    assert 0 < extracted.n_extracted < 9 and not extracted.unusable


def test_every_thread_that_computes_selects_the_device(folder, tmp_path):
    selected, computing = set(), set()

    def to_host(array):
        computing.add(get_ident())
        return FENCE.to_host(array)

    watched = replace(FENCE, activate=lambda: selected.add(get_ident()), to_host=to_host)
    extract(clips_of(folder), tmp_path / "f", backend=watched, workers=2)
    assert computing and computing <= selected


def test_a_worker_process_without_the_gpu_does_not_fall_back_to_the_cpu(folder, tmp_path):
    missing = replace(FENCE, name="gpu", number=99)
    with pytest.raises(BackendError):
        extract(
            clips_of(folder),
            tmp_path / "f",
            Extraction(features="mel,Xs"),
            backend=missing,
            workers=2,
        )
    assert os.listdir(tmp_path) == ["in"]


# The same recordings in other formats.


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Clips, classifier and feature vectors of WAV files at 22,050 Hz."""
    folder = tmp_path_factory.mktemp("trained")
    clips = clips_of(collection(folder / "in", each=5, seconds=0.5))
    extraction = Extraction(features="mel")
    extract(clips, folder / "f", extraction, workers=1)
    with gpuclf.open_features(folder / "f") as store:
        vectors = gpuclf.aggregate(store["mel"], n_vectors=2, rectify=False, statistics=["mean"])
    model = gpuclf.ClipClassifier(scale="std", kernel="linear").fit(vectors.X, vectors.y)
    return clips, model, vectors


@pytest.mark.parametrize(
    ("suffix", "rate", "tolerance"),
    [("flac", RATE, 0), ("flac", 44_100, 0.3), ("wav", 48_000, 0.3), ("ogg", 44_100, 3)],
)
def test_format_and_sampling_rate_do_not_change_the_predictions(
    tmp_path, trained, suffix, rate, tolerance
):
    """Mean levels in dB are compared below 9 kHz, in the pass band of the resampling filter."""
    clips, model, vectors = trained
    for one in clips:
        sound = soxr.resample(read_sound(one.path, RATE), RATE, rate, quality="VHQ")
        write(tmp_path / one.label / f"{one.path.stem}.{suffix}", sound, rate)
    extract(clips_of(tmp_path), tmp_path / "f", Extraction(features="mel"), workers=1)
    with gpuclf.open_features(tmp_path / "f") as store:
        other = gpuclf.aggregate(store["mel"], n_vectors=2, rectify=False, statistics=["mean"])
    below = np.arange(128) < 118
    difference = np.abs(other.X - vectors.X)[..., :128][..., below]
    assert np.median(difference) <= tolerance
    assert np.array_equal(model.predict(other.X), model.predict(vectors.X))
    assert np.array_equal(model.predict(vectors.X), vectors.y)


# Unusable recordings.


FAULTS = {
    "empty.wav": lambda path: path.write_bytes(b""),
    "text.mp3": lambda path: path.write_text("Dear diary"),
    "silent.wav": lambda path: write(path, np.zeros(9000)),
    "short.flac": lambda path: write(path, noise(500)),
    "nan.wav": lambda path: write(path, np.full(9000, np.nan), subtype="FLOAT"),
    "none.wav": lambda path: write(path, np.zeros(0)),
}
REASONS = {
    "empty.wav": "cannot be decoded: an empty file",
    "text.mp3": "cannot be decoded: ",
    "silent.wav": "is silent",
    "short.flac": "has 500 samples, fewer than one frame (2048)",
    "nan.wav": "contains NaN or infinite values",
    "none.wav": "has no samples",
}


@pytest.fixture
def faulty(folder):
    for name, make in FAULTS.items():
        make(folder / "jazz" / name)
    return folder


def test_unusable_recordings_are_skipped_and_reported(faulty, tmp_path):
    extracted = extract(clips_of(faulty), tmp_path / "f", workers=1)
    assert len(extracted.clips) == 9 and extracted.n_extracted == 15
    assert set(extracted.unusable) == {f"jazz/{name}" for name in FAULTS}
    for name, reason in REASONS.items():
        assert extracted.unusable[f"jazz/{name}"].startswith(reason)
    lines = attribute(tmp_path / "f", "unusable")
    assert lines == [f"{name} {reason}" for name, reason in extracted.unusable.items()]
    shutil.rmtree(faulty)
    extract(clips_of(collection(faulty)), tmp_path / "g", workers=1)
    with_faults, without = content(tmp_path / "f"), content(tmp_path / "g")
    del with_faults["/"]["unusable"]
    assert with_faults == without


def test_strict_raises_for_the_first_unusable_recording_and_keeps_the_checkpoint(faulty, tmp_path):
    clips = clips_of(faulty)
    message = "jazz/empty.wav: got a recording that cannot be .*, and 5 more, expected a usable"
    with pytest.raises(InputError, match=message):
        extract(clips, tmp_path / "f", strict=True, workers=1)
    assert sorted(os.listdir(tmp_path)) == ["f.extracting", "in"]
    assert extract(clips, tmp_path / "f", workers=1).n_extracted == 0
    assert sorted(os.listdir(tmp_path)) == ["f", "in"]


@pytest.fixture
def truncated(folder):
    cut(write(folder / "jazz" / "cut.wav", noise(2 * RATE)))
    return folder


def test_truncated_recordings_are_used_and_reported(truncated, tmp_path):
    extracted = extract(clips_of(truncated), tmp_path / "f", workers=1)
    assert len(extracted.clips) == 10 and not extracted.unusable
    assert extracted.damaged == {"jazz/cut.wav": "is truncated: 1.00 of 2.00 s"}
    assert attribute(tmp_path / "f", "damaged") == ["jazz/cut.wav is truncated: 1.00 of 2.00 s"]
    frames = frames_of(tmp_path / "f", "mel")["jazz/cut.wav"]
    assert abs(len(frames) - 1 * RATE / 512) < 2


def test_strict_raises_for_a_truncated_recording(truncated, tmp_path):
    message = r"cut\.wav: got a recording that is truncated: .*; omit --strict to use what can be"
    with pytest.raises(InputError, match=message):
        extract(clips_of(truncated), tmp_path / "f", strict=True, workers=1)
    assert extract(clips_of(truncated), tmp_path / "f", workers=1).n_extracted == 0


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("features", ["mel", "Xa"])
def test_no_error_in_one_recording_ends_the_extraction(
    folder, tmp_path, monkeypatch, workers, features
):
    def fails(*_):
        raise ZeroDivisionError("broken\nin the library")

    monkeypatch.setattr(Spectra, "mel", property(fails))
    write(folder / "jazz" / "silent.wav", np.zeros(9000))
    clips = clips_of(folder)
    if features == "mel":
        with pytest.raises(InputError, match="cannot be processed: ZeroDivisionError: broken, and"):
            extract(clips, tmp_path / "f", workers=workers)
    else:
        extracted = extract(clips, tmp_path / "f", Extraction(features="Xa"), workers=workers)
        assert list(extracted.unusable) == ["jazz/silent.wav"]


def test_error_of_the_checkpoint_ends_the_extraction(folder, tmp_path, monkeypatch):
    def full(*_):
        raise OutputError("f", got="a full disk", expected="more space")

    monkeypatch.setattr(extracting.ExtractionCheckpoint, "save", full)
    with pytest.raises(OutputError, match="full disk"):
        extract(clips_of(folder), tmp_path / "f", workers=1)


def test_channel_is_extracted_and_stored_in_the_file(tmp_path):
    left, right = tones([440], 0.5), tones([1000], 0.5)
    stereo = clip(write(tmp_path / "s.wav", np.stack([left, right], axis=1)), "stereo")
    mono = clip(write(tmp_path / "m.wav", right), "mono")
    for channel, equal in (("right", True), ("left", False), ("mix", False)):
        chosen = Extraction(channel=channel)
        extract([stereo, mono], tmp_path / "f", chosen, workers=1)
        with gpuclf.open_features(tmp_path / "f") as store:
            assert extraction_of(store) == chosen
        frames = frames_of(tmp_path / "f", "mel")
        assert np.array_equal(frames["stereo"], frames["mono"]) == equal


def test_no_usable_recording_raises(tmp_path):
    FAULTS["empty.wav"](write(tmp_path / "in" / "a" / "b.wav", noise(9)))
    with pytest.raises(InputError, match=r"a/b\.wav: got a recording that cannot be decoded"):
        extract(clips_of(tmp_path / "in"), tmp_path / "f", workers=1)
    assert not (tmp_path / "f").exists()


def test_duplicate_recordings_are_reported(folder, tmp_path):
    sound = tones([440, 880])
    write(folder / "jazz" / "x.wav", sound)
    write(folder / "rock" / "y.flac", sound)
    extracted = extract(clips_of(folder), tmp_path / "f", workers=1)
    assert extracted.duplicates == [["jazz/x.wav", "rock/y.flac"]]
    assert attribute(tmp_path / "f", "alike") == ["jazz/x.wav = rock/y.flac"]


def test_file_with_two_ids_is_reported_as_duplicates(tmp_path):
    path = write(tmp_path / "x.wav", noise(3000))
    extracted = extract([clip(path, "one"), clip(path, "two")], tmp_path / "f", workers=1)
    assert extracted.duplicates == [["one", "two"]]
    one, two = frames_of(tmp_path / "f", "mel").values()
    assert np.array_equal(one, two)


def test_lines_that_do_not_fit_in_the_attribute_are_counted(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("gpuclf.features.list_attribute.ATTRIBUTE_BYTES", 150)
    for number in range(9):
        write(folder / "jazz" / f"s{number}.wav", np.zeros(5000))
    extract(clips_of(folder), tmp_path / "f", workers=1)
    lines = attribute(tmp_path / "f", "unusable")
    assert lines[0] == "jazz/s0.wav is silent" and lines[-1] == "and 5 more" and len(lines) == 5


def test_recording_deleted_during_the_extraction_is_skipped(folder, tmp_path):
    clips = clips_of(folder)
    last = clips[-1]
    delete = {"on_clips": lambda *_: last.path.unlink(missing_ok=True)}
    extracted = extract(clips, tmp_path / "f", workers=1, **delete)
    assert list(extracted.unusable) == [last.id] and len(extracted.clips) == 8


# Interrupted and resumed.


class StopError(Exception):
    """Raised to interrupt an extraction."""


def interrupt(clips, output, after, extraction=None):
    """Interrupt an extraction after a number of recordings."""

    def on_clips(done, _):
        if done == after:
            raise StopError

    with pytest.raises(StopError):
        extract(clips, output, extraction, workers=1, on_clips=on_clips)


@settings(max_examples=8)
@given(after=st.integers(0, 9))
def test_interrupted_extraction_resumes_and_writes_the_same_file(tmp_path_factory, after):
    folder = tmp_path_factory.mktemp("t")
    clips = clips_of(collection(folder / "in", seconds=0.1))
    interrupt(clips, folder / "f", after)
    assert not (folder / "f").exists()
    assert extract(clips, folder / "f", workers=1).n_extracted == 9 - after
    extract(clips, folder / "g", workers=1)
    assert content(folder / "f") == content(folder / "g")
    assert sorted(os.listdir(folder)) == ["f", "g", "in"]


def test_only_modified_recordings_are_extracted_again(folder, tmp_path):
    clips = clips_of(folder)
    interrupt(clips, tmp_path / "f", 6)
    write(clips[1].path, tones([1234]))
    os.utime(clips[1].path, ns=(1, 1))
    os.utime(clips[2].path, ns=(1, 1))
    assert extract(clips, tmp_path / "f", workers=1).n_extracted == 5
    extract(clips, tmp_path / "g", workers=1)
    assert content(tmp_path / "f") == content(tmp_path / "g")


def test_checkpoint_of_other_parameters_is_not_used(folder, tmp_path):
    clips = clips_of(folder)
    interrupt(clips, tmp_path / "f", 6)
    other = Extraction(n_mels=40)
    assert extract(clips, tmp_path / "f", other, workers=1).n_extracted == 9
    extract(clips, tmp_path / "g", other, workers=1)
    assert content(tmp_path / "f") == content(tmp_path / "g")
    assert sorted(os.listdir(tmp_path)) == ["f", "g", "in"]


def test_added_recording_is_the_only_one_extracted(folder, tmp_path):
    interrupt(clips_of(folder), tmp_path / "f", 9)
    write(folder / "jazz" / "late.wav", tones([333]))
    assert extract(clips_of(folder), tmp_path / "f", workers=1).n_extracted == 1


def test_existing_output_is_kept_until_the_new_one_is_complete(folder, tmp_path):
    (tmp_path / "f").write_text("old")
    interrupt(clips_of(folder), tmp_path / "f", 9)
    assert (tmp_path / "f").read_text() == "old"


def test_other_file_in_the_checkpoint_folder_is_ignored(folder, tmp_path):
    (tmp_path / "f.extracting").mkdir()
    (tmp_path / "f.extracting" / "notes.json").write_text("mine")
    assert extract(clips_of(folder), tmp_path / "f", workers=1).n_extracted == 9


def _kill_while_writing(clips, output):
    extracting.write_clip_files = _write_half
    extract(clips, output, workers=1)


def _write_half(output, clips, frames, *_, **__):
    from gpuclf._utils.files import replacing

    with replacing(output) as draft:
        draft.write_bytes(b"half")
        next(frames)
        os.kill(os.getpid(), signal.SIGKILL)


def test_extraction_killed_while_writing_resumes_and_removes_its_temporary_files(folder, tmp_path):
    clips = clips_of(folder)
    process = SERVER.Process(target=_kill_while_writing, args=(clips, tmp_path / "f"))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL and not (tmp_path / "f").exists()
    assert extract(clips, tmp_path / "f", workers=1).n_extracted == 0
    assert sorted(os.listdir(tmp_path)) == ["f", "in"]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("in", "in: got a folder, expected the path of a file to write"),
        ("no/f", "no/f: got a folder that does not exist"),
        ("in/jazz/0.wav", "0.wav: got the path of an input"),
    ],
)
def test_output_path_that_is_not_writable_raises_before_the_extraction(
    folder, tmp_path, output, message
):
    with pytest.raises(OutputError, match=message):
        extract(clips_of(folder), tmp_path / output, workers=1)
    assert os.listdir(tmp_path) == ["in"] and len(clips_of(folder)) == 9


def test_grid_of_clips_of_one_frame_raises(tmp_path):
    one = clip(write(tmp_path / "a.wav", noise(64), 4000))
    with pytest.raises(InputError, match="grid: got a clip of one frame, expected at least two"):
        extract([one], tmp_path / "f", Xa, grid=True, workers=1)


# Real recordings.


def test_constant_q_of_real_recordings_equals_the_reference(esc10, tmp_path):
    """Within 1e-4 of the peak of a recording.

    The overlapped frames of the reference are a transform of the signal from sample 512 on, so that
    the first nine of them differ; recordings of less than five seconds are padded there.
    """
    root = Path(esc10).parent
    table = read_table(str(root / "clips.csv"))
    rows = dict(zip(table.texts("path"), table.numbers("clip"), strict=True))
    clips = list_clip_files(str(root / "clips.csv"), root / "audio")[::20]
    extract(clips, tmp_path / "f", Extraction(features="Xs", duration=5), workers=1)
    frames, agree, short = frames_of(tmp_path / "f", "Xs"), 0, 0
    with h5py.File(esc10) as file:
        labels = [label.decode() for label in file.attrs["labels"]]
        for one in clips:
            reference = file["Xs"][labels.index(one.label), rows[one.id]]
            if len(read_sound(one.path, RATE)) < 5 * RATE:
                short += 1
                continue
            own = frames[one.id][:214].reshape(107, 2, 96)
            error = np.abs(own - reference) / np.abs(reference).max()
            agree += error[:, 0].max() < 1e-4 and error[9:, 1].max() < 2e-4
    assert agree + short == len(clips) == 20 and short <= 4


def test_a_full_disk_is_no_fault_of_a_recording(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    clips = [clip(write(tmp_path / "a.wav", noise(9000)))]
    with monkeypatch.context() as patch, pytest.raises(OutputError, match="got a full disk"):
        patch.setattr("gpuclf.audio.front_end.Spectra", full)
        extract(clips, tmp_path / "f", workers=1)
    assert extract(clips, tmp_path / "f", workers=1).unusable == {}
