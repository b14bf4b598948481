"""Settings of a cross-validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpuclf._utils.fields import conform_fields, parameter

SplitName = Literal["shuffle", "stratified-shuffle", "kfold", "stratified-kfold", "predefined"]
ProtocolName = Literal["inductive", "thesis"]


@dataclass(frozen=True, kw_only=True)
class Validation:
    """Settings of a cross-validation.

    Parameters
    ----------
    majority_voting : bool
        Score clips, by majority vote of their feature vectors, instead of feature vectors.
    split : {"shuffle", "stratified-shuffle", "kfold", "stratified-kfold", "predefined"}
        Splitter of scikit-learn, or predefined (folds of the file or of a CSV column).
    test_size : float
        Fraction of the clips in the test set; for shuffle and stratified-shuffle.
    folds : int
        Number of folds per repeat; not for predefined folds.
    repeats : int
        Number of repeats of the cross-validation; predefined folds run once unless labels are
        permuted.
    seed : int
        Random seed; repeat r uses seed + r.
    protocol : {"inductive", "thesis"}
        Evaluation protocol; thesis: scaling over all clips before the split (test data leaks into
        training).
    permute_labels : bool
        Permute the labels (sanity check: expected accuracy is chance level).
    permutations : int
        Number of permutations of the permutation test.

    Raises
    ------
    InputError
        If a value has the wrong type or is outside its range.

    Examples
    --------
    >>> Validation(split="kfold", folds=5).repeats
    20
    """

    majority_voting: bool = True
    split: SplitName = "shuffle"
    test_size: float = parameter(0.1, above=0, below=1)
    folds: int = parameter(10, at_least=1)
    repeats: int = parameter(20, at_least=1)
    seed: int = parameter(0, at_least=0, at_most=2**31)
    protocol: ProtocolName = "inductive"
    permute_labels: bool = False
    permutations: int = parameter(0, at_least=0)

    def __post_init__(self) -> None:
        conform_fields(self)

    @property
    def scale_first(self) -> bool:
        """Whether scaling is fitted to all clips before the split."""
        return self.protocol == "thesis"

    @property
    def split_vectors(self) -> bool:
        """Whether feature vectors are split instead of clips."""
        return self.protocol == "thesis" and not self.majority_voting
