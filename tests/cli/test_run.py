"""The command run: from recordings, arrays, a table or a feature file to a report."""

import json
import os
import signal
from pathlib import Path

import gpuclf
import numpy as np
import pytest

from processes import Bench
from recordings import collection, content, noise, write

QUICK = ("--folds", "3", "--repeats", "1", "--backend", "cpu")
OWN = ("--no-deltas", "--workers", "1")


def flat(text):
    return " ".join(text.split())


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def recordings(here):
    return collection(here / "in")


@pytest.fixture
def arrays(here):
    rng = np.random.default_rng(0)
    for label in ("jazz", "rock"):
        (here / "arrays" / label).mkdir(parents=True)
        for clip in range(6):
            np.save(
                here / "arrays" / label / f"{clip}.npy", rng.normal(9 * (label == "rock"), 1, 4)
            )
    return here / "arrays"


def test_a_folder_of_recordings_becomes_a_report_that_is_named_at_the_end(run, recordings):
    status, out, err = run("run", "in", *QUICK, *OWN)
    assert status == 0, err
    *_, verdict, blank, page = out.rstrip("\n").split("\n")
    assert page == f"Report: {Path('in.report.html').absolute()}" and not blank
    assert "accuracy on clips 100.0 %" in flat(out) and verdict.strip()
    assert "preset recordings" in flat(out) and "split 3 stratified folds" in flat(out)
    assert "<html" in Path("in.report.html").read_text()
    assert sorted(os.listdir()) == ["in", "in.features.hdf5", "in.report.html"]


def test_the_result_is_that_of_extract_and_evaluate(run, recordings):
    assert run("run", "in", *QUICK, *OWN, "--json", "a.json")[0] == 0
    assert run("extract", "in", "f.hdf5", *OWN)[0] == 0
    assert run("evaluate", "f.hdf5", *QUICK, "--json", "b.json")[0] == 0
    first, second = (json.loads(Path(name).read_text()) for name in ("a.json", "b.json"))
    assert first["clips"] == second["clips"] and first["scores"] == second["scores"]


def test_features_are_reused_while_recordings_and_options_are_the_same(run, recordings):
    assert "extraction extract" in flat(run("run", "in", *QUICK, *OWN)[1])
    before = content("in.features.hdf5")
    written = Path("in.features.hdf5").stat().st_mtime_ns
    _, out, err = run("run", "in", *QUICK, *OWN, "--kernel", "linear")
    assert "in.features.hdf5, up to date" in flat(out) and "read" not in err
    assert Path("in.features.hdf5").stat().st_mtime_ns == written
    run("run", "in", *QUICK, *OWN, "--restart")
    assert Path("in.features.hdf5").stat().st_mtime_ns != written
    assert content("in.features.hdf5") == before


@pytest.mark.parametrize("change", ["content", "new", "deleted", "label", "options"])
def test_features_are_written_again_after_a_change(run, recordings, change):
    run("run", "in", *QUICK, *OWN)
    before, more = content("in.features.hdf5"), ()
    if change == "content":
        write(recordings / "jazz" / "0.wav", noise(9000))
    elif change == "new":
        write(recordings / "jazz" / "9.wav", noise(9000))
    elif change == "deleted":
        write(recordings / "jazz" / "9.wav", noise(9000))
        run("run", "in", *QUICK, *OWN)
        before = content("in.features.hdf5")
        (recordings / "jazz" / "9.wav").unlink()
    elif change == "label":
        (recordings / "jazz").rename(recordings / "swing")
    else:
        more = ("--n-mels", "40")
    _, out, _ = run("run", "in", *QUICK, *OWN, *more)
    assert "up to date" not in out and content("in.features.hdf5") != before


def test_skipped_recordings_are_reported_by_later_runs_too(run, recordings):
    (recordings / "jazz" / "e.wav").touch()
    for _ in range(2):
        _, out, _ = run("run", "in", *QUICK, *OWN)
        assert "jazz/e.wav cannot be decoded" in flat(out)


def test_an_index_may_be_the_path_itself(run, recordings):
    rows = [f"{label}/{n}.wav,{label},{n}" for label in ("jazz", "rock") for n in range(3)]
    Path("meta").mkdir()
    Path("meta/list.csv").write_text("filename,category,fold\n" + "\n".join(rows))
    status, out, err = run("run", "meta/list.csv", "--root", "in", "--backend", "cpu", *OWN)
    assert status == 0, err
    assert "columns path: filename, label: category, fold: fold" in flat(out)
    assert "3 predefined folds" in out and Path("meta/list.report.html").exists()
    Path("in/list.csv").write_text(Path("meta/list.csv").read_text())
    assert run("run", "in/list.csv", "--backend", "cpu", *OWN)[0] == 0


def test_annotations_are_evaluated_with_recordings_as_groups(run, here):
    for seed, name in enumerate("abcd"):
        write(here / "in" / f"{name}.wav", noise(2 * 22_050, seed))
        (here / "in" / f"{name}.txt").write_text("0\t.5\tx\n.5\t1\ty\n1\t1.5\tx\n")
    status, out, err = run("run", "in", "--annotations", "in", "--folds", "2", *OWN)
    assert status == 0, err
    assert "mel: 12 clips of 2 classes, 4 groups" in flat(out)
    assert "groups kept together" in flat(out)


def test_arrays_and_tables_are_packed(run, arrays):
    status, out, err = run("run", "arrays", *QUICK)
    assert status == 0, err
    assert "preset embeddings" in flat(out) and Path("arrays.report.html").exists()
    assert "up to date" in run("run", "arrays/", *QUICK)[1]
    rows = [f"{clip},{'ab'[clip % 2]},{clip % 2},{clip}" for clip in range(12)]
    Path("t.csv").write_text("\n".join(["track,genre,f0,f1", *rows]))
    named = ("--clip-column", "track", "--label-column", "genre")
    status, out, err = run("run", "t.csv", *named, *QUICK)
    assert status == 0, err
    assert "f0, f1 (2)" in flat(out) and Path("t.features.hdf5").exists()


def test_a_feature_file_is_evaluated_as_it_is(run, here):
    gpuclf.write_demo("demo.hdf5")
    status, _, err = run("run", "demo.hdf5", *QUICK, "--split", "stratified-kfold")
    assert status == 0, err
    assert sorted(os.listdir()) == ["demo.hdf5", "demo.report.html"]


def test_one_of_several_feature_sets_is_evaluated(run, here):
    rng = np.random.default_rng(0)
    for label in ("a", "b"):
        (here / "in" / label).mkdir(parents=True)
        for clip in range(6):
            sets = {"mel": rng.normal(size=(2, 3)), "chroma": rng.normal(size=(2, 2))}
            np.savez(here / "in" / label / f"{clip}.npz", **sets)
    assert "chroma: 12 clips" in flat(run("run", "in", *QUICK)[1])
    assert "mel: 12 clips" in flat(run("run", "in", *QUICK, "--dataset", "mel")[1])


def test_a_folder_that_is_not_writable_keeps_features_in_the_cache(run, recordings, monkeypatch):
    cache = recordings.parent / "cache"
    monkeypatch.setattr("gpuclf.workflows.run.own_caches", lambda: cache)
    monkeypatch.setattr("gpuclf.workflows.run.is_writable", lambda folder: False)
    elsewhere = recordings.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    status, _, err = run("run", "../in", *QUICK, *OWN)
    assert status == 0, err
    [features] = (cache / "features").iterdir()
    assert features.name.startswith("in-") and (elsewhere / "in.report.html").exists()
    assert "up to date" in run("run", "../in", *QUICK, *OWN)[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none",), "none: got no such file or folder, expected a folder of recordings or arrays"),
        (("arrays", "--sr", "8000"), "--sr: got no effect on PATH (arrays), expected recordings"),
        (("demo.hdf5", "--out", "x"), "--out: got no effect on PATH (feature file), expected any"),
        (("arrays", "--root", "x"), "--root: got x, expected an index of the clips: --index"),
        (("arrays", "--report", "no/r.html"), "no/r.html: got a folder that does not exist"),
        (("arrays", "--out", "demo.hdf5"), "demo.hdf5: got a file of another program, expected"),
        (("arrays", "--gamma", "1", "--kernel", "linear"), "--gamma: got no effect with"),
        (("mixed",), "mixed: got both features (.npy) and recordings (.wav), expected one of them"),
    ],
)
def test_invalid_input_is_one_line(refused, arrays, arguments, message):
    gpuclf.write_demo("demo.hdf5")
    Path("mixed/a").mkdir(parents=True)
    Path("mixed/a/x.npy").touch()
    Path("mixed/a/x.wav").touch()
    assert message in refused("run", *arguments)
    assert not list(Path().glob("*.html"))


def test_evaluate_names_the_commands_for_a_folder(refused, arrays, here):
    write(here / "in" / "a" / "x.wav", noise(9000))
    err = refused("evaluate", "in")
    assert "in: got a folder, expected a feature file: gpuclf run in, or gpuclf extract in " in err
    assert "features.hdf5 && gpuclf evaluate features.hdf5" in err
    err = refused("search", "arrays", "--grid", "C=1,10")
    assert "gpuclf pack arrays features.hdf5 && gpuclf search features.hdf5" in err
    Path("t.csv").write_text("clip,label,f0\n")
    assert "t.csv: got a CSV file, expected a feature file: gpuclf run t.csv, " in refused(
        "evaluate", "t.csv"
    )


class RunBench(Bench):
    """A folder of recordings, in which a run is interrupted during the extraction."""

    def __init__(self, folder):
        self.folder = folder
        self.stderr = folder.with_name(f"{folder.name}.err")
        self.environment = {}

    def finished(self):
        """Return the number of finished recordings."""
        return len(list(self.folder.glob("in.features.hdf5.extracting/*.npz")))


def test_an_interrupted_run_resumes(tmp_path):
    collection(tmp_path / "in", each=8, seconds=8)
    bench = RunBench(tmp_path)
    words = ("run", "in", *QUICK, "--features", "Xs", "--workers", "1")
    process = bench.start(words)
    bench.wait(process, lambda: bench.finished() > 3)
    os.kill(process.pid, signal.SIGINT)
    assert bench.end(process)[0] == 130
    done = {path.name for path in (tmp_path / "in.features.hdf5.extracting").glob("*.npz")}
    assert len(done) > 3
    status, err = bench.finish(words)
    assert status == 0, err
    assert sorted(os.listdir(tmp_path)) == ["in", "in.features.hdf5", "in.report.html"]
