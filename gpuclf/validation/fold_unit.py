"""The unit of work of a cross-validation: some settings, one kernel matrix, some folds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gpuclf.validation.fold import Fold
from gpuclf.validation.plan import Plan
from gpuclf.validation.setting import Setting

Item = TypeVar("Item")


@dataclass(frozen=True, eq=False)
class FoldUnit:
    """Settings that are fitted together, fold by fold.

    Parameters
    ----------
    settings : list of Setting
        They differ in C or nu alone, or there is one.
    solver : {"shared", "library"}
    numbers : list of list of int
        For each of them the numbers of all settings, of those asked for, that are the same.
    """

    settings: list[Setting]
    solver: str
    numbers: list[list[int]]

    @property
    def shared(self) -> bool:
        """Whether all folds and values are solved over one kernel matrix."""
        return self.solver == "shared"

    @property
    def kernel(self) -> Hashable:
        """What units have in common that share a kernel matrix."""
        clf = self.settings[0].clf
        return self.shared, id(self.settings[0].vectors.X), clf.scale, clf.kernel

    def name(self, plan: Plan, vectors: str, backend: str) -> str:
        """Return a name of all that the unit's results depend on, but for the fold.

        Parameters
        ----------
        plan : Plan
        vectors : str
            A digest of the vectors.
        backend : str
        """
        shape, labels = self.settings[0].vectors.X.shape, self.settings[0].vectors.labels
        settings = [setting.relevant for setting in self.settings]
        how = plan.validation.majority_voting, plan.scale_first, plan.split_vectors
        about = (vectors, shape, labels, settings, self.solver, how, backend)
        return hashlib.sha256(repr(about).encode()).hexdigest()[:32]


def key_of(name: str, fold: Fold) -> str:
    """Return the key under which a unit's scores in a fold are kept."""
    return f"{name}-{fold.digest[:32]}" + "-brief" * fold.brief


def units_of(settings: Sequence[Setting], solver_of: Callable[[Setting], str]) -> list[FoldUnit]:
    """Group settings into units; equal settings are fitted once, units of a kernel follow.

    Parameters
    ----------
    settings : sequence of Setting
    solver_of : callable
        Returns the solver of a setting.
    """
    numbers = range(len(settings))
    equal = grouped(numbers, lambda n: (id(settings[n].vectors.X), settings[n].relevant))
    units = []
    for some in grouped(equal, lambda same: settings[same[0]].path):
        solver = solver_of(settings[some[0][0]])
        parts = [some] if solver == "shared" else [[same] for same in some]
        units += [FoldUnit([settings[same[0]] for same in part], solver, part) for part in parts]
    return [unit for same in grouped(units, lambda unit: unit.kernel) for unit in same]


def grouped(items: Iterable[Item], key: Callable[[Item], Hashable]) -> list[list[Item]]:
    """Group items by a key, in the order in which keys first come."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
