"""The command pack: from a folder or a CSV file to a feature file."""

import json
import os

import h5py
import numpy as np
import pytest


@pytest.fixture
def folder(tmp_path):
    """A folder of .npy files: two classes that are easy to separate, clips of 20 to 25 frames."""
    rng = np.random.default_rng(0)
    for label in ("jazz", "rock"):
        (tmp_path / "in" / label).mkdir(parents=True)
        for number in range(6):
            frames = rng.random((20 + number, 4))
            frames[:, 3] += 9 * (label == "rock")
            np.save(tmp_path / "in" / label / f"{number}.npy", frames)
    return tmp_path / "in"


def test_a_folder_is_packed_and_the_printed_command_evaluates_it(run, folder, tmp_path):
    status, out, err = run("pack", folder, tmp_path / "f.hdf5")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        str(tmp_path / "f.hdf5"),
        "features: 12 clips of 2 classes, 20 to 25 frames per clip, 4 features",
        "default split: 5 x 6 stratified folds",
        f"Next: gpuclf evaluate {tmp_path / 'f.hdf5'}",
    ]
    words = out.splitlines()[-1].removeprefix("Next: gpuclf ").split()
    quick = ("--repeats", "1", "--backend", "cpu")
    status, _, _ = run(*words, *quick, "--json", tmp_path / "r.json")
    assert status == 0 and json.loads((tmp_path / "r.json").read_text())["accuracy"] > 0.9


def test_an_index_selects_files_and_defines_groups_and_folds(run, folder, tmp_path):
    index = tmp_path / "clips.csv"
    index.write_text("path,label,group,fold\nrock/0.npy,A,x,1\njazz/0.npy,B,y,2\n")
    status, out, _ = run("pack", folder, tmp_path / "f", "--index", index, "--name", "mel")
    assert status == 0
    assert "mel: 2 clips of 2 classes, 2 groups, 2 folds, 20 frames per clip, 4 features" in out
    assert f"not listed: 10 files of {folder}, skipped" in out


def test_the_printed_command_selects_one_of_several_feature_sets(run, tmp_path):
    (tmp_path / "in" / "a").mkdir(parents=True)
    np.savez(tmp_path / "in" / "a" / "0.npz", mel=np.ones((5, 3)), chroma=np.ones((4, 2)))
    status, out, _ = run("pack", tmp_path / "in", tmp_path / "f g")
    assert status == 0 and "chroma: 1 clips" in out and "mel: 1 clips" in out
    assert out.endswith(f"gpuclf evaluate '{tmp_path / 'f g'}' --dataset chroma\n")


def test_the_printed_command_needs_no_option_for_clips_of_one_frame(run, tmp_path):
    (tmp_path / "in" / "a").mkdir(parents=True)
    np.save(tmp_path / "in" / "a" / "0.npy", np.ones(3))
    status, out, _ = run("pack", tmp_path / "in", tmp_path / "f")
    assert status == 0 and "1 frame per clip, 3 features" in out
    assert out.endswith(f"Next: gpuclf evaluate {tmp_path / 'f'}\n")


def test_a_class_of_one_clip_has_no_default_split(run, folder, tmp_path):
    for number in range(1, 6):
        (folder / "rock" / f"{number}.npy").unlink()
    _, out, _ = run("pack", folder, tmp_path / "f")
    assert "default split: none (class 'rock': got 1 clip, expected at least 2" in out
    assert "none (class 'rock'" in run("info", tmp_path / "f")[1]


def test_csv_rows_are_packed_and_the_feature_columns_printed(run, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("file,low,genre,high\n" + "".join(f"a,{k},rock,1\n" for k in range(8)))
    columns = ("--clip-column", "file", "--label-column", "genre")
    status, out, _ = run("pack", rows, tmp_path / "f", *columns, "--name", "band")
    assert status == 0
    with h5py.File(tmp_path / "f") as file:
        assert file.attrs["gpuclf_preset"] == "embeddings"
    assert "band: 1 clips of 1 classes, 8 frames per clip, 2 features\ncolumns: low, high\n" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing", "f"), "nothing: got no such folder"),
        (("in/jazz/0.npy", "f"), "0.npy: got a file of arrays, expected a folder with one such"),
        (("in/jazz", "f"), "in/jazz: got no clip, expected files ending in one of .npy, .npz"),
        (("in", "no/f"), "no/f: got a folder that does not exist"),
        (("in", "in"), "in: got a folder, expected the path of a file to write"),
        (("in", "in/rock/0.npy"), "got the path of an input"),
        (("rows.csv", "rows.csv"), "rows.csv: got the path of an input"),
        (("in", "rows.csv", "--index", "rows.csv"), "rows.csv, column: got 'path'"),
        (("rows.csv", "f", "--index", "rows.csv"), "--index: got rows.csv, expected a folder"),
        (("in", "f", "--clip-column", "c"), "--clip-column: got c, expected a CSV file"),
        (("in", "f", "--label-column", "c"), "--label-column: got c, expected a CSV file"),
        (("in", "f", "--name", "a/b"), "feature set: got the name 'a/b'"),
        (("rows.csv", "f", "--label-column", "x"), "column: got 'x', expected one of clip, label"),
        (("in",), "Missing argument 'OUT.hdf5'"),
    ],
)
def test_invalid_input_is_one_line_and_writes_no_file(
    refused, folder, tmp_path, monkeypatch, words, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("clip,label,f\na,rock,1\n")
    assert message in refused("pack", *words)
    assert sorted(os.listdir(tmp_path)) == ["in", "rows.csv"]
    assert len(os.listdir(folder / "rock")) == 6


def test_an_invalid_value_in_the_last_file_leaves_the_old_output(refused, folder, tmp_path):
    (tmp_path / "f").write_text("old")
    np.save(folder / "rock" / "9.npy", np.full((9, 4), np.nan))
    assert "rock/9.npy, frame 0, feature 0: got nan" in refused("pack", folder, tmp_path / "f")
    assert (tmp_path / "f").read_text() == "old"
