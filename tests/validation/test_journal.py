"""The journal by itself: what is finished is there, whatever happened, and nothing else is."""

import errno
import fcntl
import logging
import os
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from gpuclf.errors import OutputError
from gpuclf.validation import journal as module
from gpuclf.validation.journal import Journal, beside
from hypothesis import given
from hypothesis import strategies as st

RUN = {"command": "evaluate", "C": 1.0, "statistics": ["sum"], "file bytes": 52_456}
write = os.write


@pytest.fixture
def path(tmp_path):
    return tmp_path / "result.json.journal"


@pytest.fixture(autouse=True)
def no_power_cut(monkeypatch):
    """Let the disk take its time."""
    monkeypatch.setattr(module.os, "fsync", lambda file: None)


def fill(path, count, run=RUN):
    with Journal(path, run) as journal:
        for number in range(count):
            journal.put(f"fold {number}", {"score": number / 7})
    return path.read_bytes()


def kept(path, run=RUN):
    """Open a journal again; give the numbers of the folds that are kept, and check their work."""
    with Journal(path, run) as journal:
        numbers = [n for n in range(99) if journal.get(f"fold {n}") is not None]
        assert all(journal.get(f"fold {n}") == {"score": n / 7} for n in numbers)
        assert len(journal) == len(numbers)
    return numbers


def intact(content):
    """Whether all lines have their checksum, computed here anew, and end."""
    *lines, torn = content.split(b"\n")
    parts = [line.split(b" ", 1) for line in lines]
    return torn == b"" and all(int(crc, 16) == zlib.crc32(text) for crc, text in parts)


def failing(code, written, error=OSError):
    """Play a write that writes so many bytes and then fails."""

    def fail(file, data):
        if written:
            write(file, bytes(data)[:written])
        raise error(code, os.strerror(code)) if error is OSError else error

    return fail


def flocked(effect):
    """Play `flock`, with an effect before the first one."""
    effects = [effect]
    flock = fcntl.flock

    def call(file, how):
        if effects:
            effects.pop()()
        flock(file, how)

    return call


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # No lone halves of surrogate pairs: they are no text.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), plain.filter(lambda work: work is not None), min_size=1))
def test_finished_work_comes_back_to_the_last_bit_whatever_it_is(finished):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "j")
        with Journal(path, RUN) as journal:
            for name, work in finished.items():
                journal.put(name, work)
        with Journal(path, RUN) as journal:
            found = {name: journal.get(name) for name in finished}
        assert repr(found) == repr(finished) and intact(path.read_bytes())


def test_a_line_torn_at_any_byte_costs_its_own_work_alone_and_the_journal_goes_on(path):
    content = fill(path, 3)
    ends = [place for place, byte in enumerate(content) if byte == ord("\n")]
    for cut in range(len(content) + 1):
        path.write_bytes(content[:cut])
        whole = sum(end < cut for end in ends[1:])
        assert kept(path) == list(range(whole)), cut
        with Journal(path, RUN) as journal:
            journal.put("fold 7", {"score": 1.0})
        assert kept(path) == [*range(whole), 7], cut
        assert intact(path.read_bytes()), cut


def test_a_flipped_byte_anywhere_costs_the_work_of_its_line_and_changes_none(path, caplog):
    content = fill(path, 3)
    ends = [place for place, byte in enumerate(content) if byte == ord("\n")]
    caplog.set_level(logging.CRITICAL)
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        if place <= ends[0]:  # nobody knows what run it is of: refused, and untouched
            with pytest.raises(OutputError, match=r"got a damaged journal|got a file that is no"):
                Journal(path, RUN)
            assert path.read_bytes() == flipped
            continue
        line = sum(end < place for end in ends) - 1
        lost = {line, line + 1} if place in ends else {line}
        assert kept(path) == sorted({0, 1, 2} - lost), place


def test_damaged_lines_are_told_and_done_again(path, caplog):
    content = fill(path, 3)
    path.write_bytes(content.replace(b"fold 1", b"fold 2"))
    assert kept(path) == [0, 2]
    assert "got damaged lines (1): their work is done again" in caplog.text
    with Journal(path, RUN) as journal:
        journal.put("fold 1", {"score": 1 / 7})
    assert kept(path) == [0, 1, 2]


def test_a_damaged_first_line_can_be_thrown_away(path):
    path.write_bytes(b"f" + fill(path, 2)[1:])
    with pytest.raises(OutputError, match=r"got a damaged journal, expected --restart$"):
        Journal(path, RUN)
    with Journal(path, RUN, restart=True) as journal:
        assert len(journal) == 0
    assert not path.exists()


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize(
    "content",
    [
        b"Dear journal,\ntoday\n",
        b"Dear journal",
        b"cafe",
        b"\n",
        b"00000000 \n",
        b"\x89HDF\r\n\x1a\n",
        b'{"journal":"gpuclf-journal"}\n',
        b"\0" * 4096,
    ],
)
def test_a_foreign_file_is_never_touched_not_even_by_a_restart(path, content, restart):
    path.write_bytes(content)
    with pytest.raises(OutputError, match="got a file that is no journal, expected another output"):
        Journal(path, RUN, restart=restart)
    assert path.read_bytes() == content


def test_another_version_of_journals_is_refused_whatever_else_it_says(path, monkeypatch):
    monkeypatch.setattr(module, "VERSION", 2)
    content = fill(path, 2)
    monkeypatch.undo()
    with pytest.raises(OutputError, match=r"with journal version 2, expected 1, or --restart$"):
        Journal(path, RUN)
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
def test_another_run_is_told_the_first_difference_and_nothing_is_lost(path, change, message):
    content = fill(path, 2)
    for run, other in ((RUN, RUN | change), (RUN | change, RUN)):
        path.write_bytes(content) if run is RUN else fill(path, 2, run)
        before = path.read_bytes()
        with pytest.raises(OutputError) as refused:
            Journal(path, other)
        assert path.read_bytes() == before
        if run is RUN:
            assert f"got the work of a run with {message}, or --restart" in str(refused.value)
        path.unlink()


def test_long_values_are_shown_where_they_differ(path):
    values = [f"C={n}" for n in range(200)]
    fill(path, 1, {"grid": values})
    with pytest.raises(OutputError) as refused:
        Journal(path, {"grid": [*values[:150], "C=0.5"]})
    message = str(refused.value).split(": ", 1)[1]
    assert "'C=149', 'C=150'" in message and "'C=149', 'C=0.5']" in message
    assert len(message) < 220


def test_two_at_once_are_one_too_many(path):
    with Journal(path, RUN) as journal:
        journal.put("fold 0", {"score": 0.0})
        for restart in (False, True):
            with pytest.raises(OutputError, match="got the journal of a run under way, expected"):
                Journal(path, RUN, restart=restart)
        journal.put("fold 1", {"score": 1 / 7})
    assert kept(path) == [0, 1]


def test_a_run_that_ends_just_now_does_not_take_the_next_one_s_journal_with_it(path, monkeypatch):
    ending = Journal(path, RUN)
    ending.put("fold 0", {"score": 0.0})

    def end():
        ending.remove()
        ending.__exit__(None, None, None)

    monkeypatch.setattr(module.fcntl, "flock", flocked(end))
    with Journal(path, RUN) as journal:  # it opens the file before the other one takes it away
        journal.put("fold 3", {"score": 3 / 7})
        assert path.exists()
    assert kept(path) == [3]


def test_who_ends_late_leaves_the_next_one_s_journal_alone(path):
    ending = Journal(path, RUN)
    ending.remove()
    with Journal(path, RUN) as journal:
        ending.__exit__(None, None, None)
        journal.put("fold 3", {"score": 3 / 7})
    assert kept(path) == [3]


def test_a_disk_without_locks_is_told_and_used(path, monkeypatch, caplog):
    def flock(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(module.fcntl, "flock", flock)
    fill(path, 2)
    assert kept(path) == [0, 1]
    assert "no second run is kept away (No locks available)" in caplog.text


def test_restart_throws_the_work_away_of_whatever_run(path):
    for run in (RUN, RUN | {"C": 10.0}):
        fill(path, 3, run)
        with Journal(path, RUN, restart=True) as journal:
            assert len(journal) == 0
            journal.put("fold 5", {"score": 5 / 7})
        assert kept(path) == [5]
        path.unlink()


def test_a_journal_without_work_goes_whether_all_went_well_or_not(path):
    for content in (None, b""):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(KeyboardInterrupt), Journal(path, RUN):
            assert path.exists()
            raise KeyboardInterrupt
        assert not path.exists()


def test_work_stays_if_the_run_fails_and_goes_when_the_output_is_written(path):
    with pytest.raises(KeyboardInterrupt), Journal(path, RUN) as journal:
        journal.put("fold 0", {"score": 0.0})
        raise KeyboardInterrupt
    assert kept(path) == [0]
    with Journal(path, RUN) as journal:
        journal.remove()
        assert not path.exists()
    assert not path.exists()


def test_many_records(path):
    with Journal(path, RUN) as journal:
        for number in range(5000):
            journal.put(f"fold {number}", {"votes": "A" * 1000, "score": number / 7})
    with Journal(path, RUN) as journal:
        assert len(journal) == 5000
        assert [journal.get(f"fold {n}")["score"] for n in (0, 4999)] == [0.0, 4999 / 7]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_does_not_know_is_refused_before_a_byte_is_written(path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        Journal(path, {"gamma": value})
    assert not path.exists()
    content = fill(path, 2)
    with Journal(path, RUN) as journal, pytest.raises(ValueError, match="not JSON compliant"):
        journal.put("fold 2", {"score": value})
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_written_in_or_a_folder_in_its_place_is_a_line(path, tmp_path):
    with pytest.raises(OutputError, match="/sys/j: got Permission denied, expected to be able to"):
        Journal("/sys/j", RUN)
    with pytest.raises(OutputError, match="got No such file or directory"):
        Journal(tmp_path / "missing" / "j", RUN)
    path.mkdir()
    with pytest.raises(OutputError, match="got Is a directory"):
        Journal(path, RUN)


@pytest.mark.parametrize("written", [0, 1, 20, 50])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_leaves_the_journal_as_it_was(path, monkeypatch, code, written):
    monkeypatch.setattr(module.os, "write", failing(code, written))
    message = os.strerror(code)
    with pytest.raises(OutputError, match=f"got {message}, expected to be able to write there"):
        Journal(path, RUN)
    assert not path.exists()
    monkeypatch.undo()
    content = fill(path, 2)
    with Journal(path, RUN) as journal:
        monkeypatch.setattr(module.os, "write", failing(code, written))
        with pytest.raises(OutputError, match=message):
            journal.put("fold 2", {"score": 2 / 7})
        assert path.read_bytes() == content and journal.get("fold 2") is None
        monkeypatch.undo()
        journal.put("fold 3", {"score": 3 / 7})  # there is room again
    assert kept(path) == [0, 1, 3] and intact(path.read_bytes())


def test_what_the_disk_only_finds_out_when_it_is_pressed_is_a_line_too(path, monkeypatch):
    def fsync(file):
        raise OSError(errno.EIO, "Input/output error")

    content = fill(path, 2)
    with Journal(path, RUN) as journal:
        monkeypatch.setattr(module.os, "fsync", fsync)
        with pytest.raises(OutputError, match="got Input/output error"):
            journal.put("fold 2", {"score": 2 / 7})
    assert path.read_bytes() == content


def test_a_power_cut_costs_a_second_at_most_and_never_the_first_line(path, monkeypatch):
    now, pressed = [100.0], []
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module.os, "fsync", lambda file: pressed.append(path.read_bytes()))
    with Journal(path, RUN) as journal:
        for number, later in enumerate([0.1, 0.5, 0.5, 0.1]):
            now[0] += later
            journal.put(f"fold {number}", {"score": number / 7})
    assert [content.count(b"\n") for content in pressed] == [1, 4]


@pytest.mark.parametrize("written", [0, 5, 40])
def test_an_interrupt_while_a_line_is_written_leaves_the_lines_before(path, monkeypatch, written):
    for count in (0, 2):
        monkeypatch.undo()
        content = fill(path, count) if count else None
        with pytest.raises(KeyboardInterrupt), Journal(path, RUN) as journal:
            monkeypatch.setattr(module.os, "write", failing(0, written, KeyboardInterrupt))
            journal.put("fold 2", {"score": 2 / 7})
        assert (path.read_bytes() if path.exists() else None) == content


def test_an_interrupt_while_it_begins_leaves_nothing(path, monkeypatch):
    monkeypatch.setattr(module.os, "write", failing(0, 30, KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        Journal(path, RUN)
    assert not path.exists()


def test_a_link_is_followed_by_output_and_journal_and_stays(tmp_path):
    (tmp_path / "there").mkdir()
    output, other = tmp_path / "result.json", tmp_path / "there" / "other.json"
    output.symlink_to(other)
    assert beside(output) == beside(other) == tmp_path / "there" / "other.json.journal"
    link, target = tmp_path / "j", tmp_path / "there" / "j"
    link.symlink_to(target)
    fill(link, 2)
    assert link.is_symlink() and kept(link) == kept(target) == [0, 1]
    with Journal(link, RUN) as journal:
        journal.remove()
    assert link.is_symlink() and not target.exists()


happenings = st.tuples(st.sampled_from(["put", "full", "stopped", "killed"]), st.integers(0, 60))


@given(st.lists(happenings, max_size=20))
def test_whatever_happens_in_whatever_order_what_was_put_is_there_and_nothing_else(story):
    with tempfile.TemporaryDirectory() as folder:
        path, finished = Path(folder, "j"), []
        journal = Journal(path, RUN)
        for number, (happening, written) in enumerate(story):
            name, work = f"fold {number}", {"score": number / 7}
            if happening == "put":
                journal.put(name, work)
                finished.append(number)
            elif happening == "full":
                with pytest.MonkeyPatch.context() as patch, pytest.raises(OutputError):
                    patch.setattr(module.os, "write", failing(errno.ENOSPC, written))
                    journal.put(name, work)
            else:
                if happening == "stopped":
                    journal.__exit__(None, None, None)
                else:  # in the middle of a line
                    os.close(journal._file)
                    with path.open("ab") as file:
                        file.write((b"0123abcd " + b"{" * 60)[:written])
                journal = Journal(path, RUN)
        journal.__exit__(None, None, None)
        assert path.exists() == bool(finished)
        assert kept(path) == finished


# The names that folds are kept under: all that a fold's result depends on, and nothing else.


def cross_validated(journal, vectors, **parameters):
    """Cross-validate; give the result without its times, and how much of it had to be done."""
    before = len(journal)
    validation = {"folds": 3, "repeats": 2} | parameters.pop("validation", {})
    clf = ClipClassifier(backend="cpu", **parameters)
    result = cross_validate(clf, vectors, finished=journal, **validation).to_dict()
    del result["seconds"]
    return result, len(journal) - before


@pytest.fixture
def vectors():
    y = np.repeat([0, 1, 2], 6)
    X = np.random.default_rng(0).normal(size=(18, 6, 4)) + y[:, None, None]
    return FeatureVectors(X.astype(np.float32), y, ("a", "b", "c"), np.arange(18).astype(str))


def test_the_same_work_is_done_once_and_more_of_it_only_where_it_is_more(path, vectors):
    with Journal(path, RUN) as journal:
        wanted, done = cross_validated(journal, vectors)
        assert done == 6
        assert cross_validated(journal, vectors) == (wanted, 0)
        assert cross_validated(journal, vectors, gamma=0.1, nu=0.1) == (wanted, 0)  # no part in it
        assert cross_validated(journal, vectors, validation={"repeats": 4})[1] == 6
        ids = replace(vectors, ids=vectors.ids[::-1])
        assert cross_validated(journal, ids)[1] == 0
    with Journal(path, RUN) as journal:
        assert cross_validated(journal, vectors) == (wanted, 0)


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
def test_whatever_a_result_depends_on_makes_it_other_work(path, vectors, other):
    parameters = {name: value for name, value in other.items() if name != "vectors"}
    with Journal(path, RUN) as journal:
        cross_validated(journal, vectors)
        others = other.get("vectors", lambda same: same)(vectors)
        found, done = cross_validated(journal, others, **parameters)
        assert done == 6
    with Journal(path.with_name("other"), RUN) as fresh:
        assert cross_validated(fresh, others, **parameters)[0] == found
