"""SVMs of other libraries with their default settings, as reference for the benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol


class Kernel(Protocol):
    """Hyper-parameters of an SVM: fields of `gpuclf.svm.SvmSpec`."""

    @property
    def svm_type(self) -> str: ...  # noqa: D102
    @property
    def kernel(self) -> str: ...  # noqa: D102
    @property
    def C(self) -> float: ...  # noqa: D102, N802
    @property
    def nu(self) -> float: ...  # noqa: D102
    @property
    def gamma(self) -> str | float: ...  # noqa: D102


class Library(NamedTuple):
    """Library with an SVM classifier."""

    package: str  # name for import
    dtype: str  # of its input
    svm_types: tuple[str, ...]
    fit_predict: Callable[[Any, Any, Any, Any], Any]  # (X, y, X_test, spec) -> labels


def _scikit_learn(X: Any, y: Any, X_test: Any, spec: Kernel) -> Any:
    from sklearn.svm import SVC, NuSVC

    svm = NuSVC(nu=spec.nu) if spec.svm_type == "nu" else SVC(C=spec.C)
    return svm.set_params(kernel=spec.kernel, gamma=spec.gamma).fit(X, y).predict(X_test)


def _intelex(X: Any, y: Any, X_test: Any, spec: Kernel) -> Any:
    from sklearnex.svm import SVC, NuSVC

    svm = NuSVC(nu=spec.nu) if spec.svm_type == "nu" else SVC(C=spec.C)
    return svm.set_params(kernel=spec.kernel, gamma=spec.gamma).fit(X, y).predict(X_test)


def _thundersvm(X: Any, y: Any, X_test: Any, spec: Kernel) -> Any:
    from thundersvm import SVC

    gamma = spec.gamma
    if gamma == "scale":
        gamma = 1 / (X.shape[1] * X.var())
    return SVC(C=spec.C, kernel=spec.kernel, gamma=gamma).fit(X, y).predict(X_test)


def _cuml(X: Any, y: Any, X_test: Any, spec: Kernel) -> Any:
    import cupy
    from cuml.svm import SVC

    svm = SVC(C=spec.C, kernel=spec.kernel, gamma=spec.gamma)
    return cupy.asnumpy(svm.fit(cupy.asarray(X), cupy.asarray(y)).predict(cupy.asarray(X_test)))


LIBRARIES = {
    "scikit-learn": Library("sklearn", "float64", ("C", "nu"), _scikit_learn),
    "scikit-learn-intelex": Library("sklearnex", "float64", ("C", "nu"), _intelex),
    "ThunderSVM": Library("thundersvm", "float32", ("C",), _thundersvm),
    "cuML": Library("cuml", "float32", ("C",), _cuml),
}
