"""The scikit-learn estimator: scale, classify every vector, let a clip's vectors vote.

Conventions. ``X`` is ``(clips, V, n)``, or ``(clips, V * n)`` with ``n_vectors_per_clip=V``. Ties
of votes go to the lower index of ``classes_``. On the GPU, what goes in as a device's array comes
out as one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from gpuclf._typing import Array, Bools, Floats, Ints
from gpuclf.backend import Backend, lives_on_device, resolve
from gpuclf.errors import BackendError, InputError, one_of
from gpuclf.model.voting import elect, vote_counts
from gpuclf.svm import (
    SvmSpec,
    check_nu,
    choose_solver,
    class_weights,
    describe_unconverged,
    fit_svm,
)
from gpuclf.vectors.scaling import fit_scaler


class ClipClassifier(ClassifierMixin, BaseEstimator):
    """Classify clips by a majority vote of their feature vectors.

    Parameters
    ----------
    svm_type : {"C", "nu", "linear"}
        C-SVC, nu-SVC (both one-vs-one) or LinearSVC (one-vs-rest).
    kernel : {"linear", "rbf", "precomputed"}
        Of C-SVC and nu-SVC. Precomputed: the features of a vector are the kernel's values between
        it and each vector that is trained on, and ``scale`` is "none".
    C : float
        Penalty of the errors, for ``C`` and ``linear``.
    nu : float
        Bound on the share of errors and of support vectors, for ``nu``.
    gamma : {"scale", "auto"} or float
        Of the RBF kernel.
    scale : {"none", "minmax", "std"}
        Scaling per feature, learned from all vectors of the training clips.
    class_weight : {"balanced"}, mapping of label to weight, or None
        What the errors of each class weigh; "balanced" makes up for their numbers.
    n_vectors_per_clip : int
        How many vectors a row of a two-dimensional ``X`` holds; 1 makes an ordinary classifier.
    backend : {"auto", "cpu", "gpu"} or Backend
        Where to compute.
    solver : {"auto", "shared", "library"}
        What fits the SVMs: see `gpuclf.svm.solver_choice`.

    Attributes
    ----------
    classes_ : array, shape (classes,)
        The labels, sorted.
    n_features_in_ : int
        ``V * n``.
    scaler_ : Scaler
        The fitted scaling.
    svm_ : SvmModel
        The fitted SVM, over indices into ``classes_``.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[[0.0], [1.0]], [[1.0], [0.0]], [[5.0], [4.0]], [[4.0], [5.0]]])
    >>> y = ["rain", "rain", "dog", "dog"]
    >>> clf = ClipClassifier(backend="cpu").fit(X, y)
    >>> clf.predict([[[1.0], [0.5]]]).tolist(), clf.vote_counts([[[1.0], [4.5]]]).tolist()
    (['rain'], [[1, 1]])
    """

    def __init__(
        self,
        svm_type: str = "C",
        kernel: str = "linear",
        C: float = 1.0,
        nu: float = 0.5,
        gamma: str | float = "scale",
        scale: str = "minmax",
        class_weight: str | Mapping[Any, float] | None = None,
        n_vectors_per_clip: int = 1,
        backend: str | Backend = "auto",
        solver: str = "auto",
    ) -> None:
        self.svm_type = svm_type
        self.kernel = kernel
        self.C = C
        self.nu = nu
        self.gamma = gamma
        self.scale = scale
        self.class_weight = class_weight
        self.n_vectors_per_clip = n_vectors_per_clip
        self.backend = backend
        self.solver = solver

    @property
    def spec(self) -> SvmSpec:
        """The SVM that the parameters describe, checked."""
        return SvmSpec(self.svm_type, self.kernel, self.C, self.nu, self.gamma)

    def class_weight_of(self, labels: Sequence[str]) -> str | dict[int, float] | None:
        """Give ``class_weight`` with labels' names turned into their indices.

        Parameters
        ----------
        labels : sequence of str
            Names of the classes; weights may go by name or by index.

        Raises
        ------
        InputError
            If a weight names no class.
        """
        if not isinstance(self.class_weight, Mapping):
            return self.class_weight
        codes: dict[Any, int] = {label: code for code, label in enumerate(labels)}
        codes.update({code: code for code in range(len(labels)) if code not in codes})
        for label in self.class_weight:
            if label not in codes:
                raise InputError("class_weight", got=repr(label), expected=one_of(labels))
        return {codes[label]: float(weight) for label, weight in self.class_weight.items()}

    def fit(self, X: npt.ArrayLike | Array, y: npt.ArrayLike) -> Self:
        """Learn the scaling and the SVM from all vectors of the clips.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)
            Feature vectors.
        y : array, shape (clips,)
            Labels.

        Returns
        -------
        ClipClassifier
            Itself.

        Raises
        ------
        InputError
            If a parameter is outside its range, there is one class only, or ``nu`` is infeasible.

        Warns
        -----
        ConvergenceWarning
            If a solver stopped before it reached its tolerance.
        """
        spec = self.spec
        backend = resolve(self.backend)
        X = self._clips(X, reset=True)
        if y is None:
            raise InputError("ClipClassifier requires y to be passed, but the target y is None")
        y = backend.to_host(y) if lives_on_device(y) else y
        y = column_or_1d(check_array(y, ensure_2d=False, dtype=None, input_name="y"), warn=True)
        check_consistent_length(X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise InputError("y", got="1 class", expected="at least two classes")
        clips, vectors, n = X.shape
        weights = self._weights(np.bincount(codes))
        if spec.svm_type == "nu":
            check_nu(spec.nu, np.bincount(codes) * weights * vectors, list(self.classes_))
        solver = choose_solver(self.solver, spec, clips * vectors, backend)
        X = X.reshape(clips * vectors, n)
        self.scaler_ = fit_scaler(X, self.scale, backend.xp)
        X = self.scaler_.transform(X, backend.dtype)
        y = np.repeat(codes, vectors)
        self.svm_ = fit_svm(
            X, y, len(self.classes_), spec, backend, class_weights=list(weights), solver=solver
        )
        stuck = self.unconverged()
        if stuck:
            warnings.warn(describe_unconverged(stuck), ConvergenceWarning, stacklevel=2)
        return self

    def predict(self, X: npt.ArrayLike | Array) -> Array:
        """Label clips by the vote of their vectors.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        array, shape (clips,)
            Labels.
        """
        return self._labels(elect(self._count(self._classify(self._decisions(X)))), X)

    def predict_vectors(self, X: npt.ArrayLike | Array) -> Array:
        """Label every single vector.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        array, shape (clips, V)
            Labels.
        """
        return self._labels(self._classify(self._decisions(X)), X)

    def judge_vectors(self, X: npt.ArrayLike | Array) -> tuple[Array, Array]:
        """Say of every single vector which class it is given, and what speaks for each class.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        int64 array, shape (clips, V)
            Indices into ``classes_``.
        float64 array, shape (clips, V, classes)
            Sums of decision values; both are on the device.
        """
        decisions = self._decisions(X)
        return self._classify(decisions), self._confidence(decisions)

    def vote_counts(self, X: npt.ArrayLike | Array) -> Array:
        """Count the votes of every clip's vectors.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        int64 array, shape (clips, classes)
            Rows sum up to ``V``.
        """
        return self._like(self._count(self._classify(self._decisions(X))), X)

    def decision_function(self, X: npt.ArrayLike | Array) -> Array:
        """Rank the classes of every clip: by votes, and among equal votes by the decision values.

        The fraction is the sum ``s`` of a class's decision values over the clip's vectors, brought
        into (-1/3, 1/3) as ``s / (3 (|s| + 1))``, the form that scikit-learn's one-vs-one uses.
        Where votes are tied, `predict` takes the lower index, whatever the fraction says.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        float64 array, shape (clips, classes), or (clips,) for two classes
            With two classes, what speaks for the second less what speaks for the first.
        """
        xp = resolve(self.backend).xp
        decisions = self._decisions(X)
        total = self._confidence(decisions).sum(axis=1)
        decision = self._count(self._classify(decisions)) + total / (3 * (xp.abs(total) + 1))
        if len(self.classes_) == 2:
            decision = decision[:, 1] - decision[:, 0]
        return self._like(decision, X)

    def score(self, X: npt.ArrayLike | Array, y: npt.ArrayLike, sample_weight: Any = None) -> float:
        """Accuracy on clips.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)
        y : array, shape (clips,)
            Their labels.
        sample_weight : float array, shape (clips,), optional
            How much each clip counts.

        Returns
        -------
        float
            In [0, 1].
        """
        right = self._right(self.predict(X), y)
        return float(np.average(right, weights=sample_weight))

    def score_vectors(self, X: npt.ArrayLike | Array, y: npt.ArrayLike) -> float:
        """Accuracy on single vectors.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)
        y : array, shape (clips,)
            The clips' labels.

        Returns
        -------
        float
            In [0, 1].
        """
        predicted = self.predict_vectors(X)
        return float(self._right(predicted.T, y).mean())

    def unconverged(self) -> list[tuple[Any, ...]]:
        """The labels of every pair, or class, whose solver gave up before its tolerance."""
        return [
            tuple(self.classes_[index] for index in classes) for classes in self.svm_.unconverged()
        ]

    def _weights(self, counts: Ints) -> Floats:
        """What the errors of each class weigh."""
        by_code: str | dict[int, float] | None = None
        if isinstance(self.class_weight, Mapping):
            codes = {label: code for code, label in enumerate(self.classes_.tolist())}
            by_code = {codes[k]: float(w) for k, w in self.class_weight.items() if k in codes}
        else:
            by_code = self.class_weight
        return class_weights(by_code, counts.astype(float))

    # From X to votes, on the device.

    def _clips(self, X: npt.ArrayLike | Array, *, reset: bool = False) -> Array:
        """Validate ``X``, move it to the device and shape it ``(clips, V, n)``."""
        if not reset:
            check_is_fitted(self)
        backend = resolve(self.backend)
        X = cast(Array, X if hasattr(X, "shape") else np.asarray(X))
        three_dimensional = len(X.shape) == 3
        per_clip = X.shape[1] if three_dimensional else self.n_vectors_per_clip
        if three_dimensional:
            X = X.reshape(X.shape[0], -1)
        if lives_on_device(X):
            X = backend.asarray(validate_data(self, X, reset=reset, skip_check_array=True))
            if not backend.to_host(backend.xp.isfinite(X).all()):
                raise InputError("X", got="NaN or infinity", expected="finite numbers")
        else:
            X = validate_data(self, X, reset=reset, dtype=[np.float64, np.float32])
        if per_clip < 1 or X.shape[1] % per_clip:
            raise InputError(
                "n_vectors_per_clip", got=per_clip, expected=f"a divisor of {X.shape[1]} features"
            )
        return backend.asarray(X).reshape(X.shape[0], per_clip, -1)

    def _decisions(self, X: npt.ArrayLike | Array) -> Array:
        """Decision values of every vector, ``(clips, V, functions)``."""
        backend = resolve(self.backend)
        X = self._clips(X)
        clips, vectors, n = X.shape
        scaled = self.scaler_.transform(X.reshape(clips * vectors, n), backend.dtype)
        return self.svm_.decision(scaled, backend.xp).reshape(clips, vectors, -1)

    def _classify(self, decisions: Array) -> Array:
        clips, vectors, functions = decisions.shape
        votes = self.svm_.classify(decisions.reshape(-1, functions), resolve(self.backend).xp)
        return votes.reshape(clips, vectors)

    def _confidence(self, decisions: Array) -> Array:
        clips, vectors, functions = decisions.shape
        xp = resolve(self.backend).xp
        confidence = self.svm_.confidence(decisions.reshape(-1, functions), xp)
        return confidence.reshape(clips, vectors, -1)

    def _count(self, votes: Array) -> Array:
        return vote_counts(votes, len(self.classes_), resolve(self.backend).xp)

    # From the device back to whoever asked.

    def _like(self, result: Array, X: npt.ArrayLike | Array) -> Array:
        return result if lives_on_device(X) else resolve(self.backend).to_host(result)

    def _labels(self, codes: Array, X: npt.ArrayLike | Array) -> Array:
        backend = resolve(self.backend)
        labels = self.classes_[backend.to_host(codes)]
        # A GPU has no strings: names stay on the host.
        return (
            backend.asarray(labels)
            if lives_on_device(X) and labels.dtype.kind in "iufb"
            else labels
        )

    def _right(self, predicted: Array, y: npt.ArrayLike) -> Bools:
        backend = resolve(self.backend)
        predicted, y = (backend.to_host(a) if lives_on_device(a) else a for a in (predicted, y))
        return np.asarray(predicted == np.asarray(y))

    # A pickle holds the host's arrays, so that it opens on a machine without a GPU.

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return _moved(state, resolve(self.backend).to_host) if "svm_" in state else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        try:
            backend = resolve(state["backend"])
        except BackendError:  # the arrays wait on the host for set_params(backend="cpu")
            backend = resolve("cpu")
        super().__setstate__(_moved(state, backend.asarray) if "svm_" in state else state)


def _moved(state: dict[str, Any], move: Callable[[Array], Array]) -> dict[str, Any]:
    return {**state, "scaler_": state["scaler_"].moved(move), "svm_": state["svm_"].moved(move)}
