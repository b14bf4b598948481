"""How a classifier is cross-validated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpuclf._utils.fields import conform_fields, parameter


@dataclass(frozen=True, kw_only=True)
class Validation:
    """How a classifier is cross-validated.

    Parameters
    ----------
    majority_voting : bool
        A clip's vectors vote and clips are scored; else vectors are.
    split : {"shuffle", "stratified-shuffle", "kfold", "stratified-kfold", "predefined"}
        How clips are split; predefined, if folds come from a CSV file.
    test_size : float
        Share of the clips to test on; for the shuffles.
    folds : int
        Splits a repeat.
    repeats : int
        Runs of all folds; predefined ones run once, unless labels are permuted.
    seed : int
        Repeat r shuffles with seed + r.
    protocol : {"inductive", "thesis"}
        thesis: scale over all clips first, as the notebook did.
    permute_labels : bool
        Deal the labels out at random: a check that must give chance.
    permutations : int
        Repeat the run so often with permuted labels: tells how likely chance scores as well.

    Raises
    ------
    InputError
        If a value is of the wrong type or outside its range.
    """

    majority_voting: bool = True
    split: Literal["shuffle", "stratified-shuffle", "kfold", "stratified-kfold", "predefined"] = (
        "shuffle"
    )
    test_size: float = parameter(0.1, above=0, below=1)
    folds: int = parameter(10, at_least=1)
    repeats: int = parameter(20, at_least=1)
    seed: int = parameter(0, at_least=0, at_most=2**31)
    protocol: Literal["inductive", "thesis"] = "inductive"
    permute_labels: bool = False
    permutations: int = parameter(0, at_least=0)

    def __post_init__(self) -> None:
        conform_fields(self)

    @property
    def scale_first(self) -> bool:
        """Whether all clips are scaled together before they are split."""
        return self.protocol == "thesis"

    @property
    def split_vectors(self) -> bool:
        """Whether single vectors are split, and not clips."""
        return self.protocol == "thesis" and not self.majority_voting
