"""How settings are looked for: by what method, how many, and in how many inner folds."""

from __future__ import annotations

from dataclasses import dataclass

from gpuclf.errors import InputError, one_of
from gpuclf.tuning.optuna_strategy import import_optuna
from gpuclf.tuning.space import Point, Space, corners, grid_points, random_points

METHODS = ("grid", "random", "guided")


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """How settings are looked for.

    Parameters
    ----------
    method : {"grid", "random", "guided"}
        All combinations; or points drawn at random; or, fold by fold, points that optuna suggests
        after what it has seen.
    trials : int
        How many points a random or guided search tries.
    inner : int
        Folds into which the training clips of a fold are split again.

    Raises
    ------
    InputError
        If the method is not known, or there is nothing to try.
    """

    method: str = "grid"
    trials: int = 50
    inner: int = 5

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError("method", got=repr(self.method), expected=one_of(METHODS))
        for name, least in (("trials", 1), ("inner", 2)):
            if getattr(self, name) < least:
                raise InputError(name, got=getattr(self, name), expected=f"at least {least}")

    def points(self, space: Space, seed: int) -> list[Point]:
        """List what is tried, or of a guided search the corners of what may be.

        Raises
        ------
        InputError
            If there is nothing, or a range in a grid; or no optuna to guide.
        """
        if not space:
            raise InputError("grid", got="nothing", expected="values to choose from")
        if self.method == "random":
            return random_points(space, self.trials, seed)
        if self.method == "grid":
            return grid_points(space)
        import_optuna()
        return corners(space)
