"""The record of a run: its result and all that it came from, as ``--json`` writes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpuclf._utils import formatting
from gpuclf._utils import versions as environment
from gpuclf.backend import Backend
from gpuclf.config.experiment import Experiment
from gpuclf.report.command_line import current_command

SEVERAL = "several"


@dataclass(frozen=True)
class Provenance:
    """What a result came from.

    Parameters
    ----------
    experiment : Experiment
    record : dict
        What `record` returns.
    varied : collection of str
        Hyper-parameters of which it has several values.
    """

    experiment: Experiment
    record: Mapping[str, Any]
    varied: Collection[str] = ()

    def value_text(self, name: str) -> str:
        """Return a hyper-parameter as text."""
        value = getattr(self.experiment, name)
        if name in self.varied:
            return SEVERAL
        return "-" if value is None else formatting.value_text(value)

    @property
    def title(self) -> str:
        """The file, the feature set and the SVM, in a line."""
        file = Path(self.experiment.file or "").name
        svm_type = self.value_text("svm_type")
        kind = {"linear": "LinearSVC", SEVERAL: "several SVMs"}.get(svm_type, f"{svm_type}-SVC")
        kernel = "" if svm_type == "linear" else f", kernel {self.value_text('kernel')}"
        return f"{file}, feature set {self.value_text('dataset')}: {kind}{kernel}"

    @property
    def cautions(self) -> tuple[str, ...]:
        """What makes its scores other than honest ones."""
        cautions = []
        if self.experiment.protocol == "thesis":
            both = "" if self.experiment.majority_voting else ", and a clip's vectors on both sides"
            cautions.append(
                f"Protocol thesis: scaled over the test clips as well{both}. It is optimistic."
            )
        if self.experiment.permute_labels:
            cautions.append("The labels are permuted: this is what is found where nothing is.")
        return tuple(cautions)


def record(experiment: Experiment, backend: Backend, content: Mapping[str, Any]) -> dict[str, Any]:
    """Put a result and all that it came from into one object, as ``--json`` writes it.

    Parameters
    ----------
    experiment : Experiment
        What was done.
    backend : Backend
        What it ran on.
    content : mapping
        What came out, as plain values.

    Returns
    -------
    dict
        Plain numbers, lists and strings.
    """
    about = Path(experiment.file or "").stat()
    modified = datetime.fromtimestamp(about.st_mtime, UTC).isoformat()
    return {
        "experiment": experiment.to_dict(),
        "environment": {
            **environment.describe(),
            "device": backend.device,
            "file": {"bytes": about.st_size, "modified": modified},
            "command": current_command(),
        },
        **content,
    }


def identity(
    command: str, experiment: Experiment, backend: Backend, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what tells a run from every other, and its checkpoint from those of others.

    Parameters
    ----------
    command : str
    experiment : Experiment
    backend : Backend
    more : mapping
        The command's own options.

    Returns
    -------
    dict
        Plain values by name, for people to read; where the files lie is not among them.
    """
    settings = {k: v for k, v in experiment.to_dict().items() if k != "file"}
    files: dict[str, int | str] = {}
    for number, path in enumerate(experiment.inputs):
        about, name = Path(path).stat(), "file" if number == 0 else f"table {number}"
        files |= {f"{name} bytes": about.st_size, f"{name} time": _time(about.st_mtime_ns)}
    return {
        "command": command,
        **settings,
        **more,
        **files,
        "backend": backend.name,
        **environment.versions(),
    }


def _time(nanoseconds: int) -> str:
    """Write a time for people, and to the last digit that tells two apart."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d}"
