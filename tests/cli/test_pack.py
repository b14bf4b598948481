"""The command pack: from a folder or a CSV file to a feature file."""

import json
import os

import h5py
import numpy as np
import pyarrow
import pytest
from pyarrow import parquet


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
    assert (
        "band: 1 clips of 1 classes, 8 frames per clip, 2 features\nclip: file\nlabel: genre\n"
        in out
    )
    assert "\nfeatures: low, high (2)\n" in out


def test_an_array_of_all_clips_is_packed_with_a_csv_file_of_labels(run, tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", rng.normal(size=(8, 3)) + np.repeat([0, 9], 4)[:, None])
    rows = [f"clip{number},{'ab'[number // 4]},{number % 2}" for number in range(8)]
    (tmp_path / "l.csv").write_text("\n".join(["id,label,fold", *rows]))
    status, out, _ = run(
        *("pack", tmp_path / "x.npy", tmp_path / "f", "--labels", tmp_path / "l.csv"),
    )
    assert status == 0 and out.splitlines()[1:4] == [
        "features: 8 clips of 2 classes, 2 folds, 1 frame per clip, 3 features",
        f"labels: {tmp_path / 'l.csv'}, in the order of the rows (clip: id, label: label, "
        "fold: fold)",
        "features: features (1 frame of 3 features per clip)",
    ]
    status, out, _ = run("evaluate", tmp_path / "f", "--backend", "cpu")
    assert status == 0 and "100.0 %" in out


def test_a_table_with_a_row_per_part_of_a_song_is_packed(run, tmp_path):
    """The columns are those of GTZAN's features_3_sec.csv."""
    rows = [
        f"{genre}.{song:05}.{part}.wav,66149,{song + part},{part},{genre}"
        for genre in ("blues", "rock")
        for song in range(2)
        for part in range(10)
    ]
    header = "filename,length,chroma_stft_mean,tempo,label"
    (tmp_path / "features_3_sec.csv").write_text("\n".join([header, *rows]))
    status, out, _ = run(
        *("pack", tmp_path / "features_3_sec.csv", tmp_path / "f"),
        *("--clip-column", r"filename:^\w+\.\d+", "--exclude", "length"),
    )
    assert status == 0 and out.splitlines()[1:6] == [
        "features: 4 clips of 2 classes, 10 frames per clip, 2 features",
        r"clip: filename:^\w+\.\d+",
        "label: label",
        "features: chroma_stft_mean, tempo (2)",
        "excluded: length",
    ]


def test_a_parquet_file_is_packed_with_the_selected_features(run, tmp_path):
    columns = {"track": list("aabb"), "kind": list("rrss"), "mfcc_1": np.arange(4.0)}
    columns |= {"mfcc_2": np.arange(4.0), "rms": np.arange(4.0), "at": [0, 1, 0, 1]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    status, out, _ = run(
        *("pack", tmp_path / "t.parquet", tmp_path / "f", "--features", "mfcc_*"),
        *("--clip-column", "track", "--label-column", "kind", "--time-columns", "at"),
    )
    assert status == 0 and "2 frames per clip, 2 features" in out
    assert "times: at\nfeatures: mfcc_1, mfcc_2 (2)\nexcluded: rms\n" in out


def test_the_csv_file_of_birdnet_analyzer_is_packed(run, tmp_path):
    """``embeddings.csv``: the label is the folder of the recording."""
    lines = [
        f'audio/{label}/{clip}.wav,{start},{start + 3.0},"{start},1.0,{clip}"'
        for label in ("crow", "wren")
        for clip in range(2)
        for start in (0.0, 3.0)
    ]
    (tmp_path / "e.csv").write_text("\n".join(["file_path,start,end,embedding", *lines]))
    status, out, _ = run(
        *("pack", tmp_path / "e.csv", tmp_path / "f"),
        *("--label-column", "file_path:([^/]+)/[^/]+$"),
    )
    assert status == 0 and "4 clips of 2 classes, 2 frames per clip, 3 features" in out
    assert "clip: file_path\n" in out and "times: start, end\nfeatures: embedding (3)\n" in out


def test_text_files_of_birdnet_analyzer_are_packed(run, tmp_path):
    for label in ("crow", "wren"):
        (tmp_path / "in" / label).mkdir(parents=True)
        path = tmp_path / "in" / label / "x.birdnet.embeddings.txt"
        path.write_text("0.0\t3.0\t1,2\n3.0\t6.0\t3,4\n")
    status, out, _ = run("pack", tmp_path / "in", tmp_path / "f", "--name", "birdnet")
    assert status == 0
    assert "birdnet: 2 clips of 2 classes, 2 frames per clip, 2 features" in out


def test_clips_without_labels_are_packed_for_prediction(run, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((3, 2)))
    status, out, _ = run("pack", tmp_path / "x.npy", tmp_path / "f", "--no-labels")
    assert status == 0 and "features: 3 clips, 1 frame per clip" in out
    assert out.endswith(f"Next: gpuclf predict MODEL {tmp_path / 'f'}\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing", "f"), "nothing: got no such folder"),
        (("in/jazz/0.npy", "f"), "0.npy: got no array of the labels, expected --labels CSV"),
        (("in/jazz", "f"), "in/jazz: got no clip, expected files ending in one of .npy, .npz"),
        (("in", "no/f"), "no/f: got a folder that does not exist"),
        (("in", "in"), "in: got a folder, expected the path of a file to write"),
        (("in", "in/rock/0.npy"), "got the path of an input"),
        (("rows.csv", "rows.csv"), "rows.csv: got the path of an input"),
        (("in", "rows.csv", "--index", "rows.csv"), "rows.csv, column: got 'path'"),
        (("rows.csv", "f", "--index", "rows.csv"), "--index: got rows.csv, expected a folder"),
        (("in", "f", "--clip-column", "c"), "--clip-column: got c, expected a CSV file"),
        (("in", "f", "--label-column", "c"), "--label-column: got c, expected a CSV file"),
        (("in", "f", "--features", "a"), "--features: got a, expected a CSV file, table or array"),
        (("in", "f", "--row-per-clip"), "--row-per-clip: got True, expected a CSV file"),
        (("in", "f", "--labels", "rows.csv"), "--labels: got rows.csv, expected a CSV file"),
        (("rows.csv", "f", "--exclude", "z"), "--exclude: got 'z', expected a column"),
        (("in", "f", "--name", "a/b"), "feature set: got the name 'a/b'"),
        (
            ("rows.csv", "f", "--label-column", "x"),
            "column: got 'x', expected one of clip, label, f (option --label-column)",
        ),
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


def test_the_columns_of_an_index_and_its_folder_are_named(run, folder, tmp_path):
    index = tmp_path / "clips.csv"
    index.write_text("npy,kind,site\n0.npy,A,x\n1.npy,B,y\n")
    named = ("--path-column", "npy", "--label-column", "kind", "--group-column", "site")
    more = ("--index", index, "--root", folder / "rock", *named)
    status, out, err = run("pack", folder, tmp_path / "f", *more)
    assert (status, err) == (0, "")
    assert "features: 2 clips of 2 classes, 2 groups" in out
    assert "columns: path: npy, label: kind, group: site" in out
