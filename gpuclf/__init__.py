"""gpuclf: SVM classification of recordings from frame-level features, on GPU or CPU.

>>> import gpuclf
>>> store = gpuclf.open_features("features.hdf5")                      # doctest: +SKIP
>>> vectors = gpuclf.aggregate(store["Z"], n_vectors=6)                # doctest: +SKIP
>>> clf = gpuclf.ClipClassifier(kernel="linear", C=1, scale="minmax")  # doctest: +SKIP
>>> result = gpuclf.cross_validate(clf, vectors, folds=10)             # doctest: +SKIP

``__init__.pyi`` lists the public names; each is imported when it is first used.
"""

from typing import Any

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name != "__version__":
        return _load(name)
    from importlib.metadata import version

    return version("gpuclf")
