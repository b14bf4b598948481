"""Roles of table columns, the usual names of each, and parts of cells.

A column of one of these roles describes a clip or a row; it is never a feature.
"""

from __future__ import annotations

USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "path": ("path", "filename", "file", "file_path"),
    "clip": ("clip", "id", "filename", "file", "path", "file_path", "recording"),
    "label": ("label", "class", "category", "genre", "species"),
    "group": ("group", "speaker", "artist"),
    "fold": ("fold",),
}
