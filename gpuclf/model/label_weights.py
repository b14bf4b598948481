"""Weights of classes that are given by label, as weights of the indices of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpuclf._typing import AnyArray, Floats, Ints
from gpuclf.errors import InputError, did_you_mean
from gpuclf.svm import class_weights


def weights_of_classes(
    class_weight: str | Mapping[Any, float] | None, classes: AnyArray, counts: Ints
) -> Floats:
    """Return the weight of each class.

    As in scikit-learn, weights of other classes are accepted if each class has a weight.

    Parameters
    ----------
    class_weight : {"balanced"}, mapping of label to weight, or None
    classes : array, shape (classes,)
        Labels.
    counts : int64 array, shape (classes,)
        Number of training clips of each class.

    Raises
    ------
    InputError
        If a label is unknown and not each class has a weight.

    Examples
    --------
    >>> import numpy as np
    >>> weights_of_classes({"rock": 2}, np.array(["blues", "rock"]), np.array([3, 5])).tolist()
    [1.0, 2.0]
    """
    by_code: str | dict[int, float] | None
    if isinstance(class_weight, Mapping):
        codes = {label: code for code, label in enumerate(classes.tolist())}
        unknown = [label for label in class_weight if label not in codes]
        if unknown and not codes.keys() <= class_weight.keys():
            expected = did_you_mean(str(unknown[0]), map(str, codes))
            raise InputError("class_weight", got=repr(unknown[0]), expected=expected)
        by_code = {codes[k]: float(w) for k, w in class_weight.items() if k in codes}
    else:
        by_code = class_weight
    return class_weights(by_code, counts.astype(float))
