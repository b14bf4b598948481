"""Classifier of clips: an SVM over feature vectors and a majority vote, as an estimator.

Conventions. ``X`` is ``(clips, V, n)``, or ``(clips, V * n)`` with ``n_vectors_per_clip=V``. Ties
of votes go to the lower index in ``classes_``. With the GPU, results for a CuPy array are CuPy
arrays.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets

from gpuclf._typing import Array
from gpuclf.backend import Backend, resolve
from gpuclf.errors import BackendError, InputError, first_line, one_of
from gpuclf.model.calibrated_predictor import CalibratedPredictor
from gpuclf.model.label_weights import weights_of_classes
from gpuclf.model.rejection import check_target_precision
from gpuclf.model.targets import checked_groups, checked_targets, checked_weights
from gpuclf.svm import (
    SvmSpec,
    check_class_weight,
    check_nu,
    choose_solver,
    describe_unconverged,
    describe_unscaled,
    fit_svm,
)
from gpuclf.vectors.scaling import fit_scaler


class ClipClassifier(CalibratedPredictor):
    """Support vector classifier of clips by majority vote of their feature vectors.

    Every feature vector is scaled and classified; the label of a clip is the class with most votes
    of its vectors. The class is a scikit-learn estimator: it works with ``clone``,
    ``GridSearchCV`` and pipelines.

    Parameters
    ----------
    svm_type : {"C", "nu", "linear"}, default "C"
        C-SVC, nu-SVC (both one-vs-one) or LinearSVC (one-vs-rest).
    kernel : {"linear", "rbf", "precomputed"}, default "linear"
        Kernel of C-SVC and nu-SVC. With "precomputed", the features of a vector are the kernel's
        values between it and each training vector, and ``scale`` must be "none".
    C : float, default 1.0
        Inverse regularization strength of C-SVC and LinearSVC; positive.
    nu : float, default 0.5
        Upper bound on the fraction of margin errors and lower bound on the fraction of support
        vectors of nu-SVC; in (0, 1].
    gamma : {"scale", "auto"} or float, default "scale"
        RBF kernel coefficient, as scikit-learn defines it.
    scale : {"none", "minmax", "std"}, default "minmax"
        Scaling of each feature, fitted to all vectors of the training clips.
    class_weight : {"balanced"}, mapping of label to weight, or None, default None
        Factor of ``C`` for each class; "balanced" is inversely proportional to its number of
        clips.
    n_vectors_per_clip : int, default 1
        Number of vectors ``V`` in a row of a two-dimensional ``X``; with 1, every row is a clip of
        one vector.
    backend : {"auto", "cpu", "gpu", "gpu:N"} or Backend, default "auto"
        Where to compute.
    solver : {"auto", "shared", "library"}, default "auto"
        Solver of the SVMs: see `gpuclf.svm.solver_choice`.
    probability : bool, default False
        Whether `fit` calibrates probabilities of the classes, for `predict_proba`, on predictions
        of the training clips by inner folds; see `gpuclf.model.calibration`.
    target_precision : float or None, default None
        Precision of accepted clips, in (0, 1), for which `fit` chooses the threshold of `accepts`;
        requires ``probability``.

    Attributes
    ----------
    classes_ : array, shape (classes,)
        Sorted labels.
    n_features_in_ : int
        Features per clip, ``V * n``.
    scaler_ : gpuclf.vectors.scaling.Scaler
        Fitted scaling.
    svm_ : gpuclf.svm.SvmModel
        Fitted SVM; its classes are indices into ``classes_``.
    calibration_ : gpuclf.model.calibration.ClipCalibration
        Calibration of the probabilities; with ``probability``.
    rejection_ : gpuclf.model.rejection.Rejection
        Threshold of `accepts`, and its coverage and precision; with ``target_precision``.

    References
    ----------
    C.-C. Chang and C.-J. Lin, *LIBSVM: a library for support vector machines*, ACM Transactions on
    Intelligent Systems and Technology 2(3), 2011, sections 2.1, 2.2 and 7.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[[0.0], [1.0]], [[1.0], [0.0]], [[5.0], [4.0]], [[4.0], [5.0]]])
    >>> y = ["rain", "rain", "dog", "dog"]
    >>> clf = ClipClassifier(backend="cpu").fit(X, y)
    >>> clf.predict([[[1.0], [0.5]]]).tolist()
    ['rain']
    >>> clf.classes_.tolist(), clf.vote_counts([[[1.0], [4.5]]]).tolist()
    (['dog', 'rain'], [[1, 1]])
    """

    # If metadata are routed: inner folds would otherwise split groups unnoticed.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

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
        probability: bool = False,
        target_precision: float | None = None,
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
        self.probability = probability
        self.target_precision = target_precision

    @property
    def spec(self) -> SvmSpec:
        """Parameters of the SVM, validated, as is ``class_weight``."""
        check_class_weight(self.class_weight)
        return SvmSpec(self.svm_type, self.kernel, self.C, self.nu, self.gamma)

    def class_weight_of(self, labels: Sequence[str]) -> str | dict[int, float] | None:
        """Return ``class_weight`` with labels replaced by their indices.

        Parameters
        ----------
        labels : sequence of str
            Names of the classes; keys of ``class_weight`` may be names or indices.

        Returns
        -------
        "balanced", dict of int to float, or None

        Raises
        ------
        InputError
            If a key of ``class_weight`` is not a class, or a value is invalid.

        Examples
        --------
        >>> ClipClassifier(class_weight={"rock": 2}).class_weight_of(["blues", "rock"])
        {1: 2.0}
        """
        check_class_weight(self.class_weight)
        if not isinstance(self.class_weight, Mapping):
            return self.class_weight
        codes: dict[Any, int] = {label: code for code, label in enumerate(labels)}
        codes.update({code: code for code in range(len(labels)) if code not in codes})
        for label in self.class_weight:
            if label not in codes:
                raise InputError("class_weight", got=repr(label), expected=one_of(labels))
        return {codes[label]: float(weight) for label, weight in self.class_weight.items()}

    def fit(
        self,
        X: npt.ArrayLike | Array,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        groups: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit the scaling and the SVM to all vectors of the clips.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)
            Feature vectors.
        y : array, shape (clips,)
            Label of each clip.
        sample_weight : float array, shape (clips,), optional
            Factor of ``C`` for the vectors of each clip; 1 by default. As in scikit-learn's SVMs,
            clips with weight 0 are left out, and weights change neither the scaling nor ``gamma``
            nor balanced class weights.
        groups : array, shape (clips,), optional
            Group of each clip; the inner folds of the calibration never split a group.

        Returns
        -------
        ClipClassifier
            The fitted classifier itself.

        Raises
        ------
        InputError
            If a parameter is outside its range, ``y`` does not contain the label of each clip or
            has fewer than two classes, a weight is invalid, or ``nu`` is infeasible.

        Warns
        -----
        ConvergenceWarning
            If a solver stopped before it reached its tolerance; before the fit, if features
            without scaling make it slow.
        DataConversionWarning
            If ``y`` has the shape ``(clips, 1)``.
        UserWarning
            If no threshold has the target precision.
        """
        spec = self.spec
        check_target_precision(self.target_precision, self.probability)
        backend = resolve(self.backend)
        X = self._validated(X, reset=True)
        y = checked_targets(y, X, backend)
        try:
            check_classification_targets(y)
        except ValueError as error:
            raise InputError(f"y: {first_line(error)}") from error
        clip_weight, groups = checked_weights(sample_weight, len(y)), checked_groups(groups, X)
        if clip_weight is not None:
            used = np.flatnonzero(clip_weight)
            groups = None if groups is None else groups[used]
            X, y, clip_weight = X[backend.asarray(used)], y[used], clip_weight[used]
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            got = "1 class" + " with a weight above 0" * (sample_weight is not None)
            raise InputError("y", got=got, expected="at least two classes")
        clips, vectors, n = X.shape
        weights = weights_of_classes(self.class_weight, self.classes_, np.bincount(codes))
        if spec.svm_type == "nu":
            sums = np.bincount(codes, weights=clip_weight)
            check_nu(spec.nu, sums * weights * vectors, list(self.classes_))
        solver = choose_solver(self.solver, spec, clips * vectors, backend)
        if self.probability:
            options = {"groups": groups, "sample_weight": clip_weight, "solver": solver}
            self._calibrate(X, codes, weights, **options)
        X = X.reshape(clips * vectors, n)
        self.scaler_ = fit_scaler(X, self.scale, backend.xp)
        unscaled = describe_unscaled(X, spec, self.scale, backend.xp)
        if unscaled:
            warnings.warn(unscaled, ConvergenceWarning, stacklevel=2)
        self.svm_ = fit_svm(
            self.scaler_.transform(X, backend.dtype),
            np.repeat(codes, vectors),
            len(self.classes_),
            spec,
            backend,
            class_weights=list(weights),
            sample_weight=None if clip_weight is None else np.repeat(clip_weight, vectors),
            solver=solver,
        )
        unconverged = self.unconverged()
        if unconverged:
            warnings.warn(describe_unconverged(unconverged), ConvergenceWarning, stacklevel=2)
        return self

    def unconverged(self) -> list[tuple[Any, ...]]:
        """Return the labels of every pair, or class, whose solver did not converge.

        Returns
        -------
        list of tuple of labels
            Empty if all solvers converged.
        """
        return [
            tuple(self.classes_[index] for index in classes) for classes in self.svm_.unconverged()
        ]

    def __getstate__(self) -> dict[str, Any]:
        # Arrays of a pickle are NumPy's, so that it can be loaded without a GPU.
        state: dict[str, Any] = super().__getstate__()
        return _moved(state, resolve(self.backend).to_host) if "svm_" in state else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        try:
            backend = resolve(state["backend"])
        except BackendError:  # arrays stay on the host until set_params(backend="cpu")
            backend = resolve("cpu")
        super().__setstate__(_moved(state, backend.asarray) if "svm_" in state else state)


def _moved(state: dict[str, Any], move: Callable[[Array], Array]) -> dict[str, Any]:
    return {**state, "scaler_": state["scaler_"].moved(move), "svm_": state["svm_"].moved(move)}
