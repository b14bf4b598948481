"""Probabilities of the classes of clips, and rejection of clips with a low probability."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.metaestimators import available_if

from gpuclf._typing import AnyArray, Array, Floats, Ints
from gpuclf.backend import lives_on_device, resolve
from gpuclf.model.calibration import ClipCalibration, ClipScores, confidence
from gpuclf.model.inner_predictions import inner_predictions
from gpuclf.model.predictor import ClipPredictor
from gpuclf.model.rejection import Rejection


class CalibratedPredictor(ClipPredictor):
    """Prediction for clips by majority vote, with calibrated probabilities."""

    class_weight: str | Mapping[Any, float] | None
    probability: bool
    target_precision: float | None
    calibration_: ClipCalibration
    rejection_: Rejection

    @available_if(lambda self: self.probability)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: npt.ArrayLike | Array) -> Array:
        """Compute calibrated probabilities of the classes; requires ``probability=True``.

        The most probable class can differ from that of `predict`, which is the class with most
        votes.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        float64 array, shape (clips, classes)
            Each row sums to 1.
        """
        return self._moved_like(self._probabilities(X)[0], X)

    @available_if(lambda self: self.target_precision is not None)  # type: ignore[untyped-decorator]
    def accepts(self, X: npt.ArrayLike | Array) -> Array:
        """Return which clips are accepted; requires ``target_precision``.

        Parameters
        ----------
        X : float array, shape (clips, V, n) or (clips, V * n)

        Returns
        -------
        bool array, shape (clips,)
            True if the probability of the class of `predict` is at least the threshold of
            ``rejection_``.
        """
        probabilities, predicted = self._probabilities(X)
        accepted = confidence(probabilities, predicted) >= self.rejection_.threshold
        return self._moved_like(np.asarray(accepted), X)

    def _probabilities(self, X: npt.ArrayLike | Array) -> tuple[Floats, Ints]:
        """Compute probabilities and predicted classes of clips, on the host."""
        scores = ClipScores.of(*map(resolve(self.backend).to_host, self.judge_vectors(X)))
        return self.calibration_.probabilities(scores), scores.predicted

    def _moved_like(self, result: AnyArray, X: npt.ArrayLike | Array) -> Array:
        """Move a result from the host to the device if ``X`` is on the device."""
        return resolve(self.backend).asarray(result) if lives_on_device(X) else result

    def _calibrate(self, X: Array, codes: Ints, weights: Floats, **options: Any) -> None:
        """Calibrate probabilities and choose the threshold; see `inner_predictions`."""
        options["backend"] = resolve(self.backend)
        balanced = self.class_weight == "balanced"  # by the clips of each inner fold
        options["class_weight"] = "balanced" if balanced else dict(enumerate(weights))
        inner = inner_predictions(self, X, codes, **options)
        self.calibration_ = inner.calibration()
        if self.target_precision is None:
            return
        self.rejection_ = inner.rejection(self.calibration_, self.target_precision)
        if not np.isfinite(self.rejection_.threshold):
            message = f"no threshold has the precision {self.target_precision:g}"
            warnings.warn(f"{message}: all clips are rejected", UserWarning, stacklevel=3)
