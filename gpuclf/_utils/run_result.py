"""Mixin of the results of runs: card, plot, table and summary."""

from __future__ import annotations

from importlib import import_module

from gpuclf._utils.displayable import Displayable
from gpuclf._utils.tabular import Tabular


class RunResult(Displayable, Tabular):
    """A result with an HTML representation, a plot, a table and a summary."""

    def summary(self) -> str:
        """Return the main part of what the command line prints of the result.

        Returns
        -------
        str
            Text of several lines, to be printed: first the verdict, then the scores.
        """
        text: str = import_module("gpuclf.display").summary(self)
        return text
