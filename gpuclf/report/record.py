"""The record of a run: its result and all that it came from, as ``--json`` writes it."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpuclf import environment
from gpuclf.experiment import Experiment
from gpuclf.selection import CrossValidation


def record(experiment: Experiment, result: CrossValidation, device: str) -> dict[str, Any]:
    """Put a result and all that it came from into one object, as ``evaluate --json`` writes it.

    Parameters
    ----------
    experiment : Experiment
        What was done.
    result : CrossValidation
        What came out.
    device : str
        What it ran on.

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
            "device": device,
            "file": {"bytes": about.st_size, "modified": modified},
            "command": shlex.join(sys.argv),
        },
        **result.to_dict(),
    }
