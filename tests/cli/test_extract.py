"""The command extract: output, errors, and interruption by signals."""

import json
import os
import random
import re
import resource
import shlex
import signal
import subprocess
import sys
import time

import gpuclf
import numpy as np
import psutil
import pytest
from gpuclf.audio.extraction_checkpoint import ExtractionCheckpoint
from gpuclf.audio.settings import Extraction
from gpuclf.backend import _resolve
from gpuclf.errors import BackendError

from processes import Bench
from recordings import attribute, collection, content, cut, encode, noise, tones, write

HEAVY = ("librosa", "soundfile", "soxr", "joblib")
EXTRACT = ("extract", "in", "r.json", "--features", "Xs", "--workers")  # `Bench` calls it so


def flat(text):
    return " ".join(text.split())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return collection(tmp_path / "in")


def test_a_folder_is_extracted_and_the_printed_command_evaluates_it(run, folder, tmp_path):
    status, out, err = run("extract", "in", "f.hdf5", "--workers", "1")
    assert (status, err) == (0, "")
    assert "mel: 9 clips of 3 classes, 13 frames per clip, 256 features" in flat(out)
    assert re.search(r"time +extract [\d.]+ s, write [\d.]+ s, total [\d.]+ s", out)
    assert out.endswith("Next: gpuclf evaluate f.hdf5\n") and "skipped" not in out
    words = out.splitlines()[-1].removeprefix("Next: gpuclf ").split()
    quick = ("--folds", "2", "--repeats", "2", "--split", "stratified-kfold")
    status, _, err = run(*words, *quick, "--backend", "cpu", "--json", "r.json")
    assert status == 0, err
    assert json.loads((tmp_path / "r.json").read_text())["accuracy"] > 0.6
    assert sorted(os.listdir(tmp_path)) == ["f.hdf5", "in", "r.json"]


def test_the_backend_is_printed_and_a_missing_gpu_is_an_error_before_the_extraction(
    run, refused, folder, tmp_path, monkeypatch
):
    def no_gpu(*_):
        raise BackendError("no working CUDA device")

    monkeypatch.setattr("gpuclf.backend.gpu", no_gpu)
    monkeypatch.setattr("gpuclf.backend._resolve", _resolve.__wrapped__)
    line = refused("extract", "in", "f", "--backend", "gpu")
    assert line == "gpuclf: error: no working CUDA device\n"
    assert os.listdir(tmp_path) == ["in"]
    for options in (("--backend", "cpu"), ()):
        status, out, _ = run("extract", "in", "f", "--workers", "1", *options)
        assert status == 0 and re.search(r"backend +cpu, \d+ core", out)


def test_a_backend_without_features_that_it_computes_is_refused(refused, folder, tmp_path):
    for option in (("--backend", "gpu"), ("--device", "0")):
        line = refused("extract", "in", "f", "--features", "Xs", *option)
        assert f"{option[0]}: got no effect with --features Xs, expected --features mel or" in line
    assert os.listdir(tmp_path) == ["in"]


def test_the_preset_is_stored_in_the_file(run, folder):
    status, out, _ = run("extract", "in", "f", "--preset", "thesis", "--grid", "--workers", "1")
    assert status == 0
    for text in ("Xa: 9 clips", "1024 features", "Xs: 9 clips", "Xn: 9 clips", "96 features"):
        assert text in flat(out)
    assert attribute("f", "gpuclf_preset") == "thesis"
    assert attribute("f", "gpuclf_extraction")["features"] == ["Xa", "Xs", "Xn"]
    assert "(3, 3, 6, 2, 96)" in run("info", "f")[1]


def test_options_take_precedence_over_the_preset(run, folder):
    more = ("--preset", "thesis", "--features", "mfcc", "--n-mfcc", "13", "--no-deltas")
    status, out, _ = run("extract", "in", "f", *more, "--workers", "1")
    assert status == 0 and "mfcc: 9 clips of 3 classes, 13 frames per clip, 13 features" in flat(
        out
    )


def test_an_index_defines_groups_folds_and_segments(run, folder, tmp_path):
    rows = "jazz/0.wav,A,g1,0,0,.1\njazz/0.wav,A,g1,0,.1,.3\nrock/1.wav,B,g2,1,0,.2\n"
    (tmp_path / "i.csv").write_text("path,label,group,fold,start,end\n" + rows)
    status, out, err = run("extract", "in", "f", "--index", "i.csv", "--workers", "1")
    assert status == 0, err
    assert "mel: 3 clips of 2 classes, 2 groups, 2 folds, 5 to 9 frames per clip" in flat(out)


def test_skipped_and_duplicate_recordings_are_reported_and_the_status_is_0(run, folder):
    (folder / "jazz" / "e.mp3").write_bytes(b"")
    write(folder / "rock" / "s s.wav", 0 * noise(9000))
    write(folder / "rock" / "same.wav", tones([99]))
    write(folder / "blues" / "same.flac", tones([99]))
    status, out, _ = run("extract", "in", "f", "--workers", "1")
    assert status == 0 and "mel: 11 clips of 3 classes" in flat(out)
    assert "skipped 2 recordings: jazz/e.mp3 cannot be decoded: " in flat(out)
    assert "; rock/s s.wav is silent" in flat(out)
    assert "duplicate recordings 1 group: blues/same.flac = rock/same.wav" in flat(out)
    stored = "\n".join(attribute("f", "unusable"))
    assert "jazz/e.mp3" in stored and "rock/s s.wav is silent" in stored


def test_truncated_recordings_are_used_and_reported_and_refused_with_strict(run, refused, folder):
    cut(write(folder / "jazz" / "cut.wav", noise(2 * 22_050)))
    err = refused("extract", "in", "f", "--strict", "--workers", "1")
    assert "jazz/cut.wav: got a recording that is truncated: 1.00 of 2.00 s" in err
    status, out, _ = run("extract", "in", "f", "--workers", "1")
    assert status == 0 and "mel: 10 clips" in flat(out)
    assert "damaged, but used 1 recording: jazz/cut.wav is truncated: 1.00 of 2.00 s" in flat(out)


def test_recordings_of_phones_and_those_without_a_suffix_are_extracted(run, folder):
    encode(folder / "jazz" / "phone.M4A", tones([99]), 22_050, "aac")
    encode(folder / "jazz" / "voice.webm", tones([99], rate=48_000), 48_000, "libopus")
    write(folder / "rock" / "x.wav", tones([99])).rename(folder / "rock" / "take 1")
    status, out, err = run("extract", "in", "f", "--workers", "1")
    assert (status, err) == (0, "") and "mel: 12 clips of 3 classes" in flat(out)


@pytest.mark.filterwarnings("always::UserWarning")
def test_a_class_whose_recordings_cannot_be_decoded_is_reported(run, folder):
    (folder / "pop").mkdir()
    (folder / "pop" / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").write_text("no sound")
    status, out, err = run("extract", "in", "f", "--workers", "1")
    assert status == 0 and "skipped 1 recording: pop/a.m4a cannot be decoded: " in flat(out)
    assert "in/texts: class skipped, none of its files is a recording" in err


def test_antiphase_is_skipped_unless_a_channel_is_chosen(run, folder):
    sound = tones([440], 0.5)
    write(folder / "rock" / "wide.wav", np.stack([sound, -sound], axis=1))
    _, out, _ = run("extract", "in", "f", "--workers", "1")
    assert "rock/wide.wav has channels that cancel in their mean" in flat(out)
    assert "choose one with --channel left, right or first" in flat(out)
    status, out, _ = run("extract", "in", "f", "--channel", "left", "--workers", "1")
    assert status == 0 and "skipped" not in out and "mel: 10 clips" in flat(out)
    assert attribute("f", "gpuclf_extraction")["channel"] == "left"


def test_many_skipped_recordings_are_counted_but_not_all_listed(run, folder):
    for number in range(25):
        (folder / "jazz" / f"e{number:02}.wav").touch()
    _, out, _ = run("extract", "in", "f", "--workers", "1")
    assert "25 recordings: jazz/e00.wav" in flat(out) and "e20.wav" not in out
    assert len(attribute("f", "unusable")) == 25


def test_strict_stops_at_an_unusable_recording_and_keeps_the_checkpoint(
    run, refused, folder, tmp_path
):
    (folder / "jazz" / "e.mp3").write_bytes(b"")
    err = refused("extract", "in", "f", "--strict", "--workers", "1")
    assert "jazz/e.mp3: got a recording that cannot be decoded: " in err
    assert sorted(os.listdir(tmp_path)) == ["f.extracting", "in"]
    (folder / "jazz" / "e.mp3").unlink()
    status, _, err = run("extract", "in", "f", "--strict", "--workers", "1")
    assert (status, err) == (0, "") and sorted(os.listdir(tmp_path)) == ["f", "in"]


# Errors.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing", "f"), "nothing: got no such folder"),
        (("in/jazz", "f"), "in/jazz: got no clip, expected audio files, such as .wav"),
        (("in", "in"), "in: got a folder, expected the path of a file to write"),
        (("in", "no/f"), "no/f: got a folder that does not exist"),
        (("in", "locked"), "locked: got a read-only file"),
        (("in", "in/jazz/0.wav"), "in/jazz/0.wav: got the path of an input"),
        (("in", "f", "--index", "none.csv"), "none.csv: got no such file"),
        (("in", "f", "--features", "chroma"), "features: got 'chroma'"),
        (("in", "f", "--sr", "8000", "--fmax", "5000"), "fmax: got 5000.0, expected at most 4000"),
        (("in", "f", "--workers", "0"), "Invalid value for '--workers'"),
        (("in", "f", "--preset", "mine"), "Invalid value for '--preset'"),
        (("in",), "Missing argument 'OUT.hdf5'"),
    ],
)
def test_invalid_input_is_one_line_and_writes_no_file(
    refused, folder, tmp_path, arguments, message
):
    (tmp_path / "locked").touch(0o444)
    assert message in refused("extract", *arguments)
    assert sorted(os.listdir(tmp_path)) == ["in", "locked"]
    assert len(os.listdir(folder / "jazz")) == 3


def test_the_output_cannot_replace_the_index(refused, folder, tmp_path):
    (tmp_path / "i.csv").write_text("path,label\njazz/0.wav,A\n")
    words = ("extract", "in", "i.csv", "--index", "i.csv", "--workers", "1")
    assert "i.csv: got the path of an input" in refused(*words)


def test_bytes_of_a_file_name_that_are_not_utf_8_are_escaped(run, folder):
    write(folder / "jazz" / "x.wav", noise(9000)).rename(os.fsdecode(b"in/jazz/\xff.wav"))
    status, out, _ = run("extract", "in", "f", "--workers", "1")
    assert status == 0 and "10 clips" in flat(out)
    with gpuclf.open_features("f") as store:
        assert r"jazz/\xff.wav" in store["mel"].clips.ids


def test_folders_that_are_not_utf_8_are_separate_classes_to_the_end(run, folder):
    for name in (b"in/caf\xe8", b"in/caf\xe9"):
        for take in range(3):
            write(folder / "new" / f"{take}.wav", noise(9000))
        (folder / "new").rename(os.fsdecode(name))
    assert run("extract", "in", "f", "--workers", "1")[0] == 0
    status, out, _ = run("evaluate", "f", "--split", "stratified-kfold", "--folds", "2")
    assert status == 0 and r"caf\xe8" in out and r"caf\xe9" in out
    with gpuclf.open_features("f") as store:
        assert len(store.labels) == 5


def test_recordings_without_a_row_in_the_index_are_counted(run, folder, tmp_path):
    (tmp_path / "i.csv").write_text("path,label\njazz/0.wav,A\nblues/0.wav,B\n")
    _, out, _ = run("extract", "in", "f", "--index", "i.csv", "--workers", "1")
    assert "not listed 7 recordings of in, skipped" in " ".join(out.split())


@pytest.mark.parametrize("name", ["librosa", "soundfile", "soxr"])
def test_a_missing_audio_library_is_an_error_with_the_command_that_installs_it(
    refused, folder, tmp_path, monkeypatch, name
):
    monkeypatch.setitem(sys.modules, name, None)
    err = refused("extract", "in", "f")
    assert err.endswith("expected python -m pip install 'gpuclf[audio]'\n") and name in err
    assert os.listdir(tmp_path) == ["in"]


def test_import_and_help_load_no_audio_library():
    code = (
        "import sys, gpuclf\n"
        "from gpuclf.cli import main\n"
        "try: main(['extract', '--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_damaged_files_of_the_checkpoint_are_extracted_again(run, folder, tmp_path):
    (folder / "jazz" / "e.mp3").write_bytes(b"")
    assert run("extract", "in", "f", "--strict", "--workers", "1")[0] == 2  # keeps the checkpoint
    (folder / "jazz" / "e.mp3").unlink()
    first, second, third, *_ = sorted((tmp_path / "f.extracting").glob("*.npz"))
    first.write_bytes(b"")
    second.write_bytes(second.read_bytes()[:200])
    third.write_bytes(b"garbage")
    assert run("extract", "in", "f", "--workers", "1")[0] == 0
    assert run("extract", "in", "other", "--workers", "1")[0] == 0
    assert content("f") == content("other")
    assert sorted(os.listdir(tmp_path)) == ["f", "in", "other"]


def test_an_output_that_another_extraction_writes_is_an_error(refused, folder, tmp_path):
    with ExtractionCheckpoint("f", Extraction(), "cpu").opened():
        err = refused("extract", "in", "f", "--workers", "1")
        assert "f.extracting/lock: got the lock of another process" in err
    assert os.listdir(tmp_path) == ["in"]


# Interrupted, in separate processes.


class ExtractionBench(Bench):
    """A folder of recordings in which extractions write the feature file ``r.json``."""

    def __init__(self, folder, recordings):
        (folder / "in").symlink_to(recordings)
        self.folder, self.output = folder, folder / "r.json"
        self.work = folder / "r.json.extracting"
        self.stderr = folder.with_name(f"{folder.name}.err")
        self.environment = {}

    def finished(self):
        """Return the number of finished recordings."""
        return len(list(self.work.glob("*.npz"))) if self.work.exists() else 0


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    return collection(tmp_path_factory.mktemp("recordings") / "in", each=8, seconds=1)


@pytest.fixture(scope="module")
def undisturbed(recordings, tmp_path_factory):
    bench = ExtractionBench(tmp_path_factory.mktemp("undisturbed"), recordings)
    assert bench.finish((*EXTRACT, "1"))[0] == 0
    return content(bench.output)


@pytest.fixture
def bench(recordings, tmp_path):
    return ExtractionBench(tmp_path, recordings)


def test_an_extraction_killed_several_times_resumes_to_the_same_file(bench, undisturbed):
    rng, kills, counts = random.Random(0), 0, [0]
    while kills < 3:
        process = bench.start((*EXTRACT, "1"))
        wanted = counts[-1] + rng.randrange(1, 7)
        bench.wait(process, lambda wanted=wanted: bench.finished() >= wanted)
        time.sleep(rng.uniform(0, 0.02))
        process.kill()
        if bench.end(process)[0] == 0:  # killed too late
            assert content(bench.output) == undisturbed
            bench.output.unlink()
            kills, counts = 0, [0]
            continue
        assert process.exitcode == -signal.SIGKILL and not bench.output.exists()
        counts.append(bench.finished())
        kills += 1
    assert counts == sorted(set(counts)), "a kill lost finished recordings"
    process = bench.start((*EXTRACT, "1"))
    before = {path.name: path.stat().st_mtime_ns for path in bench.work.glob("*.npz")}
    bench.wait(process, lambda: bench.finished() > len(before) or bench.output.exists())
    now = {path.name: path.stat().st_mtime_ns for path in bench.work.glob("*.npz")}
    assert not now or before.items() <= now.items(), "finished recordings are extracted again"
    assert bench.end(process)[0] == 0 and content(bench.output) == undisturbed
    assert sorted(os.listdir(bench.folder)) == ["in", "r.json"]


SAVED = "progress saved to r.json.extracting; rerun the same command to resume"


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGINT, 130, ["gpuclf: interrupted"]), (signal.SIGTERM, 143, [])],
)
def test_a_signal_keeps_the_checkpoint_and_prints_how_to_resume(long_bench, number, status, said):
    bench = long_bench  # long enough not to end before the signal
    process = bench.start((*EXTRACT, "1"))
    bench.wait(process, lambda: bench.finished() > 3)
    os.kill(process.pid, number)
    ended, err = bench.end(process)
    hint, command, *end = messages(err)
    assert (ended, hint, end) == (status, f"gpuclf: {SAVED}:", said)
    assert command.endswith(shlex.join(EXTRACT) + " 1")
    assert bench.finished() > 3 and not bench.output.exists()
    assert sorted(os.listdir(bench.folder)) == ["in", "r.json.extracting"]


@pytest.fixture(scope="module")
def long_recordings(tmp_path_factory):
    return collection(tmp_path_factory.mktemp("long") / "in", each=10, seconds=8)


@pytest.fixture
def long_bench(long_recordings, tmp_path):
    return ExtractionBench(tmp_path, long_recordings)


def limit_files():
    """Make writing fail above 10 kB, as on a full disk."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, most))


def test_a_full_disk_is_an_error_of_one_line_after_which_it_resumes(bench, undisturbed):
    status, err = bench.finish((*EXTRACT, "1"), limit_files)
    [line] = messages(err)
    assert status == 2 and line.startswith("gpuclf: error: r.json.extracting/")
    reason = "got a file larger than the system allows, expected a writable file"
    assert line.endswith((reason, f"{reason}; {SAVED}"))
    assert not bench.output.exists()
    assert bench.finish((*EXTRACT, "1"))[0] == 0 and content(bench.output) == undisturbed


def in_a_group(bench):
    """Start an extraction with two workers in a process group, as a terminal does."""
    return subprocess.Popen(
        [sys.executable, "-m", "gpuclf", *EXTRACT, "2", "--features", "Xs"],
        cwd=bench.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def messages(err):
    """Return the lines of standard error without progress lines, which depend on the speed."""
    return [line for line in err.splitlines() if line and not line.startswith("read ")]


def await_recordings(bench, process, count):
    while bench.finished() < count and process.poll() is None:
        time.sleep(0.005)
    assert process.poll() is None, "it ended before it could be interrupted"


def test_control_c_with_two_workers_leaves_no_process(long_bench):
    bench = long_bench
    process = in_a_group(bench)
    await_recordings(bench, process, 4)
    workers = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert not [
        worker for worker in psutil.wait_procs(workers, timeout=120)[1] if worker.is_running()
    ]
    hint, _, end = messages(err)
    assert hint == f"gpuclf: {SAVED}:" and end == "gpuclf: interrupted"


def test_a_killed_extraction_leaves_no_worker(long_bench):
    bench = long_bench
    process = in_a_group(bench)
    await_recordings(bench, process, 4)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    alive = psutil.wait_procs(workers, timeout=120)[1]
    for worker in alive:
        worker.kill()
    process.communicate(timeout=120)
    assert not alive


def test_a_killed_worker_is_an_error_of_one_line(long_bench):
    bench = long_bench
    process = in_a_group(bench)
    await_recordings(bench, process, 4)
    children = psutil.Process(process.pid).children(recursive=True)
    max(children, key=lambda process: process.memory_info().rss).kill()
    _, err = process.communicate(timeout=120)
    [line] = messages(err)
    assert process.returncode == 2 and line.startswith("gpuclf: error: ")
