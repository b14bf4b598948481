"""Index and annotations of the command extract."""

import os

import pytest

from recordings import collection, frames_of, noise, write

QUICK = ("--no-deltas", "--workers", "1")
RAVEN = "Selection\tView\tBegin Time (s)\tEnd Time (s)\tSpecies\n"


@pytest.fixture
def field(tmp_path, monkeypatch):
    """Three long recordings and a folder for their annotations."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate("abc"):
        write(tmp_path / "in" / f"{name}.wav", noise(3 * 22_050, seed))
    (tmp_path / "tables").mkdir()
    return tmp_path


def flat(text):
    return " ".join(text.split())


def test_the_index_of_esc50_is_extracted_with_its_own_columns(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    collection(tmp_path / "audio")
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text(
        "filename,fold,target,category,esc10,src_file,take\n"
        "jazz/0.wav,1,0,dog,True,100,A\nrock/1.wav,2,1,rain,True,200,A\n"
    )
    columns = ("--path-column", "filename", "--label-column", "category", "--fold-column", "fold")
    index = ("--index", "meta/esc50.csv", "--root", "audio")
    status, out, err = run("extract", ".", "f", *index, *columns, *QUICK)
    assert (status, err) == (0, "")
    assert "mel: 2 clips of 2 classes, 2 folds, 13 frames per clip" in flat(out)
    assert "columns path: filename, label: category, fold: fold" in flat(out)


def test_a_missing_column_is_one_line_with_the_columns_and_the_option(refused, field):
    (field / "i.csv").write_text("recording,species\na.wav,x\n")
    err = refused("extract", "in", "f", "--index", "i.csv")
    assert "i.csv, column: got 'path', expected one of recording, species" in err
    assert "(option --path-column)" in err


def test_annotated_parts_are_clips_and_recordings_their_groups(run, field):
    (field / "tables" / "a.Table.1.selections.txt").write_text(
        RAVEN + "1\tWaveform 1\t0,5\t1,5\twren\n1\tSpectrogram 1\t0,5\t1,5\twren\n"
        "2\tWaveform 1\t1\t2.5\tlark\n2\tSpectrogram 1\t1\t2.5\tlark\n"
    )
    (field / "tables" / "b.Table.1.selections.txt").write_text(
        RAVEN + "1\tSpectrogram 1\t2\t2.2\tlark\n2\tSpectrogram 1\t1\t1\tlark\n"
    )
    (field / "tables" / "d.txt").write_text(RAVEN)
    more = ("--annotations", "tables", "--label-column", "Species")
    status, out, err = run("extract", "in", "f", *more, *QUICK)
    assert (status, err) == (0, "")
    assert "mel: 3 clips of 2 classes, 2 groups, 9 to 65 frames per clip" in flat(out)
    assert "not annotated 1 recording, skipped: c.wav" in flat(out)
    assert "no recording 1 annotation file, skipped: tables/d.txt" in flat(out)
    assert "annotations skipped 1 of length 0" in flat(out)
    assert list(frames_of("f", "mel")) == ["a.wav:0.5-1.5", "a.wav:1-2.5", "b.wav:2-2.2"]


def test_annotated_parts_have_the_frames_of_the_same_parts_in_an_index(run, field):
    (field / "tables" / "a.txt").write_text("0.5\t1.5\tx\n1.25\t2.75\ty\n")
    (field / "i.csv").write_text("path,label,start,end\na.wav,x,.5,1.5\na.wav,y,1.25,2.75\n")
    run("extract", "in", "annotated", "--annotations", "tables/a.txt", *QUICK)
    run("extract", "in", "listed", "--index", "i.csv", *QUICK)
    annotated, listed = (frames_of(name, "mel").values() for name in ("annotated", "listed"))
    for own, other in zip(annotated, listed, strict=True):
        assert (own == other).all()


def test_a_part_beyond_the_end_of_its_recording_is_skipped_and_reported(run, field):
    (field / "tables" / "a.txt").write_text("0\t1\tx\n7\t8\ty\n")
    status, out, _ = run("extract", "in/a.wav", "f", "--annotations", "tables/a.txt", *QUICK)
    assert status == 0 and "a.wav:7-8 has no samples between start and end" in flat(out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--annotations", "none"), "none: got no such file or folder, expected ann"),
        (("--annotations", "tables"), "tables: got no annotation file, expected files ending in"),
        (("--annotations", "tables", "--index", "i.csv"), "expected one of --index and --annotat"),
        (("--root", "in"), "--root: got in, expected an index of the clips: --index"),
    ],
)
def test_invalid_lists_are_one_line(refused, field, arguments, message):
    assert message in refused("extract", "in", "f", *arguments)
    assert sorted(os.listdir(field)) == ["in", "tables"]
