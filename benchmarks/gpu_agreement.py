"""Agreement of the GPU backend with the CPU backend, for ``gpu.py``: vectors, decisions, votes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import numpy as np
from gpuclf.backend import Backend, resolve
from gpuclf.features.feature_file import open_features
from gpuclf.features.feature_set import FeatureSet
from gpuclf.svm import KernelMatrix, SvmSpec, solve_folds
from gpuclf.validation.options import Validation
from gpuclf.validation.plan import make_plan
from gpuclf.vectors.feature_vectors import FeatureVectors, aggregate
from gpuclf.vectors.scaling import fit_scaler
from measure_svm import synthetic_vectors

STATISTICS = ("sum", "mean", "std", "min", "max")
ODD_SIZES = [(1, 1), (101, 37), (64, 512)]  # frames per clip and overlap, features
CASES = {
    f"{classes} classes, {svm} {kernel}, {protocol} {scale}": (
        classes,
        SvmSpec(svm, kernel, C=C, nu=0.8),
        scale,
        protocol,
    )
    for classes, svm, kernel, C, scale, protocol in [
        (10, "C", "linear", 1.0, "minmax", "thesis"),
        (10, "C", "rbf", 1.0, "minmax", "thesis"),
        (10, "C", "linear", 1.0, "minmax", "inductive"),
        (10, "C", "rbf", 10.0, "minmax", "inductive"),
        (10, "C", "rbf", 10.0, "std", "inductive"),
        (10, "nu", "linear", 1.0, "minmax", "thesis"),
        (10, "nu", "rbf", 1.0, "std", "inductive"),
        (2, "C", "linear", 100.0, "std", "inductive"),
        (2, "nu", "rbf", 1.0, "minmax", "thesis"),
        (50, "C", "rbf", 1.0, "minmax", "inductive"),
    ]
}


def fold_results(
    backend: Backend,
    vectors: FeatureVectors,
    spec: SvmSpec,
    scale: str,
    protocol: str,
    **options: Any,
) -> list[Any]:
    """Return the results of all folds: vectors on the device to labels on the host."""
    validation = Validation(protocol=protocol, **options)
    plan = make_plan(vectors, [vectors.X.shape[1]], [spec], validation)
    X = vectors.X
    if protocol == "thesis":
        flat = X.reshape(-1, X.shape[2])
        X, scale = fit_scaler(flat, scale, backend.xp).transform(X, "float32"), "none"
    kernel = KernelMatrix.of(X, spec, scale, backend)
    value = spec.nu if spec.svm_type == "nu" else spec.C
    classes = len(vectors.labels)
    return [decided[0] for decided in solve_folds(kernel, plan.folds, classes, [value])]


def on_device(backend: Backend, vectors: FeatureVectors) -> FeatureVectors:
    """Return the vectors on the backend's device."""
    return replace(vectors, X=backend.asarray(vectors.X))


def compare_folds(
    backend: Backend, vectors: FeatureVectors, *setting: Any, **options: Any
) -> dict[str, Any]:
    """Compare votes of vectors and of clips, and decision values, with the CPU backend."""
    begin = time.perf_counter()
    got = fold_results(backend, on_device(backend, vectors), *setting, **options)
    middle = time.perf_counter()
    expected = fold_results(resolve("cpu"), vectors, *setting, **options)
    end = time.perf_counter()
    per_clip, classes = vectors.X.shape[1], len(vectors.labels)
    ours, theirs = (np.concatenate([one.votes for one in part]) for part in (got, expected))
    clips = [
        np.apply_along_axis(np.bincount, 1, votes.reshape(-1, per_clip), minlength=classes)
        for votes in (ours, theirs)
    ]
    differences = [
        np.abs(backend.to_host(a.decisions) - b.decisions).max()
        for a, b in zip(got, expected, strict=True)
    ]
    return {
        "votes": len(ours),
        "different": int((ours != theirs).sum()),
        "different clips": int((clips[0].argmax(axis=1) != clips[1].argmax(axis=1)).sum()),
        "max difference of decisions": float(max(differences)),
        "unconverged": sum(len(one.unconverged) for one in got),
        "seconds": middle - begin,
        "CPU seconds": end - middle,
    }


def agreement(backend: Backend, case: str, *, small: bool = False) -> dict[str, Any]:
    """Compare one of `CASES`, with 37 features and five vectors of each clip."""
    classes, spec, scale, protocol = CASES[case]
    if small:
        vectors = synthetic_vectors(min(classes, 3), 6, 2, 7, seed=1)
    else:
        vectors = synthetic_vectors(classes, 40 if classes < 50 else 9, 5, 37, seed=1)
    options = {"folds": 4, "repeats": 1 if small else 2, "split": "stratified-kfold"}
    return compare_folds(backend, vectors, spec, scale, protocol, **options)


def agreement_of_vectors(backend: Backend) -> dict[str, Any]:
    """Compare feature vectors of odd sizes with the CPU backend's; they are bitwise equal."""
    different, count = 0, 0
    for frames, features in ODD_SIZES:
        with grid_file((2, 3, frames, 2, features)) as features_set:
            for overlap in ("half", "none"):
                options: dict[str, Any] = {
                    "n_vectors": min(3, frames),
                    "overlap": overlap,
                    "statistics": STATISTICS,
                }
                got, expected = (
                    one.to_host(aggregate(features_set, **options, backend=one).X)
                    for one in (backend, resolve("cpu"))
                )
                different += int((got.view(np.uint32) != expected.view(np.uint32)).sum())
                count += got.size
    return {"values": count, "different": different}


@contextmanager
def grid_file(shape: tuple[int, int, int, int, int]) -> Iterator[FeatureSet]:
    """Write an uncompressed file of random frames and open its only feature set.

    h5py writes it: gpuclf's own writer needs imagecodecs.
    """
    rng = np.random.default_rng(0)
    with TemporaryDirectory() as folder:
        path = Path(folder, "features.hdf5")
        with h5py.File(path, "w") as file:
            frames = file.create_dataset("Z", shape, np.float32)
            for label in range(shape[0]):
                frames[label] = rng.random(shape[1:], np.float32) - np.float32(0.5)
            file.attrs["labels"] = [f"class {label}" for label in range(shape[0])]
        with open_features(path) as store:
            yield store["Z"]
