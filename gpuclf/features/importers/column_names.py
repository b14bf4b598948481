"""Roles of table columns, and the usual names of each.

A column of one of these roles describes a clip or a row; it is never a feature.
"""

from __future__ import annotations

USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "path": ("path", "filename", "file", "file_path"),
    "clip": ("clip", "id", "filename", "file", "path", "file_path", "recording", "input"),
    "label": ("label", "class", "category", "genre", "species"),
    "group": ("group", "speaker", "artist"),
    "fold": ("fold",),
    "id": ("id",),
    "start": ("start",),
    "end": ("end",),
}
