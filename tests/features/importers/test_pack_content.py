"""Clips and frames of any source are written clip by clip."""

from pathlib import Path

import numpy as np
import pytest
from gpuclf import open_features
from gpuclf.errors import InputError
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.csv_frames import CsvFrames
from gpuclf.features.importers.pack_content import PackContent, table_content, write_content
from gpuclf.features.importers.table_columns import ColumnChoice

CLIPS = [ClipFile(Path("x"), name, "rock") for name in ("a", "b")]


def frames(lengths):
    return ({"mel": np.full((length, 2), number)} for number, length in enumerate(lengths))


def test_clips_are_written_with_attributes_and_progress(tmp_path):
    steps = []
    write_content(
        tmp_path / "f",
        PackContent(CLIPS, frames([1, 2]), {"mel": [1, 2]}, 24),
        attributes={"model": "vgg"},
        on_clips=lambda *counts: steps.append(counts),
    )
    assert steps == [(1, 2), (2, 2)]
    with open_features(tmp_path / "f") as store:
        assert store.attributes["model"] == "vgg"
        assert store["mel"].source.dataset[()].tolist() == [[0, 0], [1, 1], [1, 1]]


def test_no_clip_and_another_number_of_frames_raise_and_write_no_file(tmp_path):
    with pytest.raises(InputError, match="clips: got none"):
        write_content(tmp_path / "f", PackContent([], [], {}, 0))
    with pytest.raises(InputError, match="mel: got a clip of shape"):
        write_content(tmp_path / "f", PackContent(CLIPS, frames([1, 3]), {"mel": [1, 2]}, 0))
    assert list(tmp_path.iterdir()) == []


def test_the_content_of_a_table_has_its_size_and_whether_it_names_its_clips(tmp_path):
    (tmp_path / "t.csv").write_text("label,x,y\nr,1,2\ns,3,4\n")
    content = table_content(CsvFrames(tmp_path / "t.csv"), ColumnChoice(row_per_clip=True), "set")
    assert (content.lengths, content.nbytes, content.named) == ({"set": [1, 1]}, 16, False)
    assert content.summary == ["clip: each row", "label: label", "features: x, y (2)"]
