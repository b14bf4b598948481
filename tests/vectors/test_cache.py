"""Cache of feature vectors: hits, misses, damaged files, size limit."""

import os

import gpuclf
import h5py
import numpy as np
import pytest
from gpuclf.features.feature_set import FeatureSet
from gpuclf.vectors.cache import VectorCache, default_folder
from gpuclf.vectors.feature_vectors import aggregate

from conftest import grid_frames

KEY = {"file": "a.hdf5", "n_vectors": 6}
X = np.arange(24, dtype=np.float32).reshape(2, 4, 3)


@pytest.fixture
def cache(tmp_path):
    return VectorCache(tmp_path / "cache")


def test_stored_vectors_are_loaded_under_the_same_key(cache):
    assert cache.load(KEY) is None
    cache.store(KEY, X)
    np.testing.assert_array_equal(cache.load(KEY), X)
    assert cache.load({**KEY, "n_vectors": 3}) is None
    assert len(list(cache.folder.iterdir())) == 1  # no temporary file


def test_damaged_file_is_ignored_and_replaced(cache):
    cache.store(KEY, X)
    (path,) = cache.files()
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        flipped = bytes([whole[position] ^ 255])
        path.write_bytes(whole[:position] + flipped + whole[position + 1 :])
        loaded = cache.load(KEY)
        assert loaded is None or (loaded == X).all()
    for damaged in (b"", whole[:100], b"something else"):
        path.write_bytes(damaged)
        assert cache.load(KEY) is None
    cache.store(KEY, X)
    assert path.read_bytes() == whole


def test_file_with_another_key_is_ignored(cache):
    cache.store(KEY, X)
    cache.store({"file": "b.hdf5"}, X + 1)
    mine, other = cache._path(KEY), cache._path({"file": "b.hdf5"})
    other.replace(mine)
    assert cache.load(KEY) is None


def test_least_recently_used_files_are_deleted_first(tmp_path):
    VectorCache(tmp_path).store({"number": 0}, X)
    size = VectorCache(tmp_path).files()[0].stat().st_size
    cache = VectorCache(tmp_path, most_bytes=3 * size)
    for number in range(3):
        cache.store({"number": number}, X)
        os.utime(cache._path({"number": number}), (number, number))
    assert cache.load({"number": 0}) is not None  # now the most recently used
    for number in (3, 4):
        cache.store({"number": number}, X)
    kept = [number for number in range(5) if cache.load({"number": number}) is not None]
    assert kept == [0, 3, 4]


def test_vectors_larger_than_the_cache_are_not_stored(tmp_path):
    cache = VectorCache(tmp_path, most_bytes=X.nbytes - 1)
    cache.store(KEY, X)
    assert not cache.files()


def test_old_temporary_files_are_deleted(cache):
    cache.store(KEY, X)
    old, new = cache.folder / ".a.npz.1.partial", cache.folder / ".b.npz.2.partial"
    for draft in (old, new):
        draft.touch()
    os.utime(old, (0, 0))
    cache.store({"file": "b.hdf5"}, X)
    assert not old.exists() and new.exists()


def test_cache_that_cannot_be_written_raises_no_error(tmp_path):
    (tmp_path / "file").touch()
    cache = VectorCache(tmp_path / "file" / "cache")
    cache.store(KEY, X)
    assert cache.load(KEY) is None


def test_environment_variable_sets_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("GPUCLF_CACHE", str(tmp_path))
    assert VectorCache().folder == default_folder() == tmp_path
    monkeypatch.delenv("GPUCLF_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder().parts[-2:] == ("gpuclf", "vectors")


def never(*args):
    raise AssertionError("read")


def test_second_aggregation_reads_no_frames(grid_file, backend, cache, monkeypatch):
    with gpuclf.open_features(grid_file) as store:
        first = aggregate(store["Z"], backend=backend, cache=cache)
        monkeypatch.setattr(FeatureSet, "tasks", never)
        second = aggregate(store["Z"], backend=backend, cache=cache)
    assert isinstance(second.X, type(first.X))
    np.testing.assert_array_equal(backend.to_host(first.X), backend.to_host(second.X))
    assert second.ids.tolist() == first.ids.tolist()


@pytest.mark.parametrize(
    "other",
    [
        {"n_vectors": 5},
        {"overlap": "none"},
        {"rectify": False},
        {"statistics": ("mean",)},
        {"n_clips": 5},
        {"n_frames": 19},
        {"dataset": "Xs"},
    ],
)
def test_other_options_miss_the_cache(tmp_path, cache, monkeypatch, other):
    gpuclf.write_grid(tmp_path / "f", {"Z": grid_frames(), "Xs": grid_frames()}, list("abc"))
    limits = {name: other.pop(name) for name in ("n_clips", "n_frames") if name in other}
    name = other.pop("dataset", "Z")
    with gpuclf.open_features(tmp_path / "f") as store:
        aggregate(store["Z"], backend="cpu", cache=cache)
        monkeypatch.setattr(FeatureSet, "tasks", never)
        with pytest.raises(AssertionError, match="read"):
            aggregate(store[name].subset(**limits), backend="cpu", cache=cache, **other)


def test_changed_file_is_read_again(grid_file, cache):
    def vectors():
        with gpuclf.open_features(grid_file) as store:
            return aggregate(store["Z"], backend="cpu", cache=cache).X

    before, status = vectors(), grid_file.stat()
    with h5py.File(grid_file, "r+") as file:
        file["Z"][0, 0] = 7
    os.truncate(grid_file, status.st_size)  # size and time are reset
    os.utime(grid_file, ns=(status.st_atime_ns, status.st_mtime_ns))
    with h5py.File(grid_file) as file:
        assert file["Z"][0, 0, 0, 0, 0] == 7
    assert (vectors()[0] != before[0]).any()


def test_file_that_changes_during_reading_is_not_cached(grid_file, cache):
    with gpuclf.open_features(grid_file) as store:
        touch = lambda done: os.utime(grid_file)  # noqa: E731
        aggregate(store["Z"], backend="cpu", cache=cache, on_clips=touch)
    assert not cache.files()


def test_numpy_and_python_numbers_give_the_same_key(grid_file, cache):
    with gpuclf.open_features(grid_file) as store:
        aggregate(store["Z"], np.int64(6), rectify=np.bool_(True), backend="cpu", cache=cache)
        aggregate(store["Z"], 6, rectify=1, backend="cpu", cache=cache)
    assert len(cache.files()) == 1


def test_relative_path_is_used_only_by_the_cache(tmp_path, grid_file, monkeypatch):
    monkeypatch.chdir(grid_file.parent)
    with gpuclf.open_features(grid_file.name) as store:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        aggregate(store["Z"], backend="cpu")
        cache = VectorCache(tmp_path / "cache")
        aggregate(store["Z"], backend="cpu", cache=cache)
    assert not cache.files()


def test_writable_is_true_if_the_folder_can_be_created(tmp_path):
    (tmp_path / "file").touch()
    assert VectorCache(tmp_path / "new" / "cache").writable
    assert not VectorCache(tmp_path / "file").writable
