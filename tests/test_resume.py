"""Checkpoints of commands: an interrupted and resumed run has the result of an reference one."""

import os
import random
import shlex
import shutil
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import gpuclf
import pytest
from gpuclf import write_grid

import processes
from conftest import grid_frames
from processes import Bench, intact

EVALUATE = ("evaluate", "features.hdf5", "--backend", "cpu", "--json", "r.json", "--repeats")
SHARED = (*EVALUATE, "6", "--kernel", "rbf")
LIBRARY = (*EVALUATE, "6", "--solver", "library", "--no-majority-voting")
COMMANDS = {
    "shared": SHARED,
    "library": LIBRARY,
    "permuted": (*EVALUATE, "2", "--folds", "6", "--permutations", "4", "--protocol", "thesis"),
    "search": ("search", *EVALUATE[1:], "3", "--folds", "5", "--inner", "2", "--grid", "C=0.1,1"),
}
GPUCLF = (sys.executable, "-m", "gpuclf")
HINT = "progress saved to r.json.checkpoint; rerun the same command to resume"


class Reference(NamedTuple):
    """Result of an uninterrupted command."""

    result: dict
    seconds: float  # from the creation of the checkpoint to the end
    finished: int  # folds
    checkpoint: int  # bytes, with its log
    output: int


def write_features(path, seed=0, size=100_000):
    """Write a feature file padded to a size; HDF5 ignores trailing bytes."""
    write_grid(path, {"Z": grid_frames(n_clips=12, seed=seed)}, ["blues", "jazz", "rock"])
    with path.open("ab") as file:
        file.truncate(size)


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    path = tmp_path_factory.mktemp("features") / "features.hdf5"
    write_features(path)
    return path


@pytest.fixture
def bench(features, tmp_path):
    return Bench(tmp_path, features)


@pytest.fixture(scope="module")
def reference(features, tmp_path_factory):
    """Function that returns the reference of a command, computed once."""
    references = {}

    def run(command):
        if command not in references:
            bench = Bench(tmp_path_factory.mktemp("reference"), features)
            process = bench.start(command, processes.keep_checkpoint)
            bench.wait(process, lambda: bench.finished() >= 0)
            start = time.monotonic()
            assert bench.end(process)[0] == 0
            seconds = time.monotonic() - start
            sizes = int((bench.folder / "room").read_text()), bench.output.stat().st_size
            references[command] = Reference(bench.result(), seconds, bench.finished(), *sizes)
        return references[command]

    return run


@pytest.mark.parametrize("name", COMMANDS)
def test_a_run_killed_several_times_resumes_to_the_same_result(bench, reference, name):
    command, expected = COMMANDS[name], reference(COMMANDS[name])
    rng = random.Random(name)
    kills = kills_with_progress = 0
    while kills < 4:
        before, touched = max(0, bench.finished()), bench.touched()
        process = bench.start(command)
        bench.wait(process, lambda touched=touched: bench.touched() != touched)
        if kills % 2:  # at a random time, or shortly after a random number of folds
            time.sleep(rng.uniform(0, expected.seconds))
        else:
            more = before + rng.randrange(1, expected.finished // 3)
            bench.wait(process, lambda more=more: bench.finished() >= more)
            time.sleep(rng.uniform(0, 0.02))
        process.kill()
        status, err = bench.end(process)
        assert status in (0, -signal.SIGKILL), err
        assert "resuming" not in err or f"resuming: {before} folds already done" in err
        kills += status != 0
        kills_with_progress += status != 0 and bench.finished() > before
        if bench.output.exists():  # killed too late
            assert bench.result() == expected.result
            assert status != 0 or not bench.checkpoint.exists()
    assert kills_with_progress >= 2, "too few kills came after a finished fold"
    assert bench.finish(command)[0] == 0 and bench.result() == expected.result
    assert os.listdir(bench.folder) == ["features.hdf5"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_the_progress_and_prints_how_to_resume(bench, reference, number, status):
    process = bench.start(SHARED)
    bench.wait(process, lambda: bench.finished() > 20)
    os.kill(process.pid, number)
    ended, err = bench.end(process)
    assert ended == status and f"gpuclf: {HINT}:\n" in err
    command = err.splitlines()[err.splitlines().index(f"gpuclf: {HINT}:") + 1]
    assert command.endswith(shlex.join(SHARED))
    assert bench.finished() > 20 and intact(bench.checkpoint)
    assert sorted(os.listdir(bench.folder)) == ["features.hdf5", "r.json.checkpoint"]
    assert bench.finish(SHARED)[0] == 0 and bench.result() == reference(SHARED).result


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_before_the_first_finished_fold_leaves_no_file(bench, number, status):
    process = bench.start(SHARED, processes.never_finish_a_fold)
    bench.wait(process, lambda: bench.finished() >= 0)
    os.kill(process.pid, number)
    ended, err = bench.end(process)
    assert ended == status and "checkpoint" not in err
    assert os.listdir(bench.folder) == ["features.hdf5"]


def kill_during_write(count):
    return partial(processes.kill_in_a_statement, count)


@pytest.mark.parametrize("finished", [0, 7])
@pytest.mark.parametrize(
    ("stop", "status"),
    [
        (lambda count: partial(processes.stop_at, count, signal.SIGINT), 130),
        (lambda count: partial(processes.stop_at, count, signal.SIGTERM), 143),
        (lambda count: partial(processes.stop_at, count, signal.SIGKILL), -9),
        (kill_during_write, -9),
    ],
    ids=["interrupted", "terminated", "killed", "killed during write"],
)
def test_a_run_stopped_at_a_fold_resumes_to_the_same_result(
    bench, reference, stop, status, finished
):
    assert bench.finish(SHARED, stop(finished))[0] == status
    if status > 0:
        assert bench.checkpoint.exists() == bool(finished)
        assert not finished or intact(bench.checkpoint)
    saved = max(0, bench.finished())  # the fold being written is saved completely or not at all
    assert saved - finished in ((0, 1) if stop is kill_during_write else (0,))
    status, err = bench.finish(SHARED)
    assert status == 0 and ("resuming" in err) == bool(saved)
    assert not saved or f"resuming: {saved} folds already done" in err
    assert bench.result() == reference(SHARED).result
    assert os.listdir(bench.folder) == ["features.hdf5"]


def test_a_run_killed_before_it_deletes_the_checkpoint_writes_the_same_result_again(
    bench, reference
):
    assert bench.finish(SHARED, processes.kill_instead_of_removing)[0] == -signal.SIGKILL
    assert bench.result() == reference(SHARED).result
    status, err = bench.finish(SHARED)
    assert status == 0 and "resuming: 60 folds already done" in err
    assert bench.result() == reference(SHARED).result
    assert os.listdir(bench.folder) == ["features.hdf5"]


def test_a_second_process_of_the_same_run_is_an_error(bench, reference):
    (bench.folder / "link.json").symlink_to("r.json")
    process = bench.start(SHARED)
    bench.wait(process, lambda: bench.finished() > 20)
    os.kill(process.pid, signal.SIGSTOP)  # prevents it from ending too early
    before = bench.checkpoint.read_bytes()
    by_link = ["link.json" if word == "r.json" else word for word in SHARED]
    for command in (SHARED, by_link, [*SHARED, "--restart"]):
        status, err = bench.finish(command)
        assert status == 2 and err.count("\n") == 1
        assert "r.json.checkpoint: got a checkpoint in use by another process, expected" in err
    assert bench.checkpoint.read_bytes() == before
    os.kill(process.pid, signal.SIGCONT)
    assert bench.end(process)[0] == 0 and bench.result() == reference(SHARED).result


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="requires two cores and sched_setaffinity",
)
def test_a_run_resumed_with_fewer_threads_has_the_same_result(bench, reference):
    expected = reference(SHARED).result
    process = bench.start(SHARED)
    bench.wait(process, lambda: bench.finished() > 30)
    process.kill()
    bench.end(process)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        status, err = bench.in_a_shell(*GPUCLF, *SHARED, OMP_NUM_THREADS="1")
    finally:
        os.sched_setaffinity(0, cores)
    assert status == 0 and "resuming" in err
    result = bench.result()
    assert result["environment"]["device"] == "1 core"
    result["environment"]["device"] = expected["environment"]["device"]
    assert result == expected


# A full disk: a small tmpfs in a mount namespace, which ends with its process.

ON_A_SMALL_DISK = """
mkdir disk && mount -t tmpfs -o size="$1" tmpfs disk && shift || exit 99
cd disk && ln -s ../features.hdf5 .
"$@" 2>../first
status=$?
cp r.json.checkpoint* .. && ls -A >../listed
mount -o remount,size=16m . && "$@" 2>../second || exit 98
cp r.json .. && ls -A >>../listed
exit $status
"""


def on_a_small_disk(bench, command, size):
    """Run a command on a small disk, then on a larger one; return the first status."""
    script = ["sh", "-c", ON_A_SMALL_DISK, "sh", str(size // 4096 * 4096), *GPUCLF, *command]
    for namespace in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        status, err = bench.in_a_shell(*namespace, *script)
        if "unshare" not in err and status != 99:
            return status
    return pytest.skip(f"cannot mount a disk: {err.strip()}")


@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare is not installed")
@pytest.mark.parametrize("what", ["checkpoint", "output"])
def test_a_full_disk_is_an_error_of_one_line_and_the_run_can_be_resumed(bench, reference, what):
    expected = reference(LIBRARY)
    full = expected.checkpoint + expected.output // 2
    size = expected.checkpoint // 2 if what == "checkpoint" else full
    assert on_a_small_disk(bench, LIBRARY, size) == 2
    *_, error = (bench.folder / "first").read_text().splitlines()
    where = "r.json.checkpoint" if what == "checkpoint" else "r.json"
    assert error.startswith(f"gpuclf: error: {where}: got a full disk, expected")
    assert error.endswith(HINT)
    finished = bench.finished()
    assert 0 < finished < 60 if what == "checkpoint" else finished == 60
    assert f"resuming: {finished} folds already done" in (bench.folder / "second").read_text()
    assert bench.result() == expected.result
    listed = (bench.folder / "listed").read_text().split()
    left = [name for name in listed if not name.endswith("-wal")]
    assert left == ["features.hdf5", "r.json.checkpoint", "features.hdf5", "r.json"]


# A checkpoint of another run is an error of one line and stays unchanged.


@pytest.fixture
def stopped(bench):
    """A bench with a run that was interrupted after seven folds."""
    assert bench.finish(SHARED, partial(processes.stop_at, 7, signal.SIGINT))[0] == 130
    return bench


def refused(bench, command, before=None):
    """Check that a command fails and keeps the checkpoint; return the error."""
    content = bench.checkpoint.read_bytes()
    status, err = bench.finish(command, before)
    assert status == 2 and err.count("\n") == 1, err
    assert err.startswith("gpuclf: error: ")
    assert bench.checkpoint.read_bytes() == content and not bench.output.exists()
    return err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ((*SHARED, "--C", "2"), "C 1.0, expected 2.0"),
        ((*SHARED, "--repeats", "7"), "repeats 6, expected 7"),
        ((*SHARED, "--permutations", "3", "--seed", "1"), "seed 0, expected 1"),
        ((*SHARED, "--no-majority-voting"), "majority_voting True, expected False"),
        (("search", *SHARED[1:], "--grid", "C=1,2"), "command evaluate, expected search"),
    ],
)
def test_a_checkpoint_of_other_settings_or_another_command_is_an_error(stopped, command, message):
    place = "r.json.checkpoint: got a checkpoint of a run with "
    text = f"{place}{message}, or --restart to discard it and start over\n"
    assert text in refused(stopped, command)


def test_a_checkpoint_of_other_search_options_is_an_error(bench):
    command = COMMANDS["search"]
    assert bench.finish(command, partial(processes.stop_at, 7, signal.SIGINT))[0] == 130
    assert "with inner 2, expected 4, or" in refused(bench, [*command, "--inner", "4"])
    message = "with grid ['C=0.1,1'], expected ['C=0.1,1', 'scale=std'], or"
    assert message in refused(bench, [*command, "--grid", "scale=std"])


def test_a_checkpoint_of_another_version_is_an_error(stopped):
    err = refused(stopped, SHARED, partial(processes.pretend_version, "9.9"))
    assert f"with gpuclf {gpuclf.__version__}, expected 9.9, or --restart to discard" in err


def test_a_checkpoint_of_a_changed_feature_file_is_an_error(stopped, features):
    path = stopped.folder / "features.hdf5"
    path.unlink()
    shutil.copy(features, path)  # same content, other modification time
    assert "with file time" in refused(stopped, SHARED)
    write_features(path, size=100_001)
    err = refused(stopped, SHARED)
    assert "with file bytes" in err and err.endswith(
        ", or --restart to discard it and start over\n"
    )


def test_results_do_not_mix_if_the_file_changes_but_not_its_modification_time(stopped, features):
    path, original = stopped.folder / "features.hdf5", features.stat()
    write_features(path, seed=1)
    os.utime(path, ns=(original.st_atime_ns, original.st_mtime_ns))
    status, err = stopped.finish(SHARED)
    assert status == 0 and "resuming: 7 folds already done" in err
    resumed = stopped.result()
    assert stopped.finish(SHARED)[0] == 0 and stopped.result() == resumed


def test_a_checkpoint_of_a_changed_table_of_groups_is_an_error(bench):
    table = bench.folder / "clips.csv"
    rows = [f"{label},{n},{n // 2}\n" for label in ("blues", "jazz", "rock") for n in range(12)]
    table.write_text("label,clip,artist\n" + "".join(rows))
    command = (*SHARED, "--groups", "clips.csv:artist")
    assert bench.finish(command, partial(processes.stop_at, 3, signal.SIGINT))[0] == 130
    table.write_text(table.read_text().replace(",11,5", ",11,11"))
    err = refused(bench, command)
    assert "with table 1 bytes" in err and err.endswith(
        ", or --restart to discard it and start over\n"
    )


def test_the_same_settings_from_a_config_resume_the_run(stopped, reference):
    (stopped.folder / "e.toml").write_text('kernel = "rbf"\nrepeats = 6\nC = 1\n')
    command = ("evaluate", "--config", "e.toml", "./features.hdf5", "--json", "./r.json")
    status, err = stopped.finish(command)
    assert status == 0 and "resuming: 7 folds already done" in err
    assert stopped.result()["scores"] == reference(SHARED).result["scores"]


def test_restart_discards_the_checkpoint_and_needs_an_output(stopped, reference):
    command = (*SHARED, "--C", "2", "--restart")
    status, err = stopped.finish(command)
    assert status == 0 and "resuming" not in err
    assert stopped.result()["experiment"]["C"] == 2
    assert os.listdir(stopped.folder) == ["features.hdf5"]
    status, err = stopped.finish(("evaluate", "features.hdf5", "--restart"))
    assert status == 2 and "restart: got no output file, expected --json" in err


def test_an_output_that_cannot_be_replaced_keeps_the_checkpoint(bench, reference):
    status, err = bench.finish(SHARED, processes.fail_to_replace)
    *_, error = err.splitlines()
    assert status == 2 and error.startswith(
        "gpuclf: error: r.json: got a disk that cannot be read or written"
    )
    assert error.endswith(HINT) and bench.finished() == 60
    assert sorted(os.listdir(bench.folder)) == ["features.hdf5", "r.json.checkpoint"]
    status, err = bench.finish(SHARED)
    assert status == 0 and "resuming: 60 folds already done" in err
    assert bench.result() == reference(SHARED).result


def test_a_link_is_followed_to_the_result_and_its_checkpoint(bench, reference):
    (bench.folder / "there").mkdir()
    bench.output.symlink_to("there/result.json")
    there = bench.folder / "there" / "result.json.checkpoint"
    _, err = bench.finish(SHARED, partial(processes.stop_at, 7, signal.SIGINT))
    assert there.exists() and f"progress saved to {there}; rerun" in err
    status, err = bench.finish(SHARED)
    assert status == 0 and "resuming: 7 folds already done" in err
    assert bench.output.is_symlink() and os.listdir(there.parent) == ["result.json"]
    assert bench.result() == reference(SHARED).result


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.mkdir, "got a folder, expected the path of a file to write"),
        (os.mkfifo, "got a device or a stream, expected the path of a file"),
        (lambda path: path.touch(0o444), "got a read-only file, expected a writable file"),
        (
            lambda path: path.write_text("Dear diary"),
            "got a file that is not a checkpoint, expected",
        ),
        (lambda path: path.symlink_to("features.hdf5"), "got the path of an input, expected"),
        (lambda path: path.symlink_to("no/where"), "got a folder that does not exist, expected"),
    ],
)
def test_a_file_that_is_not_a_checkpoint_is_kept_even_with_restart(bench, make, message):
    make(bench.checkpoint)
    before = sorted(os.listdir(bench.folder)), (bench.folder / "features.hdf5").read_bytes()
    for more in ((), ("--restart",)):
        status, err = bench.finish((*SHARED, *more))
        assert status == 2 and message in err and err.count("\n") == 1, err
    assert before == (
        sorted(os.listdir(bench.folder)),
        (bench.folder / "features.hdf5").read_bytes(),
    )


def test_the_output_cannot_have_the_name_of_a_checkpoint(stopped):
    command = ["r.json.checkpoint" if word == "r.json" else word for word in SHARED]
    err = refused(stopped, command)
    assert "r.json.checkpoint: got the name of a checkpoint, expected another name" in err
