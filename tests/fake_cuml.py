"""The module ``cuml``, without a GPU: scikit-learn's SVMs, fitted to arrays of fence.py.

Importing it replaces CuPy's allocator, as cuML does.
"""

import sys

import numpy as np
from sklearn import svm

from fake_cupy import install
from fence import FenceArray, FenceError

REPORTED = {"SVC": ("support_", "dual_coef_", "intercept_"), "LinearSVC": ("coef_", "intercept_")}


def estimator(library, options):
    """Return a class like one of cuML that fits with a class of scikit-learn."""

    class Estimator:
        def __init__(self, **parameters):
            if library is svm.LinearSVC:
                parameters["C"] /= 2  # cuML's is twice liblinear's (see gpu_cuml.py)
            unknown = parameters.keys() - options
            assert not unknown and parameters.pop("output_type") == "cupy", unknown
            self.fitted = library(**{options[name]: value for name, value in parameters.items()})

        def fit(self, X, y, sample_weight=None):
            weight = None if sample_weight is None else on_device(sample_weight)
            self.fitted.fit(on_device(X), on_device(y), weight)
            for name in REPORTED[library.__name__]:
                setattr(self, name, FenceArray(as_reported(getattr(self.fitted, name))))
            self.n_iter_ = self.fitted.n_iter_ if library is svm.LinearSVC else 0
            return self

        def decision_function(self, X):
            return FenceArray(self.fitted.decision_function(on_device(X)))

    return Estimator


def as_reported(array):
    return array.astype(np.float32) if array.dtype == float else array


def on_device(array):
    if not isinstance(array, FenceArray):
        raise FenceError("a host array is copied to the device at each fit")
    return array._hidden


SHARED = {name: name for name in ("C", "tol", "max_iter", "class_weight")}
SVC = estimator(svm.SVC, {**SHARED, "kernel": "kernel", "gamma": "gamma", "output_type": ""})
LinearSVC = estimator(
    svm.LinearSVC, {**SHARED, "penalized_intercept": "fit_intercept", "output_type": ""}
)


def install_cuml(monkeypatch, cupy, *, error=None):
    """Put ``cuml`` in place of the installed one until the test ends.

    Parameters
    ----------
    monkeypatch : fixture
    cupy : module
        Its allocator is replaced on import of ``cuml.svm``.
    error : Exception, optional
        Raised on import of ``cuml.svm``.
    """
    install(monkeypatch, "cuml")
    monkeypatch.setitem(sys.modules, "cuml.svm", None)  # restored, and not imported yet
    del sys.modules["cuml.svm"]
    monkeypatch.setattr(sys, "meta_path", [Finder(cupy, error), *sys.meta_path])


class Finder:
    """Finder and loader of ``cuml.svm``."""

    def __init__(self, cupy, error):
        self.cupy, self.error = cupy, error

    def find_spec(self, name, path=None, target=None):
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self) if name == "cuml.svm" else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        if self.error:
            raise self.error
        self.cupy.cuda.set_allocator(lambda size: "a plain cudaMalloc")
        module.SVC, module.LinearSVC = SVC, LinearSVC
