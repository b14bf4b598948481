"""Writable cache folders for gpuclf and for the libraries that it uses.

Numba (also librosa's functions), CuPy and matplotlib store compiled code and fonts below the user's
home folder; if they cannot, they raise an error or compile in every process. If the default folder
is not writable (read-only, on a full disk, or HOME does not exist), the caches are stored in a
folder of the user in the temporary folder.
"""

from __future__ import annotations

import atexit
import functools
import logging
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs

log = logging.getLogger("gpuclf")

PROBE = bytes(65_536)  # written to a folder to find out whether its disk is full
NUMBA_CACHE = "NUMBA_CACHE_DIR"
# Environment variable of a cache folder, its name, and the default folder that contains it.
LIBRARIES: dict[str, tuple[str, Callable[[], str]]] = {
    NUMBA_CACHE: ("numba", platformdirs.user_cache_dir),
    "MPLCONFIGDIR": ("matplotlib", platformdirs.user_config_dir),
    "CUPY_CACHE_DIR": ("cupy", lambda: os.path.expanduser("~")),  # noqa: PTH111 (raises no error)
}


@functools.cache
def use_writable_caches() -> None:
    """Set the cache folders of libraries whose own folder is not writable.

    To be called before one of them is imported; other processes inherit the folders.
    """
    for variable, (name, default) in LIBRARIES.items():
        folder = os.environ.get(variable) or default()
        if not is_writable(folder) and (temporary := temporary_caches()):
            os.environ[variable] = str(temporary / name)
    numba: Any = sys.modules.get("numba")
    if numba is not None:
        numba.config.reload_config()


def own_caches() -> Path:
    """Return the folder of gpuclf's own caches, which does not exist before its first use."""
    folder = platformdirs.user_cache_path("gpuclf")
    return folder if is_writable(folder) else temporary_caches() or folder


def is_writable(folder: str | os.PathLike[str]) -> bool:
    """Return whether files can be written to a folder, which is created if it does not exist.

    Examples
    --------
    >>> Path("file").touch()
    >>> is_writable(Path("new/folder").absolute()), is_writable(Path("file/folder").absolute())
    (True, False)
    """
    path = Path(folder)
    if not path.is_absolute():  # "~/.cache": no home folder is known
        return False
    try:
        existing = next(parent for parent in (path, *path.parents) if os.path.lexists(parent))
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(PROBE)
    except OSError:
        return False
    return True


@functools.cache
def temporary_caches() -> Path | None:
    """Return a cache folder in the temporary folder, or None if that is not writable.

    It is kept for later processes, unless another user could have written to it: cached code is
    executed.
    """
    user = os.getuid() if hasattr(os, "getuid") else "user"
    try:
        folder = Path(tempfile.gettempdir(), f"gpuclf-cache-{user}")
        folder.mkdir(mode=0o700, exist_ok=True)
        if not _is_private(folder):
            folder = Path(tempfile.mkdtemp(prefix="gpuclf-cache-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
    except OSError:
        return None
    log.info("the user's cache folder is not writable: caches are stored in %s", folder)
    return folder


def _is_private(folder: Path) -> bool:
    """Return whether a path is a folder that only the user of this process can change."""
    if not hasattr(os, "getuid"):  # Windows, where each user has a temporary folder
        return folder.is_dir()
    status = folder.lstat()
    shared = status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not shared
