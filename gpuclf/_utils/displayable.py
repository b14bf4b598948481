"""Mixin of all public results: HTML representation in notebooks, and plot.

Results depend neither on HTML nor on matplotlib: `gpuclf.display` is imported by name when it is
needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Displayable:
    """A result with an HTML representation and a plot."""

    def plot(self, *args: Any, **options: Any) -> Any:
        """Plot the result; the arguments are those of its function in `gpuclf.plot`.

        Returns
        -------
        matplotlib.axes.Axes or matplotlib.figure.Figure

        Raises
        ------
        InputError
            If matplotlib is not installed.
        """
        return import_module("gpuclf.display").draw(self, *args, **options)

    def _repr_html_(self) -> str:
        html: str = import_module("gpuclf.display").card(self)
        return html
