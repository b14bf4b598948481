"""Fixtures of the tests and of the examples in docstrings."""

import tempfile

import pytest


@pytest.fixture(scope="session")
def caches(tmp_path_factory):
    """Folder of the caches of all tests."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def own_cache(caches, monkeypatch):
    """Give each test an empty cache."""
    monkeypatch.setenv("GPUCLF_CACHE", tempfile.mkdtemp(dir=caches))


@pytest.fixture(autouse=True)
def own_folder(request, monkeypatch):
    """Run each example of a docstring in an empty folder, where it may write files."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))
