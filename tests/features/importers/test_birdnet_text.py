"""Text files of BirdNET-Analyzer's embeddings."""

import numpy as np
import pytest
from gpuclf import open_features
from gpuclf.errors import InputError
from gpuclf.features.importers.birdnet_text import birdnet_text_content, is_birdnet_text
from gpuclf.features.importers.clip_files import find_clip_files
from gpuclf.features.importers.pack_content import write_content

SUFFIX = ".birdnet.embeddings.txt"


def save_as_embeddingsfile(results, path):
    """Write a file as version 1 of BirdNET-Analyzer does."""
    with path.open("w") as file:
        for times, values in results.items():
            file.write(times.replace("-", "\t") + "\t" + ",".join(map(str, values)) + "\n")


def content(folder):
    return birdnet_text_content(find_clip_files(folder, (), is_clip=is_birdnet_text), "birdnet")


def test_a_file_per_recording_is_a_clip_with_a_frame_per_segment(tmp_path):
    (tmp_path / "in" / "wren").mkdir(parents=True)
    path = tmp_path / "in" / "wren" / f"SITE_20230101_053000{SUFFIX}"
    save_as_embeddingsfile({"0.0-3.0": [0.5, 1.5], "3.0-6.0": [2.0, 3.0]}, path)
    write_content(tmp_path / "f", content(tmp_path / "in"))
    with open_features(tmp_path / "f") as store:
        features = store["birdnet"]
        assert features.clips.ids.tolist() == ["wren/SITE_20230101_053000"]
        assert features.source.dataset[()].tolist() == [[0.5, 1.5], [2, 3]]


def test_files_per_segment_are_frames_of_their_recording_in_temporal_order(tmp_path):
    folder = tmp_path / "in" / "wren"
    folder.mkdir(parents=True)
    for name, starts in {"a_b": (0.0, 3.0, 9.0, 12.0), "c": (0.0,)}.items():
        for start in starts:
            (folder / f"{name}_{start}_{start + 3}{SUFFIX}").write_text(f"{start},1.0")
    found = content(tmp_path / "in")
    assert [(clip.id, clip.label) for clip in found.clips] == [
        ("wren/a_b", "wren"),
        ("wren/c", "wren"),
    ]
    assert found.lengths == {"birdnet": [4, 1]}
    first, second = found.frames
    assert first["birdnet"][:, 0].tolist() == [0, 3, 9, 12] and len(second["birdnet"]) == 1
    assert first["birdnet"].dtype == np.float32


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got an empty file"),
        ("0\t3\t1,2\n3\t6\t1\n", "line 2: got 1 values, expected 2, as in the first line"),
        ("0\t3\t1,nan\n", "line 1: got nan, expected finite numbers"),
        ("0\t3\t1,x\n", "line 1: got a value that is not a number"),
    ],
)
def test_invalid_files_raise(tmp_path, text, message):
    (tmp_path / "wren").mkdir()
    (tmp_path / "wren" / f"a{SUFFIX}").write_text(text)
    with pytest.raises(InputError, match=message):
        content(tmp_path)


def test_files_with_other_numbers_of_features_raise(tmp_path):
    (tmp_path / "wren").mkdir()
    for name, text in {"a": "0\t3\t1,2\n", "b": "0\t3\t1\n"}.items():
        (tmp_path / "wren" / f"{name}{SUFFIX}").write_text(text)
    with pytest.raises(InputError, match=r"b\.birdnet.*: got 1 features, expected 2, as in .*a\."):
        list(content(tmp_path).frames)


def test_segments_of_a_recording_have_one_label(tmp_path):
    from gpuclf.features.importers.clip_files import ClipFile

    files = []
    for start, label in ((0.0, "wren"), (3.0, "crow")):
        path = tmp_path / f"a_{start}_{start + 3}{SUFFIX}"
        path.write_text("1,2")
        files.append(ClipFile(path, path.name, label))
    with pytest.raises(InputError, match=r"label: got 'crow', expected 'wren', as of .*same rec"):
        birdnet_text_content(files, "birdnet")
