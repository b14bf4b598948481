"""Checks of a feature set and its aggregates; errors and warnings name the file or the clip."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from gpuclf._typing import Bools
from gpuclf.errors import InputError
from gpuclf.features.feature_set import FeatureSet
from gpuclf.vectors.aggregation import check_n_vectors
from gpuclf.vectors.choices import OverlapName


def check_lengths(features: FeatureSet, n_vectors: int, overlap: OverlapName) -> None:
    """Check that every clip is long enough for ``n_vectors`` aligned windows."""
    clip = str(features.clips.ids[features.lengths.argmin()])
    check_n_vectors(n_vectors, features.frames[0], overlap, f"clip {clip!r}")


def warn_about_lengths(features: FeatureSet, statistics: Sequence[str]) -> None:
    """Warn if sums over windows depend on the lengths of the clips."""
    shortest, longest = features.frames
    if "sum" in statistics and longest >= 1.5 * shortest:
        warnings.warn(
            f"{features.path} has clips of {shortest} to {longest} frames: "
            "sums grow with the length; the statistic mean does not",
            UserWarning,
            stacklevel=3,
        )


def check_finite(features: FeatureSet, frames_finite: Bools, finite: Bools) -> None:
    """Check that all frames, and their aggregates in float32, are finite."""
    valid = frames_finite & finite
    if valid.all():
        return
    clip = int(valid.argmin())
    name = f"clip {str(features.clips.ids[clip])!r}"
    where = f"{features.path}, feature set {features.name!r}, {name}"
    if frames_finite[clip]:
        raise InputError(where, got="aggregates beyond 3.4e38 (float32)", expected="smaller values")
    frames = features.read(clip)
    frame, feature = np.argwhere(~np.isfinite(frames))[0].tolist()
    got = f"{frames[frame, feature]} in feature {feature} of frame {frame}"
    missing = features.source.reader.packing.missing_names
    if missing and np.isnan(frames[frame, feature]):
        got += f" (missing: the dataset has {', '.join(missing)})"
    raise InputError(where, got=got, expected="finite numbers, at most 3.4e38 (float32)")
