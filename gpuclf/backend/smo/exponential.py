"""Vectorised exponential."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gpuclf._utils.jit import inlined
from gpuclf.backend.smo.extremes import larger


@inlined
def exp_of_negative(values: Any, factor: Any, exponents: Any) -> None:
    """Replace ``values >= 0`` by ``exp(-factor * values)``; relative error in float32: 2e-7.

    The compiler does not vectorise ``exp``. In float32, ``exp(x) = 2^k p(x - k ln 2)`` with
    ``|x - k ln 2| <= ln(2) / 2`` and the polynomial ``p`` of ``expf`` in the Cephes library
    (Moshier, 1992). ``exponents`` is scratch memory, int32, of the size of ``values``.
    """
    if values.itemsize == 8:
        for t in range(values.size):
            values[t] = math.exp(-factor * values[t])
        return
    f = np.float32
    for t in range(values.size):
        x = larger(f(values[t]) * -f(factor), f(-87.0))
        k = np.int32(x * f(1.44269504) - f(0.5))
        r = x - f(k) * f(0.693359375) + f(k) * f(2.12194440e-4)
        p = f(1.9875691500e-4) * r + f(1.3981999507e-3)
        p = p * r + f(8.3334519073e-3)
        p = p * r + f(4.1665795894e-2)
        p = p * r + f(1.6666665459e-1)
        p = p * r + f(5.0000001201e-1)
        values[t] = p * r * r + r + f(1.0)
        exponents[t] = (k + np.int32(127)) << np.int32(23)
    powers = exponents.view(np.float32)
    for t in range(values.size):
        values[t] *= powers[t]
