"""Message about SVMs that did not converge."""

from __future__ import annotations

from typing import Any


def describe_unconverged(unconverged: list[tuple[Any, ...]]) -> str:
    """Return a message that names the SVMs that did not converge, and the remedies.

    Parameters
    ----------
    unconverged : list of tuple
        Class labels of each SVM: a pair, or a single class against the rest.

    Examples
    --------
    >>> describe_unconverged([("rain", "dog")])
    "the SVM did not converge for 'rain' against 'dog': scale the features, lower C, or raise nu"
    """
    names = [" against ".join(repr(str(label)) for label in labels) for labels in unconverged]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    listed = ", ".join(names[:3]) + more
    return f"the SVM did not converge for {listed}: scale the features, lower C, or raise nu"
