"""Arrays of .npy, .npz and Zarr files, read in blocks."""

import sys

import numpy as np
import pytest
import zarr
from gpuclf.errors import InputError
from gpuclf.features.importers.stored_arrays import is_zarr, stored_arrays

X = np.arange(42, dtype=np.float32).reshape(7, 3, 2)


def write_zarr(path, **arrays):
    group = zarr.open_group(path, mode="w")
    for name, array in arrays.items():
        group.create_array(name, shape=array.shape, dtype=array.dtype)[:] = array


WRITERS = {
    "t.npy": np.save,
    "fortran.npy": lambda path, array: np.save(path, np.asfortranarray(array)),
    "t.npz": lambda path, array: np.savez(path, features=array),
    "compressed.npz": lambda path, array: np.savez_compressed(path, features=array),
    "fortran.npz": lambda path, array: np.savez(path, features=np.asfortranarray(array)),
    "t.zarr": lambda path, array: write_zarr(path, features=array),
    "array.zarr": zarr.save_array,
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_blocks_are_the_rows_of_the_array(tmp_path, name, rows):
    WRITERS[name](tmp_path / name, X)
    (array,) = stored_arrays(tmp_path / name)
    assert (array.name, array.shape, array.dtype) == ("features", X.shape, X.dtype)
    blocks = list(array.blocks(rows))
    assert np.array_equal(np.concatenate(blocks), X)
    assert max(map(len, blocks)) == min(rows, 7)
    assert np.array_equal(array.read(), X)


def test_groups_in_groups_have_names_with_dots_and_scalars_are_left_out(tmp_path):
    write_zarr(tmp_path / "t.zarr", **{"net/mel": X, "label": np.arange(7)})
    assert [array.name for array in stored_arrays(tmp_path / "t.zarr")] == ["label", "net.mel"]
    np.savez(tmp_path / "t.npz", X=X, rate=22050)
    assert [array.name for array in stored_arrays(tmp_path / "t.npz")] == ["X"]


def test_folders_of_either_zarr_format_are_recognised(tmp_path):
    for number in (2, 3):
        zarr.create_array(tmp_path / f"{number}", shape=(2,), dtype="f4", zarr_format=number)
        assert is_zarr(tmp_path / f"{number}")
    assert not is_zarr(tmp_path)


def test_only_a_block_of_a_compressed_array_is_decompressed_at_a_time(tmp_path):
    import tracemalloc

    np.savez_compressed(tmp_path / "t.npz", X=np.zeros((1000, 10_000), np.float32))
    (array,) = stored_arrays(tmp_path / "t.npz")
    tracemalloc.start()
    assert sum(len(block) for block in array.blocks(10)) == 1000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000  # of 40,000,000


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "t.npz", X=X, label=np.array(["a", None], object))
    *_, label = stored_arrays(tmp_path / "t.npz")
    with pytest.raises(InputError, match="save names as strings, not objects"):
        label.read()
    np.save(tmp_path / "t.npy", np.array([{}], object))
    with pytest.raises(InputError, match="expected a readable file of arrays"):
        stored_arrays(tmp_path / "t.npy")


@pytest.mark.parametrize("name", ["t.npy", "compressed.npz", "t.npz"])
def test_damaged_files_raise(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path, X)
    content = path.read_bytes()
    for damaged in (b"", content[:9], content[:100], content[: len(content) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=name):
            [array.read() for array in stored_arrays(path)]


def test_a_changed_byte_of_a_compressed_array_raises(tmp_path):
    path = tmp_path / "t.npz"
    np.savez_compressed(path, X=np.random.default_rng(0).random((50, 40)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"t\.npz: got"):
        [list(array.blocks(7)) for array in stored_arrays(path)]


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    write_zarr(tmp_path / "t.zarr", X=X)
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(InputError, match=r"expected python -m pip install 'gpuclf\[zarr\]'"):
        stored_arrays(tmp_path / "t.zarr")
