"""Files of labelled regions: Raven, Audacity, CSV and Parquet.

- ``raven``: selection table, tab-separated; one file per recording.
- ``audacity``: label track, start, end and label in each line; one file per recording.
- ``csv``, ``parquet``: one table of all recordings, with the vote share of each class.

Times are seconds from the start of the recording. A file is complete or not there.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, get_args

from gpuclf._utils.files import check_distinct, check_output, make_folder, replacing
from gpuclf._utils.formatting import legible
from gpuclf.errors import InputError, OutputError, one_of
from gpuclf.model.window_predictions import Regions, WindowPredictions

FormatName = Literal["raven", "audacity", "csv", "parquet"]
Write = Callable[[WindowPredictions, Regions], None]

FORMATS: tuple[FormatName, ...] = get_args(FormatName)
OF_SUFFIX: dict[str, FormatName] = {
    "": "raven",
    ".txt": "raven",
    ".csv": "csv",
    ".parquet": "parquet",
}
RAVEN = (
    *("Selection", "View", "Channel", "Begin Time (s)", "End Time (s)"),
    *("Low Freq (Hz)", "High Freq (Hz)", "label", "score"),
)
VIEW, CHANNEL = "Spectrogram 1", 1


class RegionOutput:
    """Output of labelled regions.

    Parameters
    ----------
    path : path
        File to write. For ``raven`` and ``audacity``, a path without a suffix is a folder, in which
        each recording has a file of its name and ``.txt``, in a sub-folder if it is in one.
    format : {"raven", "audacity", "csv", "parquet"}, optional
        Format; by default, that of the suffix: ``.txt`` and folders are ``raven``.

    Raises
    ------
    InputError
        If the suffix is that of no format and none is given, or ``parquet`` is chosen and pyarrow
        is not installed.

    Examples
    --------
    >>> RegionOutput("birds.csv").format, RegionOutput("labels").is_folder
    ('csv', True)
    >>> RegionOutput("birds.xlsx")
    Traceback (most recent call last):
    gpuclf.errors.InputError: birds.xlsx: got '.xlsx', expected .txt, .csv, .parquet, or --format
    """

    def __init__(self, path: str | os.PathLike[str], format: str | None = None) -> None:
        self.path = Path(path)
        suffix = self.path.suffix.lower()
        if format is None and suffix not in OF_SUFFIX:
            expected = f"{', '.join(filter(None, OF_SUFFIX))}, or --format"
            raise InputError(str(path), got=repr(suffix), expected=expected)
        if format is not None and format not in FORMATS:
            raise InputError("format", got=repr(format), expected=one_of(FORMATS))
        self.format = format or OF_SUFFIX[suffix]
        self.is_folder = self.format in WRITE_RECORDING and not suffix
        if self.format == "parquet":
            _arrow()

    def check(
        self, recordings: Mapping[Path, Path], model: str | os.PathLike[str] | None = None
    ) -> None:
        """Check that the output can be written, before the computation starts.

        Parameters
        ----------
        recordings : mapping of Path to Path
            Recordings, and their paths relative to the folders in which they were found.
        model : path, optional
            Model file.

        Raises
        ------
        OutputError
            If it cannot be written, would replace an input, or is one file for several
            recordings in a format of one recording.
        """
        inputs = [*recordings, model]
        if not self.is_folder:
            if self.format in WRITE_RECORDING and len(recordings) > 1:
                got = f"one file for {len(recordings)} recordings"
                expected = "a folder, such as labels, or a file .csv or .parquet"
                raise OutputError(str(self.path), got=got, expected=expected)
            check_output(self.path, inputs=inputs)
            return
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(str(self.path), got="a file", expected="a folder")
        targets = [self._file_of(name) for name in recordings.values()]
        check_distinct(targets)
        for target in targets:
            if target.exists():
                check_output(target, inputs=inputs)

    @contextmanager
    def opened(self, labels: tuple[str, ...]) -> Iterator[Write]:
        """Yield a function that writes the regions of one recording.

        Parameters
        ----------
        labels : tuple of str
            Names of the classes of the model.

        Yields
        ------
        callable
            Function of a `WindowPredictions` and its `Regions`.

        Raises
        ------
        OutputError
            If a file cannot be written.
        """
        if self.is_folder:
            yield self._write_file
            return
        with replacing(self.path) as draft:
            if self.format == "parquet":
                with _parquet_writer(draft, labels) as write:
                    yield write
                return
            with draft.open("w", newline="", encoding="utf-8") as file:
                if self.format == "csv":
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerow(column_names(labels))
                    yield lambda predictions, regions: writer.writerows(
                        zip(*_columns(predictions, regions).values(), strict=True)
                    )
                else:
                    write_recording = WRITE_RECORDING[self.format]
                    yield lambda predictions, regions: write_recording(file, predictions, regions)

    def _write_file(self, predictions: WindowPredictions, regions: Regions) -> None:
        target = self._file_of(predictions.name)
        make_folder(target.parent)
        with (
            replacing(target) as draft,
            draft.open("w", newline="", encoding="utf-8") as file,
        ):
            WRITE_RECORDING[self.format](file, predictions, regions)

    def _file_of(self, name: os.PathLike[str]) -> Path:
        path = self.path / name
        return path.with_name(f"{path.name}.txt")


def column_names(labels: Iterable[str]) -> list[str]:
    """Return the columns of a table of all recordings.

    Examples
    --------
    >>> column_names(["wren"])
    ['recording', 'start', 'end', 'label', 'score', 'vote_share_wren']
    """
    return ["recording", "start", "end", "label", "score", *(f"vote_share_{x}" for x in labels)]


def _columns(predictions: WindowPredictions, regions: Regions) -> dict[str, list[Any]]:
    """Return the columns of a table of all recordings, for one of them."""
    columns = [
        [predictions.recording] * len(regions),
        *regions.times.T.tolist(),
        [regions.labels[label] for label in regions.predicted],
        regions.score.tolist(),
        *regions.vote_shares.T.tolist(),
    ]
    return dict(zip(column_names(regions.labels), columns, strict=True))


def _write_raven(file: IO[str], predictions: WindowPredictions, regions: Regions) -> None:
    low, high = predictions.band
    _write_line(file, RAVEN)
    rows = zip(regions.times.tolist(), regions.predicted, regions.score.tolist(), strict=True)
    for number, ((start, end), label, score) in enumerate(rows, start=1):
        times = f"{start:.6f}", f"{end:.6f}"
        band = f"{low:g}", f"{high:g}"
        name = legible(regions.labels[label])
        _write_line(file, (number, VIEW, CHANNEL, *times, *band, name, f"{score:.4f}"))


def _write_audacity(file: IO[str], predictions: WindowPredictions, regions: Regions) -> None:
    for (start, end), label in zip(regions.times.tolist(), regions.predicted, strict=True):
        _write_line(file, (f"{start:.6f}", f"{end:.6f}", legible(regions.labels[label])))


WRITE_RECORDING: dict[str, Callable[[IO[str], WindowPredictions, Regions], None]] = {
    "raven": _write_raven,
    "audacity": _write_audacity,
}


def _write_line(file: IO[str], cells: Iterable[object]) -> None:
    file.write("\t".join(map(str, cells)) + "\n")


@contextmanager
def _parquet_writer(path: Path, labels: tuple[str, ...]) -> Iterator[Write]:
    """Yield a function that appends a row group with the regions of one recording."""
    arrow, parquet = _arrow()
    kinds = {"recording": arrow.string(), "label": arrow.string()}
    names = column_names(labels)
    schema = arrow.schema([(name, kinds.get(name, arrow.float64())) for name in names])
    with parquet.ParquetWriter(path, schema) as writer:
        yield lambda predictions, regions: writer.write_table(
            arrow.table(_columns(predictions, regions), schema=schema)
        )


def _arrow() -> tuple[Any, Any]:
    """Import pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        expected = "python -m pip install 'gpuclf[parquet]'"
        raise InputError("parquet", got="no module pyarrow", expected=expected) from error
    return pyarrow, pyarrow.parquet
