"""Presets: consistent sets of defaults for extraction and experiment.

``thesis`` contains the values of the 2015 notebook, which are the defaults of `gpuclf.Experiment`.
``recordings`` is for logarithmic spectra of recordings, ``embeddings`` for features of another
program or an ONNX model, of any sign, of which a clip may have only one frame.
Files that ``gpuclf extract`` and ``gpuclf pack`` write name their preset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gpuclf.errors import InputError, one_of

if TYPE_CHECKING:  # --help loads no h5py
    from gpuclf.features.feature_file import FeatureStore
    from gpuclf.features.feature_set import FeatureSet

ATTRIBUTE = "gpuclf_preset"

# Every clip is tested once per repeat. Predefined folds take precedence, and there are fewer folds
# if a class is small: see `gpuclf.config.file_folds`.
KFOLD = {"split": "stratified-kfold", "folds": 10, "repeats": 5}


@dataclass(frozen=True)
class Preset:
    """Values that replace the defaults.

    Parameters
    ----------
    extraction : mapping
        Values of `gpuclf.audio.settings.Extraction` by name.
    experiment : mapping
        Values of `gpuclf.Experiment` by flat name.
    adapt : callable, optional
        Function of the selected `FeatureSet` that returns the values which depend on it, by flat
        name; they replace those of ``experiment``.
    """

    extraction: Mapping[str, Any] = field(default_factory=dict)
    experiment: Mapping[str, Any] = field(default_factory=dict)
    adapt: Callable[[FeatureSet], Mapping[str, Any]] | None = None


def _embedding_statistics(features: FeatureSet) -> dict[str, Any]:
    """Return only the mean if every clip has one frame, whose deviation is 0."""
    return {"statistics": ("mean",)} if features.frames[1] == 1 else {}


PRESETS = {
    "recordings": Preset(
        experiment={
            "n_vectors": 2,
            "rectify": False,
            "statistics": ("mean", "std", "max"),
            "scale": "std",
            "kernel": "rbf",
            "C": 10.0,
            **KFOLD,
        },
    ),
    "embeddings": Preset(
        experiment={
            "n_vectors": 1,
            "overlap": "none",
            "rectify": False,
            "statistics": ("mean", "std", "max"),
            "scale": "std",
            "kernel": "rbf",
            "C": 10.0,
            **KFOLD,
        },
        adapt=_embedding_statistics,
    ),
    "thesis": Preset(extraction={"features": ("Xa", "Xs", "Xn"), "sr": 22_050, "frame": 1024}),
}


def preset_named(name: str) -> Preset:
    """Return the preset of a name.

    Raises
    ------
    InputError
        If there is no preset of this name.

    Examples
    --------
    >>> preset_named("recordings").experiment["kernel"]
    'rbf'
    """
    if name not in PRESETS:
        raise InputError("preset", got=repr(name), expected=one_of(PRESETS))
    return PRESETS[name]


def preset_of(store: FeatureStore) -> str:
    """Return the name of the preset of an open feature file.

    If it names none, ``embeddings`` for the clips layout and ``thesis`` for a grid.
    """
    return store.attributes.get(ATTRIBUTE, "embeddings" if store.is_clips_layout else "thesis")
