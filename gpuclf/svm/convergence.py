"""What is said of SVMs whose solver stopped before its tolerance."""

from __future__ import annotations

from typing import Any


def describe_unconverged(stuck: list[tuple[Any, ...]]) -> str:
    """Say which SVMs stopped at their limit of iterations, and what helps.

    Examples
    --------
    >>> describe_unconverged([("rain", "dog")])
    "the SVM did not converge for 'rain' against 'dog': scale the features, or lower C or raise
    nu"
    """
    names = [" against ".join(repr(str(label)) for label in labels) for labels in stuck]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    listed = ", ".join(names[:3]) + more
    return f"the SVM did not converge for {listed}: scale the features, or lower C or raise nu"
