"""Files of arrays: error messages name the file, and nothing is unpickled."""

import os
from pathlib import Path

import numpy as np
import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.array_files import (
    ArrayHeader,
    frames_of_arrays,
    frames_of_file,
    headers_of_file,
)
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.pack import files_content, write_content

X = np.ones((9, 4), np.float32)


def test_headers_match_the_frames(tmp_path):
    np.save(tmp_path / "0.npy", X[0])
    np.savez(tmp_path / "0.npz", mel=X, Z=X[:, :2].astype(">i2"))
    one, two = tmp_path / "0.npy", tmp_path / "0.npz"
    assert headers_of_file(one) == {"features": ArrayHeader(1, 4, np.dtype("<f4"))}
    assert headers_of_file(one, "mel").keys() == frames_of_file(one, "mel").keys() == {"mel"}
    headers, frames = headers_of_file(two), frames_of_file(two)
    assert list(headers) == list(frames) == ["mel", "Z"]
    for name, header in headers.items():
        assert header == (*frames[name].shape, frames[name].dtype)
        assert header.nbytes == frames[name].nbytes


def test_lists_are_converted_to_frames():
    clips = frames_of_arrays(["a", "b"], [[1, 2], [[3, 4], [5, 6]]])
    assert [frames.tolist() for frames in clips] == [[[1, 2]], [[3, 4], [5, 6]]]


def damage(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def cut(path, length):
    path.write_bytes(path.read_bytes()[:length])


def with_infinity(kind):
    frames = X.copy()
    frames[3, 2] = -np.inf
    return frames.astype(kind)


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("1.npy", lambda path: np.save(path, X[:, :3]), "got 3 features of type float32, exp.* 4"),
        ("1.npy", lambda path: np.save(path, X.astype("f8")), "got 4 features of type float64"),
        ("1.npy", lambda path: np.save(path, X[:0]), r"an array of shape \(0, 4\)"),
        ("1.npy", lambda path: np.save(path, X[None]), r"an array of shape \(1, 9, 4\)"),
        ("1.npy", lambda path: np.save(path, X > 0), "values of type bool"),
        ("1.npy", lambda path: np.save(path, with_infinity("f4")), "frame 3, feature 2: got -inf"),
        ("1.npy", lambda path: np.save(path, np.array([Path()])), "values of type object"),
        ("1.npy", lambda path: (np.save(path, X), cut(path, -1)), "271 bytes, expected 272 for"),
        ("1.npy", lambda path: (np.save(path, X), cut(path, 50)), "another format"),
        ("1.npy", Path.touch, "another format"),
        ("1.npy", Path.mkdir, "1.npy: got a folder"),
        ("1.npy", lambda path: None, "1.npy: got no such file"),
        ("1.npz", lambda path: np.savez(path, X), "the arrays 'arr_0', expected 'features'"),
        ("1.npz", np.savez, "1.npz: got no array"),
        ("1.npz", lambda path: np.savez(path, features=X[:, 1:]), "'features': got 3 features"),
        ("1.npz", lambda p: (np.savez(p, features=X), cut(p, 300)), "1.npz: got .* not a zip"),
        ("1.npz", lambda p: (np.savez(p, features=X), damage(p, 250)), "Bad CRC-32 for file 'fea"),
        ("1.npz", lambda path: path.write_bytes(b"PK no zip"), "1.npz: got .* not a zip"),
    ],
)
def test_an_invalid_or_inconsistent_file_raises_and_is_named(tmp_path, name, make, message):
    folder = tmp_path / "in"
    folder.mkdir()
    np.save(folder / "0.npy", X)
    make(folder / name)
    clips = [ClipFile(folder / own, own, "a") for own in ("0.npy", name)]
    with pytest.raises(InputError, match=message) as caught:
        write_content(tmp_path / "f", files_content(clips))
    assert name in str(caught.value)
    assert os.listdir(tmp_path) == ["in"]


def test_nothing_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "triggered"),)

    np.save(tmp_path / "0.npy", np.array([Trap()]), allow_pickle=True)
    np.savez(tmp_path / "0.npz", np.array([Trap()]), allow_pickle=True)
    for name in ("0.npy", "0.npz"):
        with pytest.raises(InputError, match="values of type object"):
            write_content(tmp_path / "f", files_content([ClipFile(tmp_path / name, "u")]))
    assert not (tmp_path / "triggered").exists()
