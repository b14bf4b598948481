"""Feature vectors kept between runs, in the user's cache folder.

A file of the cache is named by a digest of its key: all that the vectors depend on, and the file
they came from as the operating system knows it. It holds the key itself as well, and checksums.
What does not fit is as good as not there, and a cache that cannot be written costs only time. The
files used least recently make room for new ones.
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
from gpuclf._utils.files import make_folder, replacing
from gpuclf._utils.memory import size_text
from gpuclf.errors import OutputError, first_line

log = logging.getLogger("gpuclf")

FOLDER = "GPUCLF_CACHE"  # environment variable
MOST_BYTES = 2 * 2**30
DAY = 86_400.0  # after which a draft is one that somebody left behind


class VectorCache:
    """A folder of feature vectors.

    Parameters
    ----------
    folder : path, optional
        By default what the environment variable ``GPUCLF_CACHE`` names, else the user's cache
        folder for gpuclf.
    most_bytes : int
        How large it may grow.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> cache = VectorCache(folder.name)
    >>> cache.load({"file": "a.hdf5"})
    >>> cache.store({"file": "a.hdf5"}, np.ones((2, 12, 3), np.float32))
    >>> cache.load({"file": "a.hdf5"}).shape
    (2, 12, 3)
    >>> folder.cleanup()
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None = None, most_bytes: int = MOST_BYTES
    ) -> None:
        self.folder = (default_folder() if folder is None else Path(folder)).absolute()
        self.most_bytes = most_bytes

    def load(self, key: Mapping[str, Any]) -> Frames | None:
        """Find the vectors that were stored under a key.

        Parameters
        ----------
        key : mapping
            Plain values.

        Returns
        -------
        float32 array, shape (clips, V, n), or None
            None if there are none, or if what is there is damaged or foreign.
        """
        path, text = self._path(key), _text(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                if str(kept["key"]) != text:
                    raise ValueError("it belongs to something else")
                vectors: Frames = kept["X"]
            os.utime(path)
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever a damaged archive makes NumPy raise
            log.info("cached vectors %s are ignored: %s", path, first_line(error))
            return None
        log.info("feature vectors from the cache: %s", path)
        return vectors

    def store(self, key: Mapping[str, Any], vectors: Frames) -> None:
        """Keep vectors under a key, whole or not at all.

        Parameters
        ----------
        key : mapping
            Plain values.
        vectors : float32 array, shape (clips, V, n)
            They are not kept if they alone are too large for the cache.
        """
        if vectors.nbytes > self.most_bytes:
            log.info("feature vectors are too large for the cache: %s", size_text(vectors.nbytes))
            return
        try:
            make_folder(self.folder)
            with replacing(self._path(key), room=vectors.nbytes) as draft, draft.open("wb") as file:
                np.savez(file, key=np.array(_text(key)), X=vectors)
            self._make_room()
        except (OutputError, OSError) as error:
            log.info("feature vectors are not kept: %s", error)

    def files(self) -> list[Path]:
        """List what is kept, the most recently used first."""
        return sorted(self.folder.glob("*.npz"), key=_modified, reverse=True)

    @property
    def writable(self) -> bool:
        """Whether vectors can be kept: the folder may be written, or made."""
        there = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        return there.is_dir() and os.access(there, os.W_OK | os.X_OK)

    def _make_room(self) -> None:
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
    """Give the folder of the cache."""
    import platformdirs

    named = os.environ.get(FOLDER)
    return Path(named) if named else platformdirs.user_cache_path("gpuclf") / "vectors"


def _text(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another run was faster to remove it
        return 0.0
