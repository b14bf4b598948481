"""Presets: defaults that suit each other, of the extraction and of the experiment.

``thesis`` is the 2015 notebook's: the defaults that `gpuclf.Experiment` has of itself.
``recordings`` suits logarithmic spectra of recordings. A feature file that was extracted says with
which preset.
"""

from __future__ import annotations

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


def preset_of(attributes: Mapping[str, Any]) -> str:
    """Return the name of the preset that suits a feature file: its own, else the thesis's.

    Parameters
    ----------
    attributes : mapping
        Of the root of the file.
    """
    return str(attributes.get(ATTRIBUTE, "thesis"))
