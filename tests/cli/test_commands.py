"""The command line: output, files, errors and signals."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from gpuclf import write_clips, write_grid
from gpuclf.cli import command_table, main

from conftest import grid_frames

QUICK = ("--folds", "3", "--repeats", "2", "--backend", "cpu")


def test_help_lists_the_commands_and_a_missing_command_is_an_error(run):
    status, out, _ = run("--help")
    assert status == 0 and all(command in out for command in command_table.COMMANDS)
    assert run()[0] == 2
    assert re.fullmatch(r"gpuclf, version \d+\.\d+\.\d+\n", run("--version")[1])


def test_doctor_prints_versions_and_the_selected_backend(run):
    status, out, _ = run("doctor", "--backend", "cpu")
    assert status == 0
    for part in ("Python", "numpy", "scikit-learn", "h5py", "NVIDIA driver", "free memory"):
        assert part in out
    assert "cpu (selected explicitly)" in out


def test_doctor_prints_what_each_package_of_the_gpu_is_needed_for(run):
    rows = dict(
        line.split(maxsplit=1) for line in run("doctor", "--backend", "cpu")[1].splitlines()
    )
    assert "needed for the GPU backend" in rows["CuPy"]
    assert "needed for --solver library and --svm-type linear" in rows["cuML"]
    assert "needed for reading uncompressed files" in rows["kvikio"]


@pytest.mark.parametrize(
    ("options", "choice"),
    [
        ([], "auto"),
        (["--backend", "gpu"], "gpu"),
        (["--device", "1"], "gpu:1"),
        (["--backend", "auto", "--device", "1"], "gpu:1"),
        (["--device", "0", "--backend", "gpu"], "gpu:0"),
    ],
)
def test_device_selects_a_gpu_by_number(run, grid_file, monkeypatch, options, choice):
    from gpuclf import backend

    choices, resolve = [], backend.resolve
    monkeypatch.setattr(backend, "resolve", lambda chosen: choices.append(chosen) or resolve("cpu"))
    assert run("info", grid_file, *options)[0] == 0
    assert choices == [choice]


def test_every_command_with_a_backend_has_a_device():
    for name in command_table.COMMANDS:
        options = {
            option for each in command_table.command_named(name).params for option in each.opts
        }
        assert ("--device" in options) == ("--backend" in options)


@pytest.mark.parametrize("options", [("--backend", "cpu"), ()])
def test_device_never_selects_the_cpu(refused, grid_file, no_cupy, options):
    message = refused("info", grid_file, "--device", "1", *options)
    assert ("device: got 1 with --backend cpu" if options else "CuPy is not installed") in message


def test_a_negative_device_is_refused(refused, grid_file):
    assert "Invalid value for '--device': -1" in refused("info", grid_file, "--device", "-1")


def test_demo_writes_its_files_to_out(run, tmp_path, monkeypatch):
    monkeypatch.setattr("gpuclf.features.demo.CLIPS", 10)  # of each class
    status, out, _ = run("demo", "--out", tmp_path / "demo", "--backend", "cpu")
    assert status == 0 and "accuracy on clips" in out and "gpuclf info" in out
    assert sorted(os.listdir(tmp_path / "demo")) == ["demo.hdf5", "demo.html", "demo.json"]


def test_info_prints_shapes_and_classes(run, grid_file):
    status, out, _ = run("info", grid_file)
    assert status == 0 and "(3, 6, 20, 2, 8)" in out and "jazz   6 clips" in out


def test_evaluate_prints_a_table_and_writes_json(run, grid_file, tmp_path):
    out_path = tmp_path / "r.json"
    status, out, err = run("evaluate", grid_file, *QUICK, "--C", "2", "--json", out_path)
    assert (
        status == 0 and "accuracy on clips" in out and "chance level                 33.3 %" in out
    )
    assert "fold 6 of 6: mean accuracy" in err
    result = json.loads(out_path.read_text())
    assert np.shape(result["scores"]) == (2, 3) and result["experiment"]["C"] == 2.0
    assert result["environment"]["command"]


def test_options_take_precedence_over_the_config_and_the_config_over_defaults(
    run, grid_file, tmp_path
):
    config = tmp_path / "e.toml"
    config.write_text(f'file = "{grid_file}"\nC = 3\nkernel = "rbf"\nNcv = 1\nfolds = 2\n')
    out_path = tmp_path / "r.json"
    status, _, _ = run("evaluate", "--config", config, "--C", "4", "--json", out_path)
    experiment = json.loads(out_path.read_text())["experiment"]
    assert status == 0
    assert [experiment[name] for name in ("C", "kernel", "repeats", "scale")] == [
        4.0,
        "rbf",
        1,
        "minmax",
    ]


GIVEN = {
    "dataset": "Z",
    "n_classes": 2,
    "n_clips": 5,
    "n_frames": 18,
    "n_vectors": 2,
    "overlap": "none",
    "statistics": ["mean", "max"],
    "scale": "std",
    "kernel": "rbf",
    "gamma": 0.25,
    "class_weight": "balanced",
    "solver": "library",
    "majority_voting": False,
    "folds": 2,
    "repeats": 1,
    "seed": 5,
    "protocol": "thesis",
    "permute_labels": True,
    "permutations": 0,
}
ALTERNATIVES = [
    {"svm_type": "nu", "nu": 0.2, "log": "log1p", "split": "stratified-kfold"},
    {"svm_type": "C", "C": 3.0, "rectify": False, "split": "shuffle", "test_size": 0.3},
]


@pytest.mark.parametrize("alternative", ALTERNATIVES, ids=["nu", "C"])
def test_every_option_reaches_the_experiment(run, grid_file, tmp_path, alternative):
    out_path = tmp_path / "r.json"
    given = GIVEN | alternative
    arguments = []
    for name, value in given.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            arguments.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            arguments += [f"--{flag}", ",".join(value) if isinstance(value, list) else value]
    assert run("evaluate", grid_file, *arguments, "--json", out_path)[0] == 0
    experiment = json.loads(out_path.read_text())["experiment"]
    from_tables = {"groups": None, "folds_from": None}  # tested below: folds_from sets the split
    assert experiment.items() >= {"file": str(grid_file), **from_tables, **given}.items()
    of_clips = {"probability", "target_precision"}  # not with this protocol: test_probabilities
    assert experiment.keys() - of_clips == {
        "file",
        *from_tables,
        *GIVEN,
        *ALTERNATIVES[0],
        *ALTERNATIVES[1],
    }


def clip_table(path):
    """Write a table with a row for each clip of `grid_file`: three folds of two artists each."""
    rows = [
        f"{label},{clip},{clip % 3},artist {clip}\n"
        for label in ("rock", "jazz", "blues")
        for clip in range(6)
    ]
    path.write_text("label,clip,fold,artist\n" + "".join(rows))
    return path


def test_groups_and_folds_come_from_a_csv_file(run, refused, grid_file, tmp_path):
    table, out_path, config = clip_table(tmp_path / "t.csv"), tmp_path / "r.json", tmp_path / "e"
    columns = ("--groups", f"{table}:artist", "--folds-from", f"{table}:fold")
    command = ("evaluate", grid_file, "--backend", "cpu", "--json", out_path)
    status, out, _ = run(*command, *columns)
    assert status == 0 and "18 clips of 3 classes, 6 groups" in out
    result = json.loads(out_path.read_text())
    assert np.shape(result["scores"]) == (1, 3) and result["experiment"]["split"] == "predefined"
    assert result["experiment"]["groups"] == f"{table}:artist"
    config.write_text(f'folds_from = "{table}:clip"\nkernel = "rbf"\n')
    assert run(*command, "--config", config, *columns[2:])[0] == 0
    result = json.loads(out_path.read_text())
    assert np.shape(result["scores"]) == (1, 3) and result["experiment"]["kernel"] == "rbf"
    for wrong, message in {
        (*columns, "--split", "kfold"): "folds_from: got split 'kfold', expected predefined",
        ("--groups", table): "expected CSV:COLUMN, as in clips.csv:artist",
        ("--groups", f"{table}:artists"): "t.csv, column: got 'artists', expected artist",
        ("--groups", f"{table}:clip", "--n-classes", "4"): "n_classes: got 4, expected 1 to 3",
        (*columns, "--json", table): "t.csv: got the path of an input",
        ("--groups", f"{table}:label", *columns[2:]): "'blues' in several folds",
    }.items():
        assert message in refused(*command, *wrong)
    table.write_text(table.read_text().replace("jazz,3", "jazz,30"))
    assert "a row for clip 'jazz/30', not in the feature set" in refused(*command, *columns)


def test_predict_does_not_need_the_tables_of_groups_and_folds(run, grid_file, tmp_path):
    table, model, config = clip_table(tmp_path / "t.csv"), tmp_path / "m.npz", tmp_path / "e.toml"
    config.write_text(f'groups = "{table}:artist"\nfolds_from = "{table}:fold"\n')
    assert run("train", grid_file, "--model", model, "--config", config)[0] == 0
    table.unlink()
    assert run("predict", model, grid_file)[0] == 0


def test_train_saves_a_model_that_predict_uses(run, grid_file, tmp_path):
    model, table = tmp_path / "m.npz", tmp_path / "p.csv"
    status, out, _ = run("train", grid_file, "--model", model, "--kernel", "rbf", "--C", "100")
    assert status == 0 and "3 classes" in out
    status, out, _ = run("predict", model, grid_file)
    assert status == 0 and "blues/0" in out and "12 of 12" in out
    write_grid(tmp_path / "new", {"Z": grid_frames(seed=1)}, ["blues", "jazz", "rock"])
    status, out, _ = run("predict", model, tmp_path / "new", "--csv", table)
    assert status == 0 and "18 clips predicted" in out and "accuracy on clips:" in out
    with table.open(newline="") as file:
        assert [row["clip"] for row in csv.DictReader(file)][:2] == ["blues/0", "blues/1"]


def test_a_warning_is_one_line(run, grid_file, monkeypatch):
    monkeypatch.setattr("gpuclf.backend.interface.SHARED_ITERATIONS", 2)
    monkeypatch.setattr("warnings.filters", [])
    status, _, err = run("evaluate", grid_file, *QUICK)
    assert status == 0
    assert "gpuclf: warning: in 6 of 6 folds, first in fold 1 of repeat 1, the SVM did not" in err


def test_an_interrupted_run_leaves_no_file(run, grid_file, tmp_path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("gpuclf.workflows.evaluate.score_settings", interrupt)
    status, _, err = run("evaluate", grid_file, "--json", tmp_path / "r.json")
    assert status == 130 and "interrupted" in err
    assert os.listdir(tmp_path) == [grid_file.name]


def test_exhausted_memory_is_one_line(run, grid_file, monkeypatch):
    def exhaust(*args, **kwargs):
        raise MemoryError("Unable to allocate 9.2 TiB for an array")

    monkeypatch.setattr("gpuclf.workflows.evaluate.score_settings", exhaust)
    status, _, err = run("evaluate", grid_file)
    assert status == 2
    assert err == (
        "gpuclf: error: out of memory (Unable to allocate 9.2 TiB for an array); "
        "fewer vectors or features need less\n"
    )


def test_a_second_run_uses_the_cached_feature_vectors(run, grid_file, monkeypatch, caplog):
    def never(*args):
        raise AssertionError("read")

    assert run("evaluate", grid_file, *QUICK, "--no-cache")[0] == 0
    assert not os.listdir(os.environ["GPUCLF_CACHE"])
    _, first, _ = run("evaluate", grid_file, *QUICK)
    assert len(os.listdir(os.environ["GPUCLF_CACHE"])) == 1
    monkeypatch.setattr("gpuclf.features.feature_set.FeatureSet.tasks", never)
    with caplog.at_level("INFO", "gpuclf"):
        _, second, _ = run("evaluate", grid_file, *QUICK)
    assert "feature vectors from the cache" in caplog.text
    timeless = [out.split("read ")[0] for out in (first, second)]
    assert timeless[0] == timeless[1]
    with pytest.raises(AssertionError, match="read"):
        main(["evaluate", str(grid_file), *QUICK, "--no-cache"])


def test_memory_is_validated_and_enforced(run, refused, grid_file, tmp_path):
    assert run("evaluate", grid_file, *QUICK, "--no-cache", "--memory", "1M")[0] == 0
    assert "memory: got '1Q', expected a size" in refused("evaluate", grid_file, "--memory", "1Q")
    message = "memory: got 1 KiB, expected at least"
    assert run("evaluate", grid_file, *QUICK)[0] == 0
    for cached in ("--cache", "--no-cache"):
        assert message in refused("evaluate", grid_file, cached, "--memory", "1K")
    model = tmp_path / "m.npz"
    assert message in refused("train", grid_file, "--model", model, "--no-cache", "--memory", "1K")
    assert run("train", grid_file, "--model", model)[0] == 0
    assert message in refused("predict", model, grid_file, "--no-cache", "--memory", "1K")


def test_an_interrupt_while_reading_leaves_no_thread_and_no_file(run, grid_file, tmp_path):
    import threading

    from gpuclf.features.hdf5.chunked import ChunkReader
    from gpuclf.features.hdf5.reader import H5Reader

    def interrupt(*args):
        raise KeyboardInterrupt

    for reader in (ChunkReader, H5Reader):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reader, "tasks", lambda *args: iter([interrupt]))
            if reader is ChunkReader:
                patch.setattr("gpuclf.features.hdf5.select_reader.SMALL_PACKED", 0)
            status, _, err = run("evaluate", grid_file, "--json", tmp_path / "r.json")
        assert status == 130 and "interrupted" in err
        assert not [t for t in threading.enumerate() if t.name.startswith("gpuclf-stream")]
    assert os.listdir(tmp_path) == [grid_file.name]
    assert not os.listdir(os.environ["GPUCLF_CACHE"])


# Invalid input: one line, status 2, no traceback, no partial file.


def bad_files(folder):
    frames = grid_frames()
    labels = ["blues", "jazz", "rock"]
    (folder / "text.hdf5").write_text("blues, jazz, rock\n")
    write_grid(folder / "whole.hdf5", {"Z": frames}, labels)
    (folder / "cut.hdf5").write_bytes((folder / "whole.hdf5").read_bytes()[:20_000])
    for name, value in (("two-d", frames[0, 0, 0]), ("unlabelled", frames)):
        with h5py.File(folder / f"{name}.hdf5", "w") as file:
            file["Z"] = value
    with h5py.File(folder / "few.hdf5", "w") as file:
        file["Z"] = frames
        file.attrs["labels"] = ["blues", "jazz"]
    for name, value in (("nan", np.nan), ("inf", np.inf)):
        spoiled = frames.copy()
        spoiled[2, 3, 0, 0, 0] = value
        write_grid(folder / f"{name}.hdf5", {"Z": spoiled}, labels)
    constant = frames.copy()
    constant[..., 2] = 7
    write_grid(folder / "constant.hdf5", {"Z": constant}, labels)
    write_grid(folder / "one-class.hdf5", {"Z": frames[:1]}, labels[:1])
    write_grid(folder / "one-clip.hdf5", {"Z": frames[:, :1]}, labels)
    uneven = [np.ones((20, 2)) * i for i in range(12)]
    write_clips(folder / "uneven.hdf5", {"Z": uneven}, ["a", "b"], [0] * 2 + [1] * 10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.hdf5"], "missing.hdf5: got no such file"),
        (["text.hdf5"], "text.hdf5: got a file that is not HDF5"),
        (["cut.hdf5"], "cut.hdf5: got a truncated file"),
        (["whole.hdf5", "--dataset", "Y"], "got 'Y', expected one of 'Z'"),
        (
            ["two-d.hdf5", "--dataset", "Z"],
            "got a dataset of shape (2, 8), expected shape (n_classes",
        ),
        (["unlabelled.hdf5"], "labels: got none, expected the class of every clip"),
        (["few.hdf5"], "labels: got 2 for 3 classes"),
        (["nan.hdf5"], "clip 'rock/3': got nan in feature 0 of frame 0"),
        (["inf.hdf5"], "clip 'rock/3': got inf in feature 0 of frame 0"),
        (["one-class.hdf5"], "labels: got 1 class, 'blues', expected at least two"),
        (["one-clip.hdf5"], "class 'blues': got 1 clip, expected at least 2"),
        (["whole.hdf5", "--n-vectors", "41"], "n_vectors: got 41, expected 1 to 40"),
        (["whole.hdf5", "--n-classes", "4"], "n_classes: got 4, expected 1 to 3"),
        (["uneven.hdf5", "--svm-type", "nu", "--nu", "0.9"], "nu: got 0.9, expected at most 0."),
        (["whole.hdf5", "--test-size", "0"], "test_size: got 0.0, expected a number above 0"),
        (["whole.hdf5", "--test-size", "0.99"], "test_size: got 0.99 of "),
        (["whole.hdf5", "--C", "-1"], "C: got -1.0, expected a number above 0"),
        (["whole.hdf5", "--C", "much"], "Invalid value for '--C': 'much' is not a valid float"),
        (["whole.hdf5", "--kernel", "poly"], "Invalid value for '--kernel'"),
        (["whole.hdf5", "--kernl", "rbf"], "No such option"),
        (["whole.hdf5", "--json", "."], "got a folder, expected the path of a file"),
        (["whole.hdf5", "--json", "no/r.json"], "no/r.json: got a folder that does not exist"),
        (["whole.hdf5", "--json", "locked.json"], "locked.json: got a read-only file"),
        (["whole.hdf5", "--json", "/sys/r.json"], "/sys/r.json: got"),
        (["whole.hdf5", "--json", "/dev/stdout"], "/dev/stdout: got a device or a stream"),
        (["whole.hdf5", "--config", "no.toml"], "no.toml: got no such file"),
        ([], "FILE: got none, expected a feature file"),
    ],
)
def test_invalid_input_is_one_line_and_writes_no_file(
    refused, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    bad_files(tmp_path)
    (tmp_path / "locked.json").write_text("{}")
    (tmp_path / "locked.json").chmod(0o444)
    before = sorted(os.listdir(tmp_path))
    if "--json" not in arguments:
        arguments = [*arguments, "--json", "out.json"]
    assert message in refused("evaluate", *arguments, "--repeats", "1", "--backend", "cpu")
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "locked.json").read_text() == "{}"


def test_a_constant_feature_is_not_an_error(run, tmp_path):
    bad_files(tmp_path)
    for scale in ("none", "minmax", "std"):
        assert run("evaluate", tmp_path / "constant.hdf5", *QUICK, "--scale", scale)[0] == 0


def test_a_damaged_chunk_index_is_an_error_of_one_line(refused, tmp_path, monkeypatch):
    monkeypatch.setattr("gpuclf.features.hdf5.select_reader.SMALL_PACKED", 0)
    write_grid(tmp_path / "f", {"Z": grid_frames()}, list("abc"))
    content = (tmp_path / "f").read_bytes()
    (tmp_path / "f").write_bytes(content.replace(b"TREE\x01", b"EERT\x01"))
    assert "clip 'a/0': got data that cannot be read" in refused("evaluate", tmp_path / "f")


def test_train_and_predict_reject_invalid_models_and_outputs(refused, run, grid_file, tmp_path):
    model = tmp_path / "m.npz"
    assert run("train", grid_file, "--model", model)[0] == 0
    assert "got a folder" in refused("train", grid_file, "--model", tmp_path)
    assert "Missing option '--model'" in refused("train", grid_file)
    assert "is not a model" in refused("predict", grid_file, grid_file)
    assert "no such file" in refused("predict", tmp_path / "none.npz", grid_file)
    assert "does not exist" in refused("predict", model, grid_file, "--csv", tmp_path / "no/p.csv")
    assert "no such file" in refused("predict", model, tmp_path / "none.hdf5")
    assert "expected a writable folder" in refused("demo", "--out", grid_file)
    assert "No such command 'evaluat'" in refused("evaluat")


@pytest.fixture
def no_cupy(monkeypatch):
    """Simulate a machine without CuPy."""
    import importlib.util

    from gpuclf import backend

    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "cupy" else real(name)
    )
    backend._resolve.cache_clear()


def test_a_missing_gpu_library_is_named_with_the_command_that_installs_it(
    refused, grid_file, no_cupy
):
    err = refused("evaluate", grid_file, "--backend", "gpu")
    assert "CuPy is not installed" in err and "pip install" in err


# The process: signals, streams, encodings.


def start(*arguments, **options):
    command = [sys.executable, "-m", "gpuclf", *map(str, arguments)]
    return subprocess.Popen(command, text=True, stderr=subprocess.PIPE, **options)


@pytest.mark.parametrize(
    ("number", "status", "solver"),
    [(signal.SIGINT, 130, "shared"), (signal.SIGTERM, 143, "library")],
)
def test_a_signal_ends_the_process_without_waiting_for_running_fits(
    grid_file, tmp_path, number, status, solver
):
    endless = ("--scale", "none", "--C", "1e9", "--n-vectors", "20", "--no-rectify")
    write_grid(grid_file, {"Z": 1e3 * grid_frames(n_clips=60, n=3)}, list("abc"))
    more = ("--solver", solver, "--json", tmp_path / "r.json")
    process = start("evaluate", grid_file, *endless, *more)
    checkpoint = tmp_path / "r.json.checkpoint"
    while not checkpoint.exists() and process.poll() is None:  # the run has started
        time.sleep(0.05)
    time.sleep(3)  # the fits have started
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == status
    assert ("gpuclf: interrupted" in err) == (number == signal.SIGINT)
    assert os.listdir(tmp_path) == [grid_file.name]


DEAF = """
import gpuclf.cli, time
def main():
    while True:
        try: time.sleep(60)
        except KeyboardInterrupt: pass
gpuclf.cli.main, gpuclf.cli.CLEAN_UP_SECONDS = main, 0.2
print(flush=True)
gpuclf.cli.run_process()
"""


LOCKED = """
import gpuclf.cli, os, signal, threading
def main():
    lock = threading.Lock()
    try:
        with lock:
            os.kill(os.getpid(), NUMBER)
    finally:
        lock.release()
gpuclf.cli.main = main
gpuclf.cli.run_process()
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_whose_exception_leaves_a_lock_has_the_status_of_the_signal(number, status):
    program = LOCKED.replace("NUMBER", str(int(number)))
    process = subprocess.run(
        [sys.executable, "-c", program], check=False, timeout=120, capture_output=True
    )
    assert (process.returncode, process.stderr) == (status, b"")


def test_an_interrupt_ends_a_process_whose_clean_up_hangs():
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130 and err == "gpuclf: interrupted\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_standard_output_is_an_error_of_one_line(grid_file):
    with Path("/dev/full").open("w") as full:
        process = start("info", grid_file, stdout=full)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert err == "gpuclf: error: standard output: got a full disk, expected a writable file\n"


@pytest.mark.parametrize(
    "command",
    ["", "--help", "--version", "info FILE", "doctor", "evaluate FILE", "evaluate --help"],
)
def test_a_closed_pipe_ends_a_command_silently_with_the_status_of_the_signal(grid_file, command):
    words = command.replace("FILE", str(grid_file)).split()
    more = QUICK if command == "evaluate FILE" else ()
    process = start(*words, *more, stdout=subprocess.PIPE)
    process.stdout.close()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 141
    progress = ("fold ", "read ", "solved ", "split: ")
    assert not [line for line in err.splitlines() if not line.startswith(progress)]


def test_a_closed_pipe_of_both_streams_leaves_no_partial_result(grid_file, tmp_path):
    read, write = os.pipe()
    os.close(read)
    words = ("evaluate", str(grid_file), *QUICK, "--json", str(tmp_path / "r.json"))
    command = [sys.executable, "-m", "gpuclf", *words]
    done = subprocess.run(command, stdout=write, stderr=write, check=False, timeout=120)
    os.close(write)
    assert done.returncode == 141 and "r.json" not in os.listdir(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="the shell of POSIX closes streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_standard_stream_is_no_error(grid_file, tmp_path, closed):
    words = ("evaluate", str(grid_file), *QUICK, "--json", str(tmp_path / "r.json"))
    command = ["sh", "-c", f'"$@" {closed}', "sh", sys.executable, "-m", "gpuclf", *words]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0
    assert json.loads((tmp_path / "r.json").read_text())["scores"]


@pytest.mark.parametrize("columns", ["0", "1", "-5", "abc", "", " "])
def test_a_useless_number_of_columns_is_ignored(run, grid_file, monkeypatch, columns):
    def shown():
        return [run(*words)[1].partition("free memory")[0] for words in commands]

    commands = [("info", grid_file), ("evaluate", "--help")]
    monkeypatch.setenv("COLUMNS", "80")
    expected = shown()
    monkeypatch.setenv("COLUMNS", columns)
    assert shown() == expected and all(expected)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_error_on_a_full_standard_error_has_the_status_of_an_error():
    command = [sys.executable, "-m", "gpuclf", "info", "nothing.hdf5"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stderr=full, check=False, timeout=120)
    assert done.returncode == 2


def test_an_ascii_terminal_is_supported(grid_file):
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    process = start("evaluate", grid_file, *QUICK, stdout=subprocess.PIPE, env=environment)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0 and "accuracy on clips" in out


def test_info_lists_groups_folds_and_datasets_that_are_no_feature_sets(run, tmp_path):
    with h5py.File(tmp_path / "odd", "w") as file:
        file["flat"] = np.zeros((3, 4, 5))
        file["deep/Z"] = np.zeros((2, 3, 4, 5))
        file.attrs["labels"] = ["a", "b"]
    _, out, _ = run("info", tmp_path / "odd")
    assert "not a feature set:" in out and "(3, 4, 5)" in out and "'deep'" in out
    frames = [np.ones((9, 2))] * 4
    labels = ["a\x1b[31m", "[bold]b"]
    write_clips(
        tmp_path / "c", {"Z": frames}, labels, [0, 0, 1, 1], groups="xxyz", folds=[1, 1, 2, 2]
    )
    _, out, _ = run("info", tmp_path / "c")
    rows = [line.split(maxsplit=1) for line in map(str.strip, out.splitlines())]
    assert rows[-5:] == [
        ["default", "split  2 predefined folds, groups kept together"],
        ["groups", "3"],
        ["folds", "2"],
        ["a?[31m", "2 clips"],
        ["[bold]b", "2 clips"],
    ]
