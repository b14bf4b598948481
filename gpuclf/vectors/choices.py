"""Names of overlaps, statistics, logarithms and scalings; imports no numerical library."""

from typing import Literal, get_args

OverlapName = Literal["half", "none"]
StatisticName = Literal["sum", "mean", "std", "min", "max"]
LogarithmName = Literal["none", "log1p", "db"]
ScaleName = Literal["none", "minmax", "std"]

STATISTIC_NAMES: tuple[StatisticName, ...] = get_args(StatisticName)
SCALES: tuple[ScaleName, ...] = get_args(ScaleName)
