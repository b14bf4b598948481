"""Class probabilities of clips from their votes and decision values.

The probabilities of a clip are the softmax of ``a d + b s + c``, where ``d`` are the mean decision
values in favour of each class, ``s`` the shares of its votes, and ``c`` a bias of each class: the
vector scaling of Guo et al. [1]_ for two scores, with one temperature for each. The parameters
maximise the likelihood of the true classes of clips that the SVM was not trained on. Two things
keep them finite and small if all these clips are classified correctly, or a class has few of them:
Platt's smoothed targets [2]_ for several classes, and a penalty ``|c|^2 / 2``, the logarithm of a
standard normal prior.

References
----------
.. [1] C. Guo et al., On calibration of modern neural networks, ICML 2017, section 4.2.
.. [2] J. Platt, Probabilistic outputs for support vector machines, Advances in Large Margin
   Classifiers, 1999, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from gpuclf._typing import Floats, Ints
from gpuclf.model.voting import elect, vote_counts


class ClipScores(NamedTuple):
    """Scores of clips from which probabilities are computed; on the host.

    Parameters
    ----------
    decisions : float64 array, shape (clips, classes)
        Decision values in favour of each class, mean over the feature vectors; minus infinity for
        a class that is missing in training.
    shares : float64 array, shape (clips, classes)
        Fraction of the feature vectors that vote for each class.
    """

    decisions: Floats
    shares: Floats

    @classmethod
    def of(cls, votes: Ints, decisions: Floats) -> Self:
        """Return the scores of clips from those of their feature vectors.

        Parameters
        ----------
        votes : int64 array, shape (clips, V)
            Predicted class of each feature vector.
        decisions : float64 array, shape (clips, V, classes)
            Decision values in favour of each class.
        """
        counts = vote_counts(votes, decisions.shape[2], np)
        return cls(decisions.mean(axis=1), counts / votes.shape[1])

    @property
    def predicted(self) -> Ints:
        """Class with most votes of each clip, ``(clips,)``; ties go to the lower index."""
        predicted: Ints = elect(self.shares)
        return predicted


@dataclass(frozen=True, eq=False)
class ClipCalibration:
    """Calibrated probabilities of classes as a function of the scores of clips.

    Parameters
    ----------
    decision_weight : float
        Factor ``a`` of the mean decision values, at least 0: an inverse temperature.
    vote_weight : float
        Factor ``b`` of the vote shares, at least 0.
    bias : float64 array, shape (classes,)
        Bias ``c`` of each class.

    Examples
    --------
    >>> decisions = np.array([[2.0, -2.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, 1.0]])
    >>> scores = ClipScores(decisions, (decisions > 0).astype(float))
    >>> calibration = ClipCalibration.fit(scores, np.array([0, 0, 1, 0]))
    >>> calibration.probabilities(scores).round(2).tolist()
    [[0.83, 0.17], [0.73, 0.27], [0.45, 0.55], [0.45, 0.55]]
    """

    decision_weight: float
    vote_weight: float
    bias: Floats

    @classmethod
    def fit(cls, scores: ClipScores, y: Ints) -> Self:
        """Fit the parameters to clips that the SVM was not trained on.

        Parameters
        ----------
        scores : ClipScores
        y : int64 array, shape (clips,)
            True class of each clip. Clips whose class was missing in training are not used.
        """
        from scipy.optimize import minimize

        used = np.isfinite(scores.decisions[np.arange(len(y)), y])
        decisions, shares, y = scores.decisions[used], scores.shares[used], y[used]
        known = np.isfinite(decisions)
        features = np.stack([np.where(known, decisions, 0.0), shares])
        targets = _smoothed(y, known)

        def loss(parameters: Floats) -> tuple[float, Floats]:
            weights, bias = parameters[:2], parameters[2:]
            logits = np.tensordot(weights, features, 1) + bias
            log_p = _log_softmax(np.where(known, logits, -np.inf))
            gradient = np.where(known, np.exp(log_p) - targets, 0.0)
            value = float(-np.sum(targets * np.where(known, log_p, 0.0)) + bias @ bias / 2)
            by_weight = np.tensordot(features, gradient, 2)
            by_parameter = np.concatenate([by_weight, gradient.sum(axis=0) + bias])
            return value / len(y), by_parameter / len(y)

        classes = decisions.shape[1]
        start = np.concatenate([np.ones(2), np.zeros(classes)])
        bounds = [(0, None)] * 2 + [(None, None)] * classes
        found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
        return cls(float(found[0]), float(found[1]), found[2:])

    @classmethod
    def none(cls, classes: int) -> Self:
        """Return probabilities without calibration: the softmax of the mean decision values."""
        return cls(1.0, 0.0, np.zeros(classes))

    def probabilities(self, scores: ClipScores) -> Floats:
        """Return the probability of each class, ``(clips, classes)``; rows sum to 1.

        A class that is missing in training has the probability 0.
        """
        known = np.isfinite(scores.decisions)
        decisions = np.where(known, scores.decisions, 0.0)
        logits = self.decision_weight * decisions + self.vote_weight * scores.shares + self.bias
        probabilities: Floats = np.exp(_log_softmax(np.where(known, logits, -np.inf)))
        return probabilities


def confidence(probabilities: Floats, predicted: Ints) -> Floats:
    """Return the probability of the predicted class of each clip, ``(clips,)``."""
    of_predicted: Floats = probabilities[np.arange(len(predicted)), predicted]
    return of_predicted


def _smoothed(y: Ints, known: Floats) -> Floats:
    """Return the target of each class: one pseudo-clip of every class is added to the clips."""
    classes = known.sum(axis=1, keepdims=True)
    fraction = classes / (len(y) + classes)
    targets: Floats = known * fraction / classes
    targets[np.arange(len(y)), y] += 1 - fraction[:, 0]
    return targets


def _log_softmax(logits: Floats) -> Floats:
    from scipy.special import log_softmax

    values: Floats = log_softmax(logits, axis=1)
    return values
