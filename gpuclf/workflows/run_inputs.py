"""Inputs of ``gpuclf run``: recordings, files of arrays, and tables of features.

An input lists its clips at once, and writes them to a feature file on request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gpuclf.audio.extraction_checkpoint import VERSION
from gpuclf.audio.formats import RECORDINGS
from gpuclf.audio.settings import Extraction
from gpuclf.config.presets import ATTRIBUTE
from gpuclf.features.importers.clip_files import ClipFile
from gpuclf.features.importers.collection import Listing, find_clips
from gpuclf.features.importers.pack_content import PackContent, write_content
from gpuclf.features.importers.sources import (
    ARRAYS,
    files_of_clips,
    source_content,
)
from gpuclf.features.importers.table_columns import ColumnChoice
from gpuclf.workflows.extract import ExtractionResult, extract
from gpuclf.workflows.run_kind import input_kind, listing_at

EMBEDDINGS = {ATTRIBUTE: "embeddings"}
OnClips = Callable[[int, int], None]


@dataclass(frozen=True)
class Written:
    """What was written to a feature file.

    Parameters
    ----------
    facts : dict of str to str
        What was used and skipped.
    extracted : ExtractionResult or None
        Result of the extraction of recordings.
    """

    facts: dict[str, str]
    extracted: ExtractionResult | None = None


class Input(Protocol):
    """Input of a run.

    Attributes
    ----------
    path : Path
        Folder or file that the user names.
    clips : sequence of ClipFile
        Its clips; empty for a table, whose clips are rows.
    files : sequence of Path
        Further files that determine the features: an index, annotations, a table.
    settings : dict of str to Any
        Settings that determine the features, as JSON-compatible values.
    """

    @property
    def path(self) -> Path: ...  # noqa: D102
    @property
    def clips(self) -> Sequence[ClipFile]: ...  # noqa: D102
    @property
    def files(self) -> Sequence[Path]: ...  # noqa: D102
    @property
    def settings(self) -> dict[str, Any]: ...  # noqa: D102

    def write(
        self, output: Path, attributes: Mapping[str, str], on_clips: OnClips | None
    ) -> Written:
        """Write the feature file with additional root attributes."""


@dataclass(frozen=True, kw_only=True)
class RecordingsInput:
    """Recordings, and the parameters of their extraction; see `Input`."""

    path: Path
    clips: Sequence[ClipFile]
    files: Sequence[Path] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    extraction: Extraction
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """Version and parameters of the extraction."""
        own = {name: self.options.get(name) for name in ("preset", "strict")}
        return {"version": VERSION, **self.extraction.to_dict(), **own}

    def write(
        self, output: Path, attributes: Mapping[str, str], on_clips: OnClips | None
    ) -> Written:
        """Extract the features; an interrupted extraction resumes."""
        extracted = extract(
            self.clips,
            output,
            self.extraction,
            attributes=attributes,
            on_clips=on_clips,
            **self.options,
        )
        return Written(dict(self.facts), extracted)


@dataclass(frozen=True, kw_only=True)
class ArraysInput:
    """Files of arrays, one for each clip; see `Input`."""

    path: Path
    clips: Sequence[ClipFile]
    files: Sequence[Path] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """Nothing but the files determines the features."""
        return {}

    def write(
        self, output: Path, attributes: Mapping[str, str], on_clips: OnClips | None
    ) -> Written:
        """Pack the arrays."""
        content = files_of_clips(self.clips, None)
        write_content(output, content, attributes=EMBEDDINGS | {**attributes}, on_clips=on_clips)
        return Written({**self.facts, **_facts(content)})


@dataclass(frozen=True, kw_only=True)
class TableInput:
    """Table, array of all clips, or database of features; see `Input`."""

    path: Path
    choice: ColumnChoice
    labels: str | None = None
    clips: Sequence[ClipFile] = ()

    @property
    def files(self) -> Sequence[Path]:
        """The table itself, and the labels."""
        return [self.path, *([] if self.labels is None else [Path(self.labels)])]

    @property
    def settings(self) -> dict[str, Any]:
        """Columns that the user names."""
        return asdict(self.choice)

    def write(
        self, output: Path, attributes: Mapping[str, str], on_clips: OnClips | None
    ) -> Written:
        """Pack the rows."""
        content = source_content(self.path, self.choice, labels=self.labels)
        write_content(output, content, attributes=EMBEDDINGS | {**attributes}, on_clips=on_clips)
        return Written(_facts(content))


def _facts(content: PackContent) -> dict[str, str]:
    return {"input": "; ".join(content.summary)} if content.summary else {}


def find_input(
    path: str | Path,
    listing: Listing | None = None,
    extraction: Extraction | None = None,
    choice: ColumnChoice | None = None,
    labels: str | None = None,
    **options: Any,
) -> Input:
    """Return the recordings, arrays or table at a path.

    Parameters
    ----------
    path : path
        Folder or file; an index may be the path itself.
    listing : Listing, optional
        Index or annotations.
    extraction : Extraction, optional
        Parameters of the extraction of recordings.
    choice : ColumnChoice, optional
        Columns of a table.
    labels : str, optional
        CSV file with the labels of a table or array.
    **options
        Options of `gpuclf.workflows.extract.extract`, for recordings.

    Raises
    ------
    InputError
        If there is no clip, or an index or annotation is invalid.

    Examples
    --------
    >>> for name in ("rock/a.npy", "jazz/b.npy"):
    ...     Path(name).parent.mkdir()
    ...     Path(name).touch()
    >>> [clip.id for clip in find_input(".").clips]
    ['jazz/b.npy', 'rock/a.npy']
    """
    source = Path(path)
    folder, listing = listing_at(source, Listing() if listing is None else listing)
    kind = input_kind(source, listing)
    if kind == "table":
        listing.check_effects(without=("label", "group", "fold"))
        return TableInput(path=source, choice=choice or ColumnChoice(), labels=labels)
    found = find_clips(folder, listing, ARRAYS if kind == "arrays" else RECORDINGS)
    common: dict[str, Any] = {"path": source, "clips": found.clips, "files": listing.paths}
    if kind == "arrays":
        return ArraysInput(**common, facts=found.facts)
    return RecordingsInput(
        **common, facts=found.facts, extraction=extraction or Extraction(), options=options
    )
