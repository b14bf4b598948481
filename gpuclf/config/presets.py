"""Presets: defaults that suit each other, of the extraction and of the experiment.

``thesis`` is the 2015 notebook's: the defaults that `gpuclf.Experiment` has of itself.
``recordings`` suits logarithmic spectra of recordings. A feature file that was extracted says with
which preset.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gpuclf.errors import InputError, one_of

ATTRIBUTE = "gpuclf_preset"


@dataclass(frozen=True)
class Preset:
    """Values that go before the defaults.

    Parameters
    ----------
    extraction : mapping
        Of `gpuclf.audio.settings.Extraction`.
    experiment : mapping
        Of `gpuclf.Experiment`.
    """

    extraction: Mapping[str, Any] = field(default_factory=dict)
    experiment: Mapping[str, Any] = field(default_factory=dict)


PRESETS = {
    "recordings": Preset(
        experiment={
            "n_vectors": 2,
            "rectify": False,
            "statistics": ("mean", "std", "max"),
            "scale": "std",
            "kernel": "rbf",
            "C": 10.0,
        },
    ),
    "thesis": Preset(extraction={"features": ("Xa", "Xs", "Xn"), "sr": 22_050, "frame": 1024}),
}


def preset_named(name: str) -> Preset:
    """Give a preset.

    Raises
    ------
    InputError
        If there is none of this name.

    Examples
    --------
    >>> preset_named("recordings").experiment["kernel"]
    'rbf'
    """
    if name not in PRESETS:
        raise InputError("preset", got=repr(name), expected=one_of(PRESETS))
    return PRESETS[name]


def preset_of(file: str | os.PathLike[str] | None) -> str:
    """Tell which preset suits a feature file: the one that it names, else the thesis's.

    Parameters
    ----------
    file : path or None
        What cannot be read here has an error of its own later.
    """
    import h5py

    try:
        with h5py.File(file or "") as opened:
            return str(opened.attrs.get(ATTRIBUTE, "thesis"))
    except OSError:
        return "thesis"
