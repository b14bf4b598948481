"""The whole command, stopped in every way there is and started again: the result is the same."""

import os
import random
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
KEPT = "what is finished is kept in r.json.checkpoint: the same command goes on there"


class Undisturbed(NamedTuple):
    """What a command gives if nothing happens to it."""

    result: dict
    seconds: float  # from the beginning of the checkpoint to the end
    finished: int  # folds
    checkpoint: int  # bytes, with its log
    output: int


def write_features(path, seed=0, size=100_000):
    """Write a feature file of a certain size: HDF5 does not mind what follows."""
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
def undisturbed(features, tmp_path_factory):
    """Run a command undisturbed, once."""
    known = {}

    def run(command):
        if command not in known:
            bench = Bench(tmp_path_factory.mktemp("undisturbed"), features)
            process = bench.start(command, processes.keep_checkpoint)
            bench.wait(process, lambda: bench.finished() >= 0)
            begun = time.monotonic()
            assert bench.end(process)[0] == 0
            seconds = time.monotonic() - begun
            sizes = int((bench.folder / "room").read_text()), bench.output.stat().st_size
            known[command] = Undisturbed(bench.result(), seconds, bench.finished(), *sizes)
        return known[command]

    return run


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_again_and_again_it_ends_with_the_same_result(bench, undisturbed, name):
    command, wanted = COMMANDS[name], undisturbed(COMMANDS[name])
    chance = random.Random(name)
    kills = with_work = 0
    while kills < 4:
        before, touched = max(0, bench.finished()), bench.touched()
        process = bench.start(command)
        bench.wait(process, lambda touched=touched: bench.touched() != touched)
        if kills % 2:  # at any time, or when so many folds more are finished, and a little later
            time.sleep(chance.uniform(0, wanted.seconds))
        else:
            more = before + chance.randrange(1, wanted.finished // 3)
            bench.wait(process, lambda more=more: bench.finished() >= more)
            time.sleep(chance.uniform(0, 0.02))
        process.kill()
        status, err = bench.end(process)
        assert status in (0, -signal.SIGKILL), err
        assert "goes on" not in err or f"goes on after {before} finished" in err
        kills += status != 0
        with_work += status != 0 and bench.finished() > before
        if bench.output.exists():  # that was too late
            assert bench.result() == wanted.result
            assert status != 0 or not bench.checkpoint.exists()
    assert with_work >= 2, "hardly any kill hit a run that had finished a fold"
    assert bench.finish(command)[0] == 0 and bench.result() == wanted.result
    assert os.listdir(bench.folder) == ["features.hdf5"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_it_and_a_line_says_where_it_goes_on(bench, undisturbed, number, status):
    process = bench.start(SHARED)
    bench.wait(process, lambda: bench.finished() > 20)
    os.kill(process.pid, number)
    ended, err = bench.end(process)
    assert ended == status and f"gpuclf: {KEPT}\n" in err
    assert bench.finished() > 20 and intact(bench.checkpoint)
    assert sorted(os.listdir(bench.folder)) == ["features.hdf5", "r.json.checkpoint"]
    assert bench.finish(SHARED)[0] == 0 and bench.result() == undisturbed(SHARED).result


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_before_the_first_fold_is_finished_leaves_nothing(bench, number, status):
    process = bench.start(SHARED, processes.never_finish_a_fold)
    bench.wait(process, lambda: bench.finished() >= 0)
    os.kill(process.pid, number)
    ended, err = bench.end(process)
    assert ended == status and "checkpoint" not in err
    assert os.listdir(bench.folder) == ["features.hdf5"]


def killed_while_it_writes(count):
    return partial(processes.kill_in_a_statement, count)


@pytest.mark.parametrize("finished", [0, 7])
@pytest.mark.parametrize(
    ("stop", "status"),
    [
        (lambda count: partial(processes.stop_at, count, signal.SIGINT), 130),
        (lambda count: partial(processes.stop_at, count, signal.SIGTERM), 143),
        (lambda count: partial(processes.stop_at, count, signal.SIGKILL), -9),
        (killed_while_it_writes, -9),
    ],
    ids=["interrupted", "terminated", "killed", "killed while it writes"],
)
def test_stopped_at_a_fold(bench, undisturbed, stop, status, finished):
    assert bench.finish(SHARED, stop(finished))[0] == status
    if status > 0:
        assert bench.checkpoint.exists() == bool(finished)
        assert not finished or intact(bench.checkpoint)
    kept = max(0, bench.finished())  # of what was being written, all or nothing
    assert kept - finished in ((0, 1) if "writes" in stop.__name__ else (0,))
    status, err = bench.finish(SHARED)
    assert status == 0 and ("goes on" in err) == bool(kept)
    assert not kept or f"r.json.checkpoint: goes on after {kept} finished pieces" in err
    assert bench.result() == undisturbed(SHARED).result
    assert os.listdir(bench.folder) == ["features.hdf5"]


def test_killed_when_only_the_checkpoint_has_to_go_it_gives_the_same_again(bench, undisturbed):
    assert bench.finish(SHARED, processes.kill_instead_of_removing)[0] == -signal.SIGKILL
    assert bench.result() == undisturbed(SHARED).result
    status, err = bench.finish(SHARED)
    assert status == 0 and "goes on after 60 finished pieces" in err
    assert bench.result() == undisturbed(SHARED).result
    assert os.listdir(bench.folder) == ["features.hdf5"]


def test_the_same_run_twice_at_once_is_refused_at_the_door(bench, undisturbed):
    (bench.folder / "link.json").symlink_to("r.json")
    process = bench.start(SHARED)
    bench.wait(process, lambda: bench.finished() > 20)
    os.kill(process.pid, signal.SIGSTOP)  # so that it does not end too early
    there = bench.checkpoint.read_bytes()
    by_link = ["link.json" if word == "r.json" else word for word in SHARED]
    for command in (SHARED, by_link, [*SHARED, "--restart"]):
        status, err = bench.finish(command)
        assert status == 2 and err.count("\n") == 1
        assert (
            "r.json.checkpoint: got the checkpoint of a run under way, expected its end first"
            in err
        )
    assert bench.checkpoint.read_bytes() == there
    os.kill(process.pid, signal.SIGCONT)
    assert bench.end(process)[0] == 0 and bench.result() == undisturbed(SHARED).result


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="it takes two cores, and a way to be kept off one",
)
def test_it_goes_on_with_fewer_threads_to_the_same_result(bench, undisturbed):
    wanted = undisturbed(SHARED).result
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
    assert status == 0 and "goes on after" in err
    found = bench.result()
    assert found["environment"]["device"] == "1 core"
    found["environment"]["device"] = wanted["environment"]["device"]
    assert found == wanted


# A disk that is really full: a small one in memory, which goes with the process that made it.

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
    """Run a command on a small disk, and again on a larger one; give the first status."""
    script = ["sh", "-c", ON_A_SMALL_DISK, "sh", str(size // 4096 * 4096), *GPUCLF, *command]
    for apart in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        status, err = bench.in_a_shell(*apart, *script)
        if "unshare" not in err and status != 99:
            return status
    return pytest.skip(f"no disk of one's own here: {err.strip()}")


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare")
@pytest.mark.parametrize("what", ["checkpoint", "output"])
def test_a_full_disk_is_a_line_and_the_run_goes_on_when_there_is_room(bench, undisturbed, what):
    wanted = undisturbed(LIBRARY)
    full = wanted.checkpoint + wanted.output // 2
    size = wanted.checkpoint // 2 if what == "checkpoint" else full
    assert on_a_small_disk(bench, LIBRARY, size) == 2
    *_, said = (bench.folder / "first").read_text().splitlines()
    where = "r.json.checkpoint" if what == "checkpoint" else "r.json"
    assert said.startswith(f"gpuclf: error: {where}: got No space left on device, expected")
    assert said.endswith(KEPT)
    finished = bench.finished()
    assert 0 < finished < 60 if what == "checkpoint" else finished == 60
    assert f"goes on after {finished} finished pieces" in (bench.folder / "second").read_text()
    assert bench.result() == wanted.result
    listed = (bench.folder / "listed").read_text().split()
    left = [name for name in listed if not name.endswith("-wal")]
    assert left == ["features.hdf5", "r.json.checkpoint", "features.hdf5", "r.json"]


# What may not go on is refused, in one line that says why, and nothing is lost.


@pytest.fixture
def stopped(bench):
    """A bench with a run that was stopped when it had finished seven folds."""
    assert bench.finish(SHARED, partial(processes.stop_at, 7, signal.SIGINT))[0] == 130
    return bench


def refused(bench, command, before=None):
    """Run a command that must be refused without touching the checkpoint; give what it says."""
    there = bench.checkpoint.read_bytes()
    status, err = bench.finish(command, before)
    assert status == 2 and err.count("\n") == 1, err
    assert err.startswith("gpuclf: error: ")
    assert bench.checkpoint.read_bytes() == there and not bench.output.exists()
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
def test_other_settings_and_other_commands_are_told_from_the_run(stopped, command, message):
    place = "r.json.checkpoint: got the work of a run with "
    assert f"{place}{message}, or --restart\n" in refused(stopped, command)


def test_other_options_of_a_command_are_told_from_the_run(bench):
    command = COMMANDS["search"]
    assert bench.finish(command, partial(processes.stop_at, 7, signal.SIGINT))[0] == 130
    assert "with inner 2, expected 4, or" in refused(bench, [*command, "--inner", "4"])
    message = "with grid ['C=0.1,1'], expected ['C=0.1,1', 'scale=std'], or"
    assert message in refused(bench, [*command, "--grid", "scale=std"])


def test_another_version_is_told_from_the_run(stopped):
    err = refused(stopped, SHARED, partial(processes.pretend_version, "9.9"))
    assert f"with gpuclf {gpuclf.__version__}, expected 9.9, or --restart" in err


def test_a_feature_file_that_changed_is_told_from_the_run(stopped, features):
    path = stopped.folder / "features.hdf5"
    path.unlink()
    shutil.copy(features, path)  # the same content at another time
    assert "with file time" in refused(stopped, SHARED)
    write_features(path, size=100_001)
    err = refused(stopped, SHARED)
    assert "with file bytes" in err and err.endswith(", or --restart\n")


def test_nothing_mixes_even_if_a_file_changes_behind_its_times_back(stopped, features):
    path, about = stopped.folder / "features.hdf5", features.stat()
    write_features(path, seed=1)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    status, err = stopped.finish(SHARED)
    assert status == 0 and "goes on after 7 finished pieces" in err
    mixed = stopped.result()
    assert stopped.finish(SHARED)[0] == 0 and stopped.result() == mixed


def test_a_table_of_groups_that_changed_is_told_from_the_run(bench):
    table = bench.folder / "clips.csv"
    rows = [f"{label},{n},{n // 2}\n" for label in ("blues", "jazz", "rock") for n in range(12)]
    table.write_text("label,clip,artist\n" + "".join(rows))
    command = (*SHARED, "--groups", "clips.csv:artist")
    assert bench.finish(command, partial(processes.stop_at, 3, signal.SIGINT))[0] == 130
    table.write_text(table.read_text().replace(",11,5", ",11,11"))
    err = refused(bench, command)
    assert "with table 1 bytes" in err and err.endswith(", or --restart\n")


def test_the_same_settings_said_in_another_way_go_on(stopped, undisturbed):
    (stopped.folder / "e.toml").write_text('kernel = "rbf"\nrepeats = 6\nC = 1\n')
    command = ("evaluate", "--config", "e.toml", "./features.hdf5", "--json", "./r.json")
    status, err = stopped.finish(command)
    assert status == 0 and "goes on after 7 finished pieces" in err
    assert stopped.result()["scores"] == undisturbed(SHARED).result["scores"]


def test_restart_throws_the_work_away_and_needs_an_output(stopped, undisturbed):
    command = (*SHARED, "--C", "2", "--restart")
    status, err = stopped.finish(command)
    assert status == 0 and "goes on" not in err
    assert stopped.result()["experiment"]["C"] == 2
    assert os.listdir(stopped.folder) == ["features.hdf5"]
    status, err = stopped.finish(("evaluate", "features.hdf5", "--restart"))
    assert status == 2 and "restart: got no output, expected that of the stopped" in err


def test_a_result_that_cannot_be_moved_to_its_place_leaves_all_work_done(bench, undisturbed):
    status, err = bench.finish(SHARED, processes.let_nothing_be_moved)
    *_, said = err.splitlines()
    assert status == 2 and said.startswith("gpuclf: error: r.json: got Input/output error")
    assert said.endswith(KEPT) and bench.finished() == 60
    assert sorted(os.listdir(bench.folder)) == ["features.hdf5", "r.json.checkpoint"]
    status, err = bench.finish(SHARED)
    assert status == 0 and "goes on after 60 finished pieces" in err
    assert bench.result() == undisturbed(SHARED).result


def test_a_link_is_followed_to_the_result_and_its_checkpoint(bench, undisturbed):
    (bench.folder / "there").mkdir()
    bench.output.symlink_to("there/result.json")
    there = bench.folder / "there" / "result.json.checkpoint"
    _, err = bench.finish(SHARED, partial(processes.stop_at, 7, signal.SIGINT))
    assert there.exists() and f"kept in {there}: the same" in err
    status, err = bench.finish(SHARED)
    assert status == 0 and "goes on after 7 finished pieces" in err
    assert bench.output.is_symlink() and os.listdir(there.parent) == ["result.json"]
    assert bench.result() == undisturbed(SHARED).result


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.mkdir, "got a folder, expected the path of a file to write"),
        (os.mkfifo, "got a device or a stream, expected the path of a file"),
        (lambda path: path.touch(0o444), "got a read-only file, expected a writable file"),
        (lambda path: path.write_text("Dear diary"), "got a file that is no checkpoint, expected"),
        (lambda path: path.symlink_to("features.hdf5"), "got the path of an input, expected"),
        (lambda path: path.symlink_to("no/where"), "got a folder that does not exist, expected"),
    ],
)
def test_what_stands_in_the_checkpoint_s_place_stays_even_under_restart(bench, make, message):
    make(bench.checkpoint)
    before = sorted(os.listdir(bench.folder)), (bench.folder / "features.hdf5").read_bytes()
    for more in ((), ("--restart",)):
        status, err = bench.finish((*SHARED, *more))
        assert status == 2 and message in err and err.count("\n") == 1, err
    assert before == (
        sorted(os.listdir(bench.folder)),
        (bench.folder / "features.hdf5").read_bytes(),
    )


def test_no_output_takes_the_place_of_a_checkpoint(stopped):
    command = ["r.json.checkpoint" if word == "r.json" else word for word in SHARED]
    err = refused(stopped, command)
    assert "r.json.checkpoint: got the name of a checkpoint, expected another one" in err
