"""Provenance of a result: settings, software, device, input file and command line."""

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

SEVERAL = "multiple values"


@dataclass(frozen=True)
class Provenance:
    """Provenance of a result.

    Parameters
    ----------
    experiment : Experiment
    record : dict
        Value returned by `record`.
    varied : collection of str
        Names of the hyper-parameters that take several values in the run.
    """

    experiment: Experiment
    record: Mapping[str, Any]
    varied: Collection[str] = ()

    def value_text(self, name: str) -> str:
        """Format the value of a hyper-parameter."""
        value = getattr(self.experiment, name)
        if name in self.varied:
            return SEVERAL
        return "-" if value is None else formatting.value_text(value)

    @property
    def title(self) -> str:
        """File, feature set and SVM on one line."""
        file = Path(self.experiment.file or "").name
        svm_type = self.value_text("svm_type")
        kind = {"linear": "LinearSVC", SEVERAL: "SVM, multiple types"}.get(
            svm_type, f"{svm_type}-SVC"
        )
        kernel = "" if svm_type == "linear" else f", kernel {self.value_text('kernel')}"
        return f"{file}, feature set {self.value_text('dataset')}: {kind}{kernel}"

    @property
    def protocol_text(self) -> str:
        """Split, and what of the test clips is used in training."""
        protocol = self.experiment.protocol
        scaled = "training clips only" if protocol == "inductive" else "all clips"
        split = self.record.get("split")
        split = f"{split}; " if split else ""
        return f"{split}{protocol} protocol: scaling fitted to {scaled}"

    @property
    def cautions(self) -> tuple[str, ...]:
        """Warnings that concern the validity of the scores."""
        cautions = []
        if self.experiment.protocol == "thesis":
            mixed = " Vectors of one clip are in both training and test set."
            cautions.append(
                "Thesis protocol: scaling over all clips before the split; test data leaks into "
                f"training.{'' if self.experiment.majority_voting else mixed} "
                "The accuracy is optimistically biased."
            )
        if self.experiment.permute_labels:
            cautions.append("The labels are permuted: the expected accuracy is the chance level.")
        return tuple(cautions)


def record(experiment: Experiment, backend: Backend, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result together with its provenance, as written by ``--json``.

    Parameters
    ----------
    experiment : Experiment
    backend : Backend
    content : mapping
        Result as JSON-serialisable built-ins.

    Returns
    -------
    dict
        JSON-serialisable built-ins.
    """
    status = Path(experiment.file or "").stat()
    modified = datetime.fromtimestamp(status.st_mtime, UTC).isoformat()
    return {
        "experiment": experiment.to_dict(),
        "environment": {
            **environment.describe(),
            "device": backend.device,
            "file": {"bytes": status.st_size, "modified": modified},
            "command": current_command(),
        },
        **content,
    }


def identity(
    command: str, experiment: Experiment, backend: Backend, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings that a run must share with a checkpoint to resume from it.

    Parameters
    ----------
    command : str
    experiment : Experiment
    backend : Backend
    more : mapping
        Further options of the command.

    Returns
    -------
    dict
        Values by name. Input files are identified by size and modification time, not by path.
    """
    settings = {k: v for k, v in experiment.to_dict().items() if k != "file"}
    files: dict[str, int | str] = {}
    for number, path in enumerate(experiment.inputs):
        status, name = Path(path).stat(), "file" if number == 0 else f"table {number}"
        files |= {f"{name} bytes": status.st_size, f"{name} time": _time(status.st_mtime_ns)}
    return {
        "command": command,
        **settings,
        **more,
        **files,
        "backend": backend.name,
        **environment.versions(),
    }


def _time(nanoseconds: int) -> str:
    """Format a time stamp with nanosecond resolution."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d}"
