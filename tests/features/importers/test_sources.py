"""What a path contains is recognised, and packed the same way from every format."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.sources import files_of_clips, is_one_source, source_content
from gpuclf.features.importers.table_columns import ColumnChoice

X = np.arange(8, dtype=np.float32).reshape(4, 2)
LABELS = "clip,label\nd,s\nc,s\nb,r\na,r\n"


def write_zarr(path):
    group = zarr.open_group(path, mode="w")
    group.create_array("features", shape=X.shape, dtype=X.dtype)[:] = X
    group.create_array("ids", shape=(4,), dtype=str)[:] = np.array(list("abcd"))


def write_birdnet(path):
    np.savez(
        path,
        inputs=np.array(list("abcd")),
        embeddings=X[:, None],
        embeddings_masked=np.zeros((4, 1, 2), bool),
    )


def write_csv(path):
    rows = [f'{name},"{a},{b}"' for name, (a, b) in zip("abcd", X.tolist(), strict=True)]
    path.write_text("\n".join(["file_path,embedding", *rows]))


WRITERS = {
    "t.npz": lambda path: np.savez(path, features=X, ids=list("abcd")),
    "t.zarr": write_zarr,
    "birdnet.npz": write_birdnet,
    "t.csv": write_csv,
    "t.parquet": lambda path: pq.write_table(
        pa.table({"file": list("abcd"), "x": X[:, 0], "y": X[:, 1]}), path
    ),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_clips_with_the_labels_of_a_csv_file(tmp_path, name):
    WRITERS[name](tmp_path / name)
    (tmp_path / "l.csv").write_text(LABELS)
    assert is_one_source(tmp_path / name)
    content = source_content(tmp_path / name, ColumnChoice(), labels=str(tmp_path / "l.csv"))
    assert [(clip.id, clip.label) for clip in content.clips] == [
        ("a", "r"),
        ("b", "r"),
        ("c", "s"),
        ("d", "s"),
    ]
    assert content.lengths == {"features": [1] * 4} and content.nbytes == X.nbytes
    assert np.array_equal(np.concatenate([clip["features"] for clip in content.frames]), X)


def test_the_only_feature_set_of_an_array_is_renamed_and_several_are_not(tmp_path):
    np.savez(tmp_path / "t.npz", a=X)
    content = source_content(tmp_path / "t.npz", ColumnChoice(labelled=False), name="net")
    assert list(content.lengths) == ["net"] and list(next(iter(content.frames))) == ["net"]
    np.savez(tmp_path / "t.npz", a=X, b=X)
    with pytest.raises(InputError, match="got 2 feature sets, expected one, or no --name"):
        source_content(tmp_path / "t.npz", ColumnChoice(labelled=False), name="net")


def test_groups_of_the_source_are_kept_if_the_labels_have_none(tmp_path):
    np.savez(tmp_path / "t.npz", a=X, group=list("xxyy"))
    (tmp_path / "l.csv").write_text("label\nr\nr\ns\ns\n")
    content = source_content(tmp_path / "t.npz", ColumnChoice(), labels=str(tmp_path / "l.csv"))
    assert [clip.group for clip in content.clips] == list("xxyy")


def test_arrays_and_text_files_are_not_mixed(tmp_path):
    files = [ClipFile(tmp_path / name, name) for name in ("a.birdnet.embeddings.txt", "b.npy")]
    with pytest.raises(InputError, match=r"b\.npy: got an array, expected text files of BirdNET"):
        files_of_clips(files, None)


def test_a_folder_of_files_is_not_one_source(tmp_path):
    assert not is_one_source(tmp_path) and not is_one_source(Path("nothing"))
