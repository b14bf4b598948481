"""gpuclf: classify recordings from frame-level features, on the GPU or the CPU.

>>> import gpuclf
>>> store = gpuclf.open_features("features.hdf5")                      # doctest: +SKIP
>>> vectors = gpuclf.aggregate(store["Z"], n_vectors=6)                # doctest: +SKIP
>>> clf = gpuclf.ClipClassifier(kernel="linear", C=1, scale="minmax")  # doctest: +SKIP
>>> result = gpuclf.cross_validate(clf, vectors, folds=10)             # doctest: +SKIP

Names are loaded when they are first used: ``import gpuclf`` itself loads no library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpuclf import plot as plot
    from gpuclf.backend import Backend as Backend
    from gpuclf.backend import resolve as resolve
    from gpuclf.classifier import ClipClassifier as ClipClassifier
    from gpuclf.data.features import FeatureSet as FeatureSet
    from gpuclf.data.packing import write_features as write_features
    from gpuclf.data.store import FeatureStore as FeatureStore
    from gpuclf.data.store import open_features as open_features
    from gpuclf.data.writer import write_clips as write_clips
    from gpuclf.data.writer import write_grid as write_grid
    from gpuclf.errors import GpuclfError as GpuclfError
    from gpuclf.experiment import Experiment as Experiment
    from gpuclf.persist import load_model as load_model
    from gpuclf.persist import save_model as save_model
    from gpuclf.pipeline import audit as audit
    from gpuclf.pipeline import compare as compare
    from gpuclf.pipeline import evaluate as evaluate
    from gpuclf.pipeline import predict as predict
    from gpuclf.pipeline import search as search
    from gpuclf.pipeline import sweep as sweep
    from gpuclf.pipeline import train as train
    from gpuclf.selection import CrossValidation as CrossValidation
    from gpuclf.selection import cross_validate as cross_validate
    from gpuclf.selection import cross_validate_grid as cross_validate_grid
    from gpuclf.selection import nested_search as nested_search
    from gpuclf.vectors import FeatureVectors as FeatureVectors
    from gpuclf.vectors import aggregate as aggregate

_HOMES = {
    "Backend": "backend",
    "ClipClassifier": "classifier",
    "CrossValidation": "selection",
    "Experiment": "experiment",
    "FeatureSet": "data.features",
    "FeatureStore": "data.store",
    "FeatureVectors": "vectors",
    "GpuclfError": "errors",
    "aggregate": "vectors",
    "audit": "pipeline",
    "compare": "pipeline",
    "cross_validate": "selection",
    "cross_validate_grid": "selection",
    "evaluate": "pipeline",
    "load_model": "persist",
    "nested_search": "selection",
    "open_features": "data.store",
    "predict": "pipeline",
    "resolve": "backend",
    "save_model": "persist",
    "search": "pipeline",
    "sweep": "pipeline",
    "train": "pipeline",
    "write_clips": "data.writer",
    "write_features": "data.packing",
    "write_grid": "data.writer",
}

__all__ = [
    "Backend",
    "ClipClassifier",
    "CrossValidation",
    "Experiment",
    "FeatureSet",
    "FeatureStore",
    "FeatureVectors",
    "GpuclfError",
    "aggregate",
    "audit",
    "compare",
    "cross_validate",
    "cross_validate_grid",
    "evaluate",
    "load_model",
    "nested_search",
    "open_features",
    "plot",
    "predict",
    "resolve",
    "save_model",
    "search",
    "sweep",
    "train",
    "write_clips",
    "write_features",
    "write_grid",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("gpuclf")
    if name == "plot":
        return import_module("gpuclf.plot")
    if name not in _HOMES:
        raise AttributeError(f"module 'gpuclf' has no attribute {name!r}")
    return getattr(import_module(f"gpuclf.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
