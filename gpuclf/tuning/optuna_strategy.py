"""A guide through a space of settings: the tree-structured Parzen estimator of optuna.

J. Bergstra, R. Bardenet, Y. Bengio and B. Kegl, *Algorithms for hyper-parameter optimization*, NIPS
2011. The same seed and the same scores give the same points.
"""

from __future__ import annotations

from typing import Any

from gpuclf.errors import InputError
from gpuclf.tuning.space import Point, Space


def import_optuna() -> Any:
    """Import optuna.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise InputError(
            "guided search", got="no optuna", expected="python -m pip install optuna"
        ) from error
    return optuna


class Guide:
    """Suggests points, one after the other, after what it was told of those before.

    Parameters
    ----------
    space : mapping of name to Choice or Range
    seed : int

    Raises
    ------
    InputError
        If optuna is not installed.
    """

    def __init__(self, space: Space, seed: int) -> None:
        optuna = import_optuna()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=seed)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._space = space
        self._trial: Any = None

    def ask(self) -> Point:
        """Suggest a point."""
        self._trial = self._study.ask()
        return {name: axis.suggest(self._trial, name) for name, axis in self._space.items()}

    def tell(self, score: float) -> None:
        """Tell the score of the point that was asked for last."""
        self._study.tell(self._trial, score)
