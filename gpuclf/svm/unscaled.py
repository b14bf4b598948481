"""Message about features whose scale makes a linear SVM slow.

The dual coefficients of a C-SVC are at most ``C``, and the larger the kernel, the smaller are the
steps: multiplying the features by ``k`` has the effect of ``k^2`` times the ``C``, and the solver
takes about ``k^2`` times as long, until it stops without convergence. With standardised features
the product of ``C`` and the mean variance of the features is ``C``; above `LIMIT`, the solver takes
seconds where it would take milliseconds. The coefficients of a nu-SVC are bounded as those of a
C-SVC with ``C = 1``. An RBF kernel is at most 1, and LinearSVC limits its iterations.
"""

from __future__ import annotations

from types import ModuleType

from gpuclf._typing import Array
from gpuclf.svm.spec import SvmSpec

LIMIT = 1000.0  # C times mean variance
ROWS = 10_000  # evenly spaced vectors from which the variance is estimated


def describe_unscaled(X: Array, spec: SvmSpec, scale: str, xp: ModuleType) -> str:
    """Return a message if the scale of features makes an SVM slow, else an empty string.

    Parameters
    ----------
    X : float array, shape (vectors, n)
        Training vectors, on the device.
    spec : SvmSpec
        Hyper-parameters.
    scale : {"none", "minmax", "std"}
        Scaling that is applied to the vectors.
    xp : module
        NumPy or CuPy.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(100, 5))
    >>> describe_unscaled(X, SvmSpec(), "none", np)
    ''
    >>> describe_unscaled(1e6 * X, SvmSpec(), "none", np)
    "the features are not scaled (standard deviations up to 1.1e+06): the SVM may take long and not
    converge; set scale to 'std' (--scale std)"
    """
    if scale != "none" or spec.kernel != "linear" or spec.svm_type == "linear":
        return ""
    rows = X[:: -(-X.shape[0] // ROWS)]
    variance = rows.var(axis=0, dtype=xp.float64)
    penalty = spec.C if spec.svm_type == "C" else 1.0
    if penalty * variance.mean().item() <= LIMIT:
        return ""
    deviation = variance.max().item() ** 0.5
    return (
        f"the features are not scaled (standard deviations up to {deviation:.2g}): the SVM may "
        "take long and not converge; set scale to 'std' (--scale std)"
    )
