"""Checkpoint file: durability, damaged files, locks, and names of stored results."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from gpuclf.errors import OutputError
from gpuclf.validation import checkpoint as module
from gpuclf.validation.checkpoint import Checkpoint, checkpoint_path
from hypothesis import given, settings
from hypothesis import strategies as st

RUN = {"command": "evaluate", "C": 1.0, "statistics": ["sum"], "file bytes": 52_456}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "result.json.checkpoint"


def fill(path, count, run=RUN):
    with Checkpoint(path, run) as checkpoint:
        for number in range(count):
            checkpoint.put(f"fold {number}", {"score": number / 7})
    return path.read_bytes()


def stored(path, run=RUN):
    """Reopen a checkpoint, check its results and return the numbers of their folds."""
    with Checkpoint(path, run) as checkpoint:
        numbers = [n for n in range(99) if checkpoint.get(f"fold {n}") is not None]
        assert all(checkpoint.get(f"fold {n}") == {"score": n / 7} for n in numbers)
        assert len(checkpoint) == len(numbers)
    return numbers


def test_results_are_restored_exactly_and_no_other_file_is_left(path):
    work = {"a": [0.1 + 0.2, 1e-308, -0.0], "b": "A\u00e9\n", "c": None, "d": {"e": 2**60}}
    with Checkpoint(path, RUN) as checkpoint:
        checkpoint.put("fold 0", work)
        checkpoint.put("fold 1", 1)
        checkpoint.put("fold 1", 2)  # replaces the first
    with Checkpoint(path, RUN) as checkpoint:
        assert repr(checkpoint.get("fold 0")) == repr(work)
        assert (checkpoint.get("fold 1"), checkpoint.get("fold 2")) == (2, None)
    assert os.listdir(path.parent) == [path.name]


KILLED = """
import os, sys
from gpuclf.validation.checkpoint import Checkpoint
checkpoint = Checkpoint(sys.argv[1], {"C": 1.0})
for number in range(40):
    checkpoint.put(f"fold {number}", {"score": number / 7, "votes": "A" * 5000})
    print(number, flush=True)
checkpoint._connection.set_progress_handler(lambda: os.kill(os.getpid(), 9), int(sys.argv[2]))
checkpoint.put("fold 40", {"score": 40 / 7})
"""


@pytest.mark.parametrize("instructions", [1, 3, 8])
def test_kill_during_writing_keeps_all_stored_results(path, instructions):
    command = [sys.executable, "-c", KILLED, str(path), str(instructions)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL and done.stdout.split()[-1] == "39"
    with Checkpoint(path, {"C": 1.0}) as checkpoint:  # reads the file and its log
        assert len(checkpoint) in (40, 41)
        assert all(checkpoint.get(f"fold {n}")["score"] == n / 7 for n in range(40))
    assert os.listdir(path.parent) == [path.name]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_flipped_bytes_never_change_a_result(tmp_path_factory, data):
    """Either the file is rejected or the damaged rows are ignored."""
    path = tmp_path_factory.mktemp("flipped") / "c"
    content = bytearray(fill(path, 6))
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[position] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    logging.getLogger("gpuclf").setLevel(logging.CRITICAL)
    try:
        assert set(stored(path)) <= set(range(6))
    except OutputError as error:
        expected = "damaged checkpoint", "not a checkpoint", "or --restart to discard"
        assert any(text in str(error) for text in expected), error
    finally:
        logging.getLogger("gpuclf").setLevel(logging.NOTSET)


def test_damaged_row_is_reported_and_ignored(path, caplog):
    fill(path, 3)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE work SET work = '{\"score\":0.5}' WHERE name = 'fold 1'")
    database.close()
    assert stored(path) == [0, 2]
    assert "damaged results ignored and recomputed: 1" in caplog.text
    with Checkpoint(path, RUN) as checkpoint:
        checkpoint.put("fold 1", {"score": 1 / 7})
    assert stored(path) == [0, 1, 2]


@pytest.mark.parametrize("restart", [False, True])
def test_damaged_checkpoint_is_replaced_with_a_warning(path, caplog, restart):
    content = fill(path, 40)
    damaged = content[:100] + bytes(len(content) - 100)
    path.write_bytes(damaged)
    with Checkpoint(path, RUN, restart=restart) as checkpoint:
        assert len(checkpoint) == 0
        checkpoint.put("fold 5", {"score": 5 / 7})
    assert stored(path) == [5]
    assert ("the checkpoint is damaged, starting over" in caplog.text) != restart


@pytest.mark.parametrize("size", [0, 16, 50, 71, 72, 99, 100, 4096, 5000])
def test_truncated_checkpoint_is_started_over(path, size):
    content = fill(path, 40)
    assert size < len(content)
    path.write_bytes(content[:size])
    with Checkpoint(path, RUN) as checkpoint:
        assert len(checkpoint) == 0
        checkpoint.put("fold 5", {"score": 5 / 7})
    assert stored(path) == [5]


@pytest.mark.parametrize("size", [1, 72, 4096])
def test_file_of_zeros_which_a_power_cut_leaves_is_an_empty_checkpoint(path, size):
    path.write_bytes(bytes(size))
    fill(path, 2)
    assert stored(path) == [0, 1]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize(
    "content", [b"Dear diary,\n", b"\x89HDF\r\n\x1a\n", b"\0" * 4096 + b"7", None]
)
def test_file_that_is_not_a_checkpoint_is_never_changed(path, content, restart):
    if content is None:  # another program's database
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE work (name TEXT)")
        database.close()
        content = path.read_bytes()
    path.write_bytes(content)
    with pytest.raises(OutputError, match="got a file that is not a checkpoint, expected another"):
        Checkpoint(path, RUN, restart=restart)
    assert path.read_bytes() == content


def test_checkpoint_of_another_version_raises(path, monkeypatch):
    monkeypatch.setattr(module, "VERSION", 1)
    content = fill(path, 2)
    monkeypatch.undo()
    with pytest.raises(OutputError, match="with checkpoint version 1, expected 2, or --restart to"):
        Checkpoint(path, RUN)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"C": 10.0}, "C 1.0, expected 10.0"),
        ({"C": 10.0, "file bytes": 1}, "C 1.0, expected 10.0"),
        ({"file bytes": 52_457}, "file bytes 52456, expected 52457"),
        ({"command": "search", "grid": ["C=1"]}, "command evaluate, expected search"),
        ({"grid": ["C=1"]}, "grid None, expected ['C=1']"),
        ({"statistics": ["sum", "mean"]}, "statistics ['sum'], expected ['sum', 'mean']"),
    ],
)
def test_checkpoint_of_another_run_raises_with_the_first_difference(path, change, message):
    content = fill(path, 2)
    for run, other in ((RUN, RUN | change), (RUN | change, RUN)):
        path.write_bytes(content) if run is RUN else fill(path, 2, run)
        before = path.read_bytes()
        with pytest.raises(OutputError) as caught:
            Checkpoint(path, other)
        assert path.read_bytes() == before
        if run is RUN:
            expected = f"got a checkpoint of a run with {message}, or --restart to discard it"
            assert expected in str(caught.value)
        path.unlink()


def test_message_shows_long_values_where_they_differ(path):
    values = [f"C={n}" for n in range(200)]
    fill(path, 1, {"grid": values})
    with pytest.raises(OutputError) as caught:
        Checkpoint(path, {"grid": [*values[:150], "C=0.5"]})
    message = str(caught.value).split(": ", 1)[1]
    assert "'C=149', 'C=150'" in message and "'C=149', 'C=0.5']" in message
    assert len(message) < 250


def test_checkpoint_in_use_raises(path):
    with Checkpoint(path, RUN) as checkpoint:
        checkpoint.put("fold 0", {"score": 0.0})
        for restart in (False, True):
            with pytest.raises(OutputError, match="got a checkpoint in use by another process"):
                Checkpoint(path, RUN, restart=restart)
        checkpoint.put("fold 1", {"score": 1 / 7})
    assert stored(path) == [0, 1]


def test_run_that_ends_meanwhile_does_not_delete_the_new_checkpoint(path, monkeypatch):
    ending = Checkpoint(path, RUN)
    ending.put("fold 0", {"score": 0.0})
    check = Checkpoint._check_kind

    def check_and_end(self):
        monkeypatch.undo()
        created = check(self)
        ending.remove()
        return created

    monkeypatch.setattr(Checkpoint, "_check_kind", check_and_end)
    with Checkpoint(path, RUN) as checkpoint:
        checkpoint.put("fold 3", {"score": 3 / 7})
        ending.__exit__(None, None, None)
        assert path.exists()
    assert stored(path) == [3]


def test_restart_discards_results_of_any_run(path):
    for run in (RUN, RUN | {"C": 10.0}):
        fill(path, 3, run)
        with Checkpoint(path, RUN, restart=True) as checkpoint:
            assert len(checkpoint) == 0
            checkpoint.put("fold 5", {"score": 5 / 7})
        assert stored(path) == [5]
        path.unlink()


def test_empty_checkpoint_is_deleted_also_after_an_error(path):
    for content in (None, b""):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(KeyboardInterrupt), Checkpoint(path, RUN):
            assert path.exists()
            raise KeyboardInterrupt
        assert not os.listdir(path.parent)


def test_results_are_kept_after_an_error_and_deleted_by_remove(path):
    with pytest.raises(KeyboardInterrupt), Checkpoint(path, RUN) as checkpoint:
        checkpoint.put("fold 0", {"score": 0.0})
        raise KeyboardInterrupt
    assert stored(path) == [0]
    with Checkpoint(path, RUN) as checkpoint:
        checkpoint.remove()
        assert not os.listdir(path.parent)
    assert not os.listdir(path.parent)


def test_many_results_are_stored(path):
    with Checkpoint(path, RUN) as checkpoint:
        for number in range(2000):
            checkpoint.put(f"fold {number}", {"votes": "A" * 1000, "score": number / 7})
    with Checkpoint(path, RUN) as checkpoint:
        assert len(checkpoint) == 2000
        assert [checkpoint.get(f"fold {n}")["score"] for n in (0, 1999)] == [0.0, 1999 / 7]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_value_that_is_not_json_raises_before_anything_is_written(path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        Checkpoint(path, {"gamma": value})
    assert not path.exists()
    fill(path, 2)
    with Checkpoint(path, RUN) as checkpoint, pytest.raises(ValueError, match="not JSON compliant"):
        checkpoint.put("fold 2", {"score": value})
    assert stored(path) == [0, 1]


def test_path_that_cannot_be_written_raises(path, tmp_path):
    with pytest.raises(OutputError, match="/sys/j: got no permission, expected a writable file"):
        Checkpoint("/sys/j", RUN)
    with pytest.raises(OutputError, match="got no such file"):
        Checkpoint(tmp_path / "missing" / "j", RUN)
    path.mkdir()
    with pytest.raises(OutputError, match="got a folder"):
        Checkpoint(path, RUN)


FULL = """
import resource, sys
from gpuclf.errors import OutputError
from gpuclf.validation.checkpoint import Checkpoint
with Checkpoint(sys.argv[1], {"C": 1.0}) as checkpoint:
    checkpoint.put("fold 0", 0.5)
    _, limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limit))
    try:
        checkpoint.put("fold 1", "A" * 100_000)
    except OutputError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    checkpoint.put("fold 2", 0.75)  # the disk has space again
"""


def test_full_disk_raises_and_leaves_the_checkpoint_usable(path):
    command = [sys.executable, "-c", FULL, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{path}: got ") and "expected a writable file" in done.stdout
    with Checkpoint(path, {"C": 1.0}) as checkpoint:
        assert [checkpoint.get(f"fold {n}") for n in range(3)] == [0.5, None, 0.75]


def test_symbolic_links_are_resolved_and_kept(tmp_path):
    (tmp_path / "target").mkdir()
    output, other = tmp_path / "result.json", tmp_path / "target" / "other.json"
    output.symlink_to(other)
    expected = tmp_path / "target" / "other.json.checkpoint"
    assert checkpoint_path(output) == checkpoint_path(other) == expected
    link, target = tmp_path / "j", tmp_path / "target" / "j"
    link.symlink_to(target)
    fill(link, 2)
    assert link.is_symlink() and stored(link) == stored(target) == [0, 1]
    with Checkpoint(link, RUN) as checkpoint:
        checkpoint.remove()
    assert link.is_symlink() and not target.exists()


def test_module_is_imported_without_fcntl(path):
    """Windows has no ``fcntl``."""
    code = "import sys; sys.modules['fcntl'] = None; import gpuclf.validation.checkpoint"
    subprocess.run([sys.executable, "-c", code], check=True)


# A fold is stored under a name that depends on all inputs of its result, and on nothing else.


def cross_validated(checkpoint, vectors, **parameters):
    """Cross-validate; return the result without its times and the number of fitted folds."""
    before = len(checkpoint)
    validation = {"folds": 3, "repeats": 2} | parameters.pop("validation", {})
    clf = ClipClassifier(backend="cpu", **parameters)
    result = cross_validate(clf, vectors, checkpoint=checkpoint, **validation).to_dict()
    del result["seconds"]
    return result, len(checkpoint) - before


@pytest.fixture
def vectors():
    y = np.repeat([0, 1, 2], 6)
    X = np.random.default_rng(0).normal(size=(18, 6, 4)) + y[:, None, None]
    return FeatureVectors(X.astype(np.float32), y, ("a", "b", "c"), np.arange(18).astype(str))


def test_only_missing_folds_are_fitted(path, vectors):
    with Checkpoint(path, RUN) as checkpoint:
        expected, fitted = cross_validated(checkpoint, vectors)
        assert fitted == 6
        assert cross_validated(checkpoint, vectors) == (expected, 0)
        unused = {"gamma": 0.1, "nu": 0.1}  # by a linear C-SVC
        assert cross_validated(checkpoint, vectors, **unused) == (expected, 0)
        assert cross_validated(checkpoint, vectors, validation={"repeats": 4})[1] == 6
        ids = replace(vectors, ids=vectors.ids[::-1])
        assert cross_validated(checkpoint, ids)[1] == 0
    with Checkpoint(path, RUN) as checkpoint:
        assert cross_validated(checkpoint, vectors) == (expected, 0)


@pytest.mark.parametrize(
    "other",
    [
        {"C": 2.0},
        {"svm_type": "nu"},
        {"svm_type": "linear"},
        {"kernel": "rbf"},
        {"scale": "std"},
        {"class_weight": "balanced"},
        {"solver": "library"},
        {"validation": {"seed": 9}},
        {"validation": {"test_size": 0.3}},
        {"validation": {"split": "kfold"}},
        {"validation": {"protocol": "thesis"}},
        {"validation": {"majority_voting": False}},
        {"validation": {"permute_labels": True}},
        {"vectors": lambda vectors: replace(vectors, X=vectors.X + np.float32(0.01))},
        {"vectors": lambda vectors: replace(vectors, X=vectors.X.reshape(18, 4, 6))},
        {"vectors": lambda vectors: replace(vectors, y=vectors.y[::-1].copy())},
    ],
)
def test_every_input_of_a_result_changes_its_name(path, vectors, other):
    parameters = {name: value for name, value in other.items() if name != "vectors"}
    with Checkpoint(path, RUN) as checkpoint:
        cross_validated(checkpoint, vectors)
        others = other.get("vectors", lambda unchanged: unchanged)(vectors)
        result, fitted = cross_validated(checkpoint, others, **parameters)
        assert fitted == 6
    with Checkpoint(path.with_name("other"), RUN) as empty:
        assert cross_validated(empty, others, **parameters)[0] == result
