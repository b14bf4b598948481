"""Unit of work of a cross-validation: settings that are fitted together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gpuclf.validation.fold import Fold
from gpuclf.validation.pipelines import transformers_digest
from gpuclf.validation.plan import Plan
from gpuclf.validation.setting import Setting

Item = TypeVar("Item")


@dataclass(frozen=True, eq=False)
class FoldUnit:
    """Settings that are fitted together, fold by fold.

    Parameters
    ----------
    settings : list of Setting
        One setting, or several that differ only in C or nu.
    solver : {"shared", "library"}
    numbers : list of list of int
        For each setting, the indices of all equal settings in the list that was grouped.
    """

    settings: list[Setting]
    solver: str
    numbers: list[list[int]]

    @property
    def shared(self) -> bool:
        """Whether all folds and values of C or nu are solved over one kernel matrix."""
        return self.solver == "shared" and self.settings[0].transformers is None

    @property
    def kernel(self) -> Hashable:
        """Key of the kernel matrix; units with equal keys share it."""
        clf = self.settings[0].clf
        return self.shared, self.settings[0].inputs, clf.scale, clf.kernel

    def name(self, plan: Plan, vectors: str, backend: str) -> str:
        """Return a digest of all inputs of the unit's results except the fold.

        Parameters
        ----------
        plan : Plan
        vectors : str
            Digest of the feature vectors.
        backend : str
            Name of the backend.
        """
        shape, labels = self.settings[0].vectors.X.shape, self.settings[0].vectors.labels
        settings = [setting.relevant for setting in self.settings]
        protocol = plan.validation.majority_voting, plan.scale_first, plan.split_vectors
        inputs = [vectors, shape, labels, settings, self.solver, protocol, backend]
        if self.settings[0].transformers is not None:
            inputs += [transformers_digest(self.settings[0].transformers), self.settings[0].rows]
        return hashlib.sha256(repr(tuple(inputs)).encode()).hexdigest()[:32]


def checkpoint_key(name: str, fold: Fold) -> str:
    """Return the name under which a checkpoint stores a unit's scores of a fold."""
    return f"{name}-{fold.digest[:32]}" + "-brief" * fold.scores_only


def group_into_units(
    settings: Sequence[Setting], solver_of: Callable[[Setting], str]
) -> list[FoldUnit]:
    """Group settings into units; equal settings are fitted once.

    Parameters
    ----------
    settings : sequence of Setting
    solver_of : callable
        Function that returns the solver of a setting.

    Returns
    -------
    list of FoldUnit
        Units with the same kernel matrix are consecutive.
    """
    numbers = range(len(settings))
    equal = _group_by(numbers, lambda n: (settings[n].inputs, settings[n].relevant))
    units = []
    for path in _group_by(equal, lambda duplicates: settings[duplicates[0]].path):
        first = settings[path[0][0]]
        solver = solver_of(first)
        together = solver == "shared" and first.transformers is None
        parts = [path] if together else [[duplicates] for duplicates in path]
        units += [FoldUnit([settings[n] for n, *_ in part], solver, part) for part in parts]
    return [unit for of_kernel in _group_by(units, lambda unit: unit.kernel) for unit in of_kernel]


def _group_by(items: Iterable[Item], key: Callable[[Item], Hashable]) -> list[list[Item]]:
    """Group items by a key, in the order of the first occurrence of each key."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
