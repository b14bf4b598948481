"""Recognition of what a path contains."""

from pathlib import Path

import gpuclf
import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.collection import Listing
from gpuclf.workflows.run_kind import input_kind, listing_at


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("sounds/a/x.wav", "arrays/a/x.npy", "mixed/x.wav", "mixed/x.npy", "other/x.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    gpuclf.write_demo("demo.hdf5")
    Path("table.csv").write_text("filename,label,f0\nlost.wav,a,1\n")
    Path("list.csv").write_text("filename,label\nsounds/a/x.wav,a\n")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("sounds", "recordings"), ("arrays", "arrays"), ("other", "recordings")),
        *(("demo.hdf5", "feature file"), ("table.csv", "table"), ("list.csv", "recordings")),
    ],
)
def test_a_path_is_recognised_by_its_content(here, name, kind):
    assert input_kind(*listed(name)) == kind


def listed(name, **options):
    """Return a path and the listing that belongs to it."""
    return Path(name), listing_at(Path(name), Listing(**options))[1]


def test_a_csv_file_is_an_index_if_an_option_of_an_index_is_given(here):
    assert input_kind(*listed("table.csv", root="sounds/a")) == "recordings"
    assert input_kind(*listed("mixed", annotations=["other"])) == "recordings"
    Path("arrays.csv").write_text("file,label\na/x.npy,a\n")
    assert input_kind(*listed("arrays.csv", root="arrays")) == "arrays"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none", "none: got no such file or folder, expected a folder of recordings or arrays"),
        ("mixed", r"mixed: got both features \(.npy\) and recordings \(.wav\), expected one of"),
    ],
)
def test_other_paths_raise(here, name, message):
    with pytest.raises(InputError, match=message):
        input_kind(*listed(name))
