"""The mixin of every public result: its notebook card and its figure.

Results know neither HTML nor matplotlib: `gpuclf.display`, which knows both, is imported by name
when a card or a figure is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Displayable:
    """A result with a notebook card and a figure."""

    def plot(self, *args: Any, **options: Any) -> Any:
        """Draw the result; arguments are those of its function in `gpuclf.plot`, after the first.

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
