"""Out-of-fold predictions: the prediction of every clip by folds that did not train on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from gpuclf._typing import AnyArray, Bools, Floats, Ints
from gpuclf._utils.table import Table
from gpuclf._utils.tabular import Tabular
from gpuclf.validation.fold_score import FoldScore


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class OutOfFold(Tabular):
    """Prediction of every clip by the fold of each repeat that tests it.

    There is one row per test of a clip, in the order of the folds: with k-fold or predefined folds
    each clip has one row per repeat; with shuffle splits it can have several or none. If feature
    vectors are split (protocol ``thesis`` without majority voting) a row is a feature vector.

    Parameters
    ----------
    labels : tuple of str
        Names of the classes.
    ids : array of str, shape (rows,)
        Name of the clip.
    groups : array, shape (rows,)
        Group of the clip; its name if the clips have no groups.
    vector : int64 array, shape (rows,), or None
        Index of the feature vector in its clip; None if clips are split.
    repeat, fold : int64 array, shape (rows,)
        Index of the repeat and of the fold in it, from 0, as in ``scores[repeat, fold]``.
    y : int64 array, shape (rows,)
        True class, an index into ``labels``; the permuted one with ``permute_labels``.
    predicted : int64 array, shape (rows,)
        Predicted class, an index into ``labels``; ties of votes go to the lower index.
    votes : int64 array, shape (rows, classes)
        Number of feature vectors that vote for each class.
    scores : float64 array, shape (rows, classes)
        Decision values in favour of each class, summed over the feature vectors; minus infinity
        for a class that is missing in training. They are comparable within a fold.

    Examples
    --------
    >>> from gpuclf import ClipClassifier, FeatureVectors, cross_validate
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 10)
    >>> X = (rng.normal(size=(20, 12, 5)) + y[:, None, None]).astype(np.float32)
    >>> vectors = FeatureVectors(X, y, ("blues", "rock"), np.arange(20).astype(str))
    >>> clf = ClipClassifier(backend="cpu")
    >>> result = cross_validate(clf, vectors, split="kfold", folds=5, repeats=2)
    >>> predictions = result.predictions
    >>> predictions
    <40 predictions of 20 clips, accuracy 100.0%>
    >>> list(predictions.to_table().columns)
    ['id', 'group', 'repeat', 'fold', 'label', 'predicted', 'vote_share_blues', 'vote_share_rock',
    'score_blues', 'score_rock']
    """

    labels: tuple[str, ...]
    ids: AnyArray
    groups: AnyArray
    vector: Ints | None
    repeat: Ints
    fold: Ints
    y: Ints
    predicted: Ints
    votes: Ints
    scores: Floats

    @classmethod
    def of(
        cls,
        folds: Sequence[FoldScore],
        labels: tuple[str, ...],
        ids: AnyArray,
        groups: AnyArray | None,
    ) -> Self:
        """Collect the predictions of folds.

        Parameters
        ----------
        folds : sequence of FoldScore
            Scores with predictions.
        labels : tuple of str
            Names of the classes.
        ids : array of str, shape (clips,)
            Name of each clip.
        groups : array, shape (clips,), or None
            Group of each clip.
        """
        tested = [score.tested for score in folds if score.tested is not None]
        sizes = [len(score.fold.test) for score in folds]
        rows = np.concatenate([score.fold.test for score in folds])
        per_clip = len(folds[0].fold.y) // len(ids)
        clips = rows // per_clip
        return cls(
            labels=labels,
            ids=ids[clips],
            groups=np.asarray(ids if groups is None else groups)[clips],
            vector=None if per_clip == 1 else rows % per_clip,
            repeat=np.repeat([score.fold.repeat for score in folds], sizes),
            fold=np.repeat([score.fold.number for score in folds], sizes),
            y=np.concatenate([score.fold.y[score.fold.test] for score in folds]),
            predicted=np.concatenate([one.labels for one in tested]),
            votes=np.concatenate([one.counts for one in tested]),
            scores=np.concatenate([one.decisions for one in tested]),
        )

    @property
    def vote_shares(self) -> Floats:
        """Fraction of the feature vectors that vote for each class, ``(rows, classes)``."""
        shares: Floats = self.votes / self.votes.sum(axis=1, keepdims=True)
        return shares

    @property
    def correct(self) -> Bools:
        """Whether each prediction is the true class, ``(rows,)``."""
        return np.asarray(self.predicted == self.y)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        clips = len(np.unique(self.ids))
        accuracy = f"accuracy {self.correct.mean():.1%}"
        return f"<{len(self)} predictions of {clips} clips, {accuracy}>"

    def to_table(self) -> Table:
        """Return the predictions as a table, with names of classes instead of indices.

        Returns
        -------
        Table
            Columns ``id``, ``vector`` (if feature vectors are split), ``group``, ``repeat``,
            ``fold``, ``label``, ``predicted``, and ``vote_share_`` and ``score_`` of each class.
        """
        names = np.array(self.labels)
        return Table(
            {
                "id": self.ids,
                **({} if self.vector is None else {"vector": self.vector}),
                "group": self.groups,
                "repeat": self.repeat,
                "fold": self.fold,
                "label": names[self.y],
                "predicted": names[self.predicted],
                **_by_class("vote_share", self.labels, self.vote_shares),
                **_by_class("score", self.labels, self.scores),
            }
        )


def _by_class(prefix: str, labels: Sequence[str], values: Floats) -> dict[str, Floats]:
    """Return the columns of an array of all classes."""
    return {f"{prefix}_{label}": values[:, c] for c, label in enumerate(labels)}
