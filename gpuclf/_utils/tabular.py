"""Mixin of all results that are tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from gpuclf._utils.table import Table


class Tabular(ABC):
    """A result that converts to a table."""

    @abstractmethod
    def to_table(self) -> Table:
        """Return the result as a table of named columns."""

    def to_frame(self) -> Any:
        """Return the table of the result, see `to_table`, as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        InputError
            If pandas is not installed.
        """
        return self.to_table().to_frame()
