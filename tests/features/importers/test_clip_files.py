"""Clips that are files: found in folders, or listed in a CSV file."""

import os
from pathlib import Path

import pytest
from gpuclf.audio.formats import looks_like_sound
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import (
    ClipFile,
    find_clip_files,
    folders_without_clips,
    list_clip_files,
    stray_files,
    unlisted_files,
)


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_clips_of_a_folder_are_sorted_by_class_and_path(tmp_path):
    make(tmp_path, "b/2.wav", "b/10.WAV", "b/deep/er/x.Flac", "a/z.wav", "C/1.flac")
    found = find_clip_files(tmp_path, {".wav", ".flac"})
    assert [(clip.label, clip.id) for clip in found] == [
        ("C", "C/1.flac"),
        ("a", "a/z.wav"),
        ("b", "b/10.WAV"),
        ("b", "b/2.wav"),
        ("b", "b/deep/er/x.Flac"),
    ]
    assert found[0] == ClipFile(tmp_path / "C" / "1.flac", "C/1.flac", "C")
    assert find_clip_files(str(tmp_path), {".wav", ".flac"}) == found


def test_hidden_stray_and_other_files_are_ignored(tmp_path):
    make(tmp_path, "a/x.wav", "a/.x.wav", "a/x.txt", "a/wav", ".git/x.wav", "x.wav")
    make(tmp_path, "empty/readme.md")
    (tmp_path / "a" / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "a" / "pipe.wav")
    assert [clip.id for clip in find_clip_files(tmp_path, {".wav"})] == ["a/x.wav"]


def test_links_to_missing_files_are_clips_so_that_they_are_reported(tmp_path):
    make(tmp_path, "a/x.wav")
    (tmp_path / "a" / "lost.wav").symlink_to(tmp_path / "nothing")
    (tmp_path / "a" / "loop.wav").symlink_to("loop.wav")
    (tmp_path / "a" / "notes").symlink_to(tmp_path / "nothing")
    found = find_clip_files(tmp_path, {".wav"}, is_clip=looks_like_sound)
    assert [clip.id for clip in found] == ["a/loop.wav", "a/lost.wav", "a/x.wav"]


def test_hidden_folders_are_ignored_only_below_the_root(tmp_path):
    root = tmp_path / ".music" / "here"
    make(root, "rock/.cache/x.npy", "rock/b/.c/d/x.npy", "rock/b/x.npy", "rock/b.c/.x.npy")
    make(root, "rock/a.b/x.npy", ".pop/x.npy")
    found = find_clip_files(root, {".npy"})
    assert [clip.id for clip in found] == ["rock/a.b/x.npy", "rock/b/x.npy"]


def test_files_with_other_suffixes_may_be_clips_by_their_content(tmp_path):
    make(tmp_path, "a/x.wav", "a/take 1", "a/notes", "b/take 2.dat", "b/.take", "take 3")
    (tmp_path / "a" / "take 0").mkdir()

    def is_take(path):
        return path.name.startswith("take")

    found = find_clip_files(tmp_path, {".wav"}, is_clip=is_take)
    assert [clip.id for clip in found] == ["a/take 1", "a/x.wav", "b/take 2.dat"]
    assert stray_files(tmp_path, {".wav"}) == 0
    assert stray_files(tmp_path, {".wav"}, is_take) == 1


def test_folders_that_contain_only_other_files_are_found(tmp_path):
    make(tmp_path, "a/x.wav", "a/notes.txt", "b/deep/y.xyz", "c/.hidden", ".git/x", "y.xyz")
    (tmp_path / "empty").mkdir()
    clips = find_clip_files(tmp_path, {".wav"})
    assert folders_without_clips(tmp_path, clips) == [tmp_path / "b"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none", "none: got no such folder, expected a folder with one sub-folder per class"),
        ("x.wav", "x.wav: got a file, expected a folder"),
        ("a", "a: got no clip, expected files ending in one of .flac, .wav in one sub-folder"),
    ],
)
def test_folders_without_clips_raise(tmp_path, name, message):
    make(tmp_path, "x.wav", "a/x.wav")
    with pytest.raises(InputError, match=message):
        find_clip_files(tmp_path / name, {".wav", ".flac"})


def listed(tmp_path, text):
    (tmp_path / "clips.csv").write_text(text, encoding="utf-8")
    return list_clip_files(str(tmp_path / "clips.csv"), tmp_path)


def test_a_list_with_all_columns_is_read_in_order(tmp_path):
    make(tmp_path, "a.wav", "deep/b, c.wav")
    found = listed(
        tmp_path,
        "end,extra,label,path,id,group,fold,start\n"
        '2.5,,Ä,"deep/b, c.wav",two, Bach ,-1,.5\n'
        "1,,rock,a.wav,one,Abba,3,0\n",
    )
    assert found == [
        ClipFile(tmp_path / "deep" / "b, c.wav", "two", "Ä", "Bach", -1, 0.5, 2.5),
        ClipFile(tmp_path / "a.wav", "one", "rock", "Abba", 3, 0.0, 1.0),
    ]


def test_a_list_of_paths_and_labels_is_read(tmp_path):
    make(tmp_path, "a.wav", "b.wav")
    found = listed(tmp_path, "path,label\nb.wav, rock \na.wav,jazz\n")
    assert [(clip.id, clip.label) for clip in found] == [("b.wav", "rock"), ("a.wav", "jazz")]
    assert {(clip.group, clip.fold, clip.start, clip.end) for clip in found} == {(None,) * 4}


def test_an_absolute_path_is_unchanged(tmp_path):
    make(tmp_path, "a.wav")
    (tmp_path / "clips.csv").write_text(f"path,label\n{tmp_path / 'a.wav'},x\n")
    found = list_clip_files(str(tmp_path / "clips.csv"), "elsewhere")
    assert found[0].path == Path(tmp_path / "a.wav")


def test_ids_of_parts_of_a_file_contain_the_start(tmp_path):
    make(tmp_path, "a.wav", "b.wav")
    rows = "a.wav,x,0\na.wav,x,2.5\nb.wav,x,1\n"
    assert [clip.id for clip in listed(tmp_path, "path,label,start\n" + rows)] == [
        "a.wav:0",
        "a.wav:2.5",
        "b.wav",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\n", "clips.csv: got no row, expected one row per clip"),
        ("name,label\na.wav,x\n", "clips.csv, column: got 'path', expected one of name, label"),
        ("path,lable\na.wav,x\n", "clips.csv, column: got 'label', expected lable"),
        ("path,label\na.wav,\n", "line 2, column 'label': got an empty cell"),
        ("path,label,group\na.wav,x, \n", "line 2, column 'group': got an empty cell"),
        ("path,label,fold\na.wav,x,1.5\n", "line 2, column 'fold': got '1.5', expected an int"),
        ("path,label,start\na.wav,x,soon\n", "line 2, column 'start': got 'soon', expected a num"),
        ("path,label,start\na.wav,x,nan\n", "line 2, column 'start': got 'nan'"),
        ("path,label\na.wav,x\nc.wav,x\n", "line 3: got no file 'c.wav' in .*, expected an exist"),
        ("path,label\n.,x\n", "line 2: got no file '.'"),
        ("path,label\na.wav,x\na.wav,y\n", "clips.csv: got clip 'a.wav' twice, expected unique"),
        ("path,label,id\na.wav,x,1\nb.wav,y,1\n", "clips.csv: got clip '1' twice"),
        ("path,label,start\na.wav,x,1\na.wav,x,1\n", "clips.csv: got clip 'a.wav:1' twice"),
        ("path,label,start\na.wav,x,-1\n", "line 2: got start -1.0, end None, expected 0 <= start"),
        ("path,label,end\na.wav,x,0\n", "line 2: got start None, end 0.0"),
        ("path,label,start,end\na.wav,x,2,2\n", "line 2: got start 2.0, end 2.0"),
    ],
)
def test_an_invalid_list_raises(tmp_path, text, message):
    make(tmp_path, "a.wav", "b.wav")
    with pytest.raises(InputError, match=message):
        listed(tmp_path, text)


CAFE, DECOMPOSED = "Caf\u00e9", "Cafe\u0301"


def found(folder):
    return [(clip.label, clip.id) for clip in find_clip_files(folder, {".wav"})]


def test_folders_that_are_not_utf_8_are_classes_of_their_own(tmp_path):
    for name in (b"caf\xe8", b"caf\xe9"):
        make(tmp_path, os.fsdecode(name) + "/1.wav")
    make(tmp_path, r"caf\xe9/1.wav")  # the escape of the second one, literally
    expected = [r"caf\xe8", r"caf\xe9", r"caf\xe9 (2)"]
    assert [label for label, _ in found(tmp_path)] == expected
    assert len({name for _, name in found(tmp_path)}) == 3


def test_folders_in_two_normal_forms_are_one_class_and_keep_all_clips(tmp_path):
    make(tmp_path, f"{CAFE}/1.wav", f"{CAFE}/2.wav", f"{DECOMPOSED}/1.wav", "b/1.wav")
    clips = find_clip_files(tmp_path, {".wav"})
    assert sorted({clip.label for clip in clips}) == [CAFE, "b"]
    assert sorted(clip.id for clip in clips) == [
        *(f"{CAFE}/1.wav", f"{CAFE}/1.wav (2)", f"{CAFE}/2.wav", "b/1.wav")
    ]
    assert len({clip.path for clip in clips}) == 4 and all(clip.path.exists() for clip in clips)


def test_a_listed_path_is_found_in_any_form(tmp_path):
    make(tmp_path, f"{DECOMPOSED}/{DECOMPOSED}.wav", os.fsdecode(b"caf\xe9/1.wav"), "b/1 .wav")
    clips = listed(
        tmp_path, f"path,label\n{CAFE}/{CAFE}.wav,{DECOMPOSED}\ncaf\\xe9/1.wav,x\nb/1 .wav ,y\n"
    )
    assert [clip.id for clip in clips] == [f"{CAFE}/{CAFE}.wav", r"caf\xe9/1.wav", "b/1 .wav"]
    assert clips[0].label == CAFE and all(clip.path.is_file() for clip in clips)


def test_a_list_with_blanks_quotes_a_mark_and_capitals_is_read(tmp_path):
    make(tmp_path, "a.wav")
    text = '\ufeff"Path", "LABEL",  Fold\na.wav , "rock, pop", 3\n'
    [clip] = listed(tmp_path, text)
    assert clip == ClipFile(tmp_path / "a.wav", "a.wav", "rock, pop", None, 3)


def test_files_that_are_not_listed_are_counted(tmp_path):
    make(tmp_path, "a.wav", "deep/b.wav", "deep/.c.wav", "notes.txt")
    clips = listed(tmp_path, "path,label\na.wav,x\n")
    assert unlisted_files(clips, tmp_path, {".wav"}) == 1
