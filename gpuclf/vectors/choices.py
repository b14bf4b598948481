"""Names of statistics, logarithms and scalings; imports no numerical library."""

from typing import Literal, get_args

StatisticName = Literal["sum", "mean", "std", "min", "max"]
LogarithmName = Literal["none", "log1p", "db"]
ScaleName = Literal["none", "minmax", "std"]

STATISTIC_NAMES: tuple[StatisticName, ...] = get_args(StatisticName)
SCALES: tuple[ScaleName, ...] = get_args(ScaleName)
