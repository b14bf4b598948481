"""Search strategies: method, number of trials and number of inner folds."""

from __future__ import annotations

from dataclasses import dataclass

from gpuclf.errors import InputError, one_of
from gpuclf.tuning.optuna_strategy import import_optuna
from gpuclf.tuning.space import Point, Space, corners, grid_points, random_points

METHODS = ("grid", "random", "guided")


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """Strategy of a hyper-parameter search.

    Parameters
    ----------
    method : {"grid", "random", "guided"}
        ``grid`` evaluates all combinations, ``random`` a random sample of points, and ``guided`` in
        each fold the points that optuna suggests sequentially.
    trials : int
        Number of points of a random or guided search.
    inner : int, optional
        Number of inner folds, into which the training clips of each outer fold are split; by
        default 5, or as many as the smallest class has clips (or groups). With predefined folds,
        the inner folds are the other predefined folds.

    Raises
    ------
    InputError
        If the method is unknown, ``trials`` is below 1 or ``inner`` is below 2.

    Examples
    --------
    >>> Strategy(method="random", trials=20)
    Strategy(method='random', trials=20, inner=None)
    """

    method: str = "grid"
    trials: int = 50
    inner: int | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError("method", got=repr(self.method), expected=one_of(METHODS))
        for name, minimum in (("trials", 1), ("inner", 2)):
            value = getattr(self, name)
            if value is not None and value < minimum:
                raise InputError(name, got=value, expected=f"at least {minimum}")

    def points(self, space: Space, seed: int) -> list[Point]:
        """Return the points to evaluate or, for a guided search, the corners of the space.

        Parameters
        ----------
        space : mapping of str to Choice or Range
            Search space.
        seed : int
            Random seed of a random search.

        Returns
        -------
        list of dict
            Hyper-parameters of each point.

        Raises
        ------
        InputError
            If the space is empty, a grid contains a range, or a guided search is requested without
            optuna.
        """
        if not space:
            raise InputError(
                "grid", got="no hyper-parameter", expected="at least one, such as C=0.1,1,10"
            )
        if self.method == "random":
            return random_points(space, self.trials, seed)
        if self.method == "grid":
            return grid_points(space)
        import_optuna()
        return corners(space)
