"""Features of any input: extracted or packed into a file that later runs reuse.

The file stores the digest of its origin: settings, and the path, size, modification time and labels
of all clips. It is written again if the digest differs, for example because a recording has
changed. It is in the folder of the input, or in the user's cache folder if that is not writable.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from gpuclf._utils.cache_folders import is_writable, own_caches
from gpuclf._utils.files import make_folder
from gpuclf.errors import FeatureFileError, OutputError
from gpuclf.features.feature_file import open_features
from gpuclf.features.importers.tree import visible_files
from gpuclf.workflows.run_inputs import Input, OnClips, Written

ORIGIN = "gpuclf_origin"  # root attribute with the digest
FEATURES, PAGE = ".features.hdf5", ".report.html"


@dataclass(frozen=True)
class PreparedFeatures:
    """Feature file of an input.

    Parameters
    ----------
    path : Path
        The feature file.
    written : Written or None
        What was written; None if the file is up to date.
    """

    path: Path
    written: Written | None


def prepare_features(
    source: Input,
    output: str | os.PathLike[str] | None = None,
    *,
    restart: bool = False,
    on_clips: OnClips | None = None,
) -> PreparedFeatures:
    """Write the features of an input to a feature file, unless the file is up to date.

    Parameters
    ----------
    source : Input
        Recordings, or files or a table of features; see `gpuclf.workflows.run_inputs.find_input`.
    output : path, optional
        The feature file; by default `features_path`.
    restart : bool
        Whether to write a file that is up to date as well.
    on_clips : callable, optional
        Called with the number of finished clips and the number of all clips.

    Returns
    -------
    PreparedFeatures

    Raises
    ------
    InputError
        If the input is not valid.
    OutputError
        If the file cannot be written, or another program has written it.

    Examples
    --------
    >>> import numpy as np
    >>> from gpuclf.workflows.run_inputs import find_input
    >>> for name in ("rock/a.npy", "jazz/b.npy"):
    ...     path = Path("in", name)
    ...     path.parent.mkdir(parents=True)
    ...     np.save(path, np.ones((3, 5)))
    >>> first = prepare_features(find_input("in"))
    >>> first.path.name, prepare_features(find_input("in")).written is None
    ('in.features.hdf5', True)
    """
    path = features_path(source.path) if output is None else Path(output)
    origin = _digest(source)
    if path.exists():
        stored = _stored_origin(path)
        if stored is None:
            expected = "another path for the features: --out"
            raise OutputError(str(path), got="a file of another program", expected=expected)
        if stored == origin and not restart:
            return PreparedFeatures(path, None)
    return PreparedFeatures(path, source.write(path, {ORIGIN: origin}, on_clips))


def features_path(source: Path) -> Path:
    """Return the default feature file of an input, in a folder that is writable."""
    path = _named(source, FEATURES)
    if is_writable(path.parent):
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    folder = make_folder(own_caches() / "features")
    return folder / f"{path.name.removesuffix(FEATURES)}-{digest}{FEATURES}"


def page_path(source: Path) -> Path:
    """Return the default page of an input: in its folder or, if not writable, the current one."""
    path = _named(source, PAGE)
    return path if is_writable(path.parent) else Path.cwd() / path.name


def _named(source: Path, suffix: str) -> Path:
    """Return a path in the folder of an input, named after it."""
    path = source.absolute() if source.name not in ("", "..") else source.resolve()
    stem = path.name if path.is_dir() else path.stem.removesuffix(Path(FEATURES).stem)
    return path.with_name(f"{stem}{suffix}")


def _stored_origin(path: Path) -> str | None:
    """Return the digest in a feature file; None if `prepare_features` has not written it."""
    try:
        with open_features(path) as store:
            return store.attributes.get(ORIGIN)
    except FeatureFileError:
        return None


def _digest(source: Input) -> str:
    """Return the digest of the settings and the files of an input."""
    files = sorted({*source.files, *(clip.path for clip in source.clips)})
    states = [(str(path.absolute()), *_state(path)) for path in files]
    clips = [
        (clip.id, str(clip.path), clip.label, clip.group, clip.fold, clip.start, clip.end)
        for clip in source.clips
    ]
    content = json.dumps([source.settings, states, clips], sort_keys=True)
    return hashlib.sha256(content.encode(errors="surrogateescape")).hexdigest()


def _state(path: Path) -> list[tuple[str, int, int]]:
    """Return the names, sizes and modification times of a file or of the files in a folder."""
    states = []
    for file in visible_files(path) if path.is_dir() else [path]:
        try:
            status = file.stat()
            states.append((str(file), status.st_size, status.st_mtime_ns))
        except OSError:  # deleted, or a link to nothing
            states.append((str(file), -1, -1))
    return states
