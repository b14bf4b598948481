"""Texts of a trained classifier: threshold of rejection, and its coverage and precision."""

from __future__ import annotations

import numpy as np

from gpuclf._utils.formatting import percent
from gpuclf.model.classifier import ClipClassifier


def training_facts(classifier: ClipClassifier) -> dict[str, str]:
    """Return the threshold of rejection; empty if the classifier has none.

    Parameters
    ----------
    classifier : ClipClassifier
        Fitted classifier.

    Returns
    -------
    dict of str to str
        Threshold, and coverage and precision on training clips that neither the SVM nor the
        threshold was fitted to.
    """
    if classifier.target_precision is None:
        return {}
    rejection = classifier.rejection_
    accepted = f"{percent(rejection.coverage)} of training clips accepted out of fold"
    precision = (
        "" if np.isnan(rejection.precision) else f", precision {percent(rejection.precision)}"
    )
    return {
        "threshold of predict --reject": f"probability {rejection.threshold:.3f} for the precision "
        f"{percent(rejection.target)}; {accepted}{precision}"
    }
