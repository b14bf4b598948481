"""Cache of feature vectors between runs, in the user's cache folder.

A file is named by a digest of its key: all parameters of the vectors and the state of their feature
file. It contains the key and checksums; a file that does not match is ignored. If the cache cannot
be written, the vectors are computed in every run. The least recently used files are deleted first.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gpuclf._typing import Frames
from gpuclf._utils.cache_folders import is_writable, own_caches
from gpuclf._utils.files import make_folder, replacing
from gpuclf._utils.memory import size_text
from gpuclf.errors import OutputError, first_line

log = logging.getLogger("gpuclf")

FOLDER = "GPUCLF_CACHE"  # environment variable
MOST_BYTES = 2 * 2**30
DAY = 86_400.0  # seconds; older temporary files belong to killed processes


class VectorCache:
    """Cache of feature vectors in a folder.

    Parameters
    ----------
    folder : str or path, optional
        By default the value of the environment variable ``GPUCLF_CACHE``, else the user's cache
        folder for gpuclf, or a temporary folder if that is not writable.
    most_bytes : int
        Maximum size of all files, in bytes.

    Examples
    --------
    >>> cache = VectorCache("cache")
    >>> cache.load({"file": "a.hdf5"})
    >>> cache.store({"file": "a.hdf5"}, np.ones((2, 12, 3), np.float32))
    >>> cache.load({"file": "a.hdf5"}).shape
    (2, 12, 3)
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None = None, most_bytes: int = MOST_BYTES
    ) -> None:
        self.folder = (default_folder() if folder is None else Path(folder)).absolute()
        self.most_bytes = most_bytes

    def load(self, key: Mapping[str, Any]) -> Frames | None:
        """Return the vectors ``(clips, V, n)`` stored under a key, or None.

        A file that is damaged or has another key is ignored.

        Parameters
        ----------
        key : mapping
            JSON-serialisable values.

        Returns
        -------
        float32 array, shape (clips, V, n), or None
        """
        path, text = self._path(key), _text(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                if str(stored["key"]) != text:
                    raise ValueError("the file has another key")
                vectors: Frames = stored["X"]
            os.utime(path)
        except FileNotFoundError:
            return None
        except Exception as error:  # NumPy raises many types for a damaged archive
            log.info("cached vectors ignored: %s: %s", path, first_line(error))
            return None
        log.info("feature vectors from the cache: %s", path)
        return vectors

    def store(self, key: Mapping[str, Any], vectors: Frames) -> None:
        """Store vectors under a key, unless they are larger than the cache.

        An error while writing is logged and not raised.

        Parameters
        ----------
        key : mapping
            JSON-serialisable values.
        vectors : float32 array, shape (clips, V, n)
        """
        if vectors.nbytes > self.most_bytes:
            log.info("feature vectors too large for the cache: %s", size_text(vectors.nbytes))
            return
        try:
            make_folder(self.folder)
            with (
                replacing(self._path(key), nbytes=vectors.nbytes) as draft,
                draft.open("wb") as file,
            ):
                np.savez(file, key=np.array(_text(key)), X=vectors)
            self._make_room()
        except (OutputError, OSError) as error:
            log.info("feature vectors not cached: %s", error)

    def files(self) -> list[Path]:
        """Return the stored files, most recently used first."""
        return sorted(self.folder.glob("*.npz"), key=_modified, reverse=True)

    @property
    def writable(self) -> bool:
        """Whether vectors can be stored: the folder is writable or can be created."""
        return is_writable(self.folder)

    def _make_room(self) -> None:
        """Delete the least recently used files above the limit, and old temporary files."""
        total = 0
        for path in self.files():
            total += path.stat().st_size
            if total > self.most_bytes:
                path.unlink(missing_ok=True)
        for draft in self.folder.glob(".*.partial"):
            if _modified(draft) < time.time() - DAY:
                draft.unlink(missing_ok=True)

    def _path(self, key: Mapping[str, Any]) -> Path:
        return self.folder / f"{hashlib.sha256(_text(key).encode()).hexdigest()[:32]}.npz"


def default_folder() -> Path:
    """Return the default folder of the cache."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else own_caches() / "vectors"


def _text(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # deleted by another run
        return 0.0
