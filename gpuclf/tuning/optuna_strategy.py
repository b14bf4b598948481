"""Guided search: sequential optimisation with the tree-structured Parzen estimator of optuna."""

from __future__ import annotations

from typing import Any

from gpuclf.errors import InputError
from gpuclf.tuning.space import Point, Space


def import_optuna() -> Any:
    """Return the module optuna.

    Raises
    ------
    InputError
        If optuna is not installed; the message contains the command that installs it.
    """
    try:
        import optuna
    except ImportError as error:
        raise InputError(
            "guided search", got="no module optuna", expected="python -m pip install optuna"
        ) from error
    return optuna


class OptunaStudy:
    """Sequential search that suggests each point given the scores of the previous ones.

    The same seed and the same scores give the same points.

    Parameters
    ----------
    space : mapping of str to Choice or Range
        Search space.
    seed : int
        Random seed of the sampler.

    Raises
    ------
    InputError
        If optuna is not installed.

    References
    ----------
    J. Bergstra, R. Bardenet, Y. Bengio and B. Kegl, "Algorithms for hyper-parameter optimization",
    NIPS 2011.
    """

    def __init__(self, space: Space, seed: int) -> None:
        optuna = import_optuna()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=seed)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._space = space
        self._trial: Any = None

    def ask(self) -> Point:
        """Return the next point to evaluate."""
        self._trial = self._study.ask()
        return {name: axis.suggest(self._trial, name) for name, axis in self._space.items()}

    def tell(self, score: float) -> None:
        """Record the score of the last point that `ask` returned."""
        self._study.tell(self._trial, score)
