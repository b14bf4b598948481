"""Files below a folder."""

from pathlib import Path

import pytest
from gpuclf.features.importers.tree import visible_files


def make(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_links_to_folders_are_followed(tmp_path):
    make(tmp_path, "elsewhere/x/1", "here/2")
    (tmp_path / "here" / "linked").symlink_to(tmp_path / "elsewhere")
    root = tmp_path / "here"
    assert visible_files(root) == [root / "2", root / "linked" / "x" / "1"]


def test_links_that_lead_back_are_not_followed(tmp_path):
    make(tmp_path, "a/deep/1", "b/2")
    for link, target in {"a/deep/up": "a", "a/root": ".", "a/b": "b", "b/a": "a"}.items():
        (tmp_path / link).symlink_to(tmp_path / target)
    root = tmp_path / "a"
    assert visible_files(root) == [root / "b" / "2", root / "deep" / "1"]


def test_folder_that_cannot_be_read_is_skipped_with_a_warning(tmp_path, monkeypatch):
    make(tmp_path, "locked/1", "open/2")
    listed = Path.iterdir

    def iterdir(self):
        if self.name == "locked":
            raise PermissionError(13, "Permission denied")
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    with pytest.warns(UserWarning, match="locked: folder skipped, no permission to read it"):
        assert visible_files(tmp_path) == [tmp_path / "open" / "2"]
