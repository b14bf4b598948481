"""The exponential of many numbers at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gpuclf._utils.jit import inlined
from gpuclf.backend.smo.extremes import larger


@inlined
def exp_of_negative(values: Any, factor: Any, exponents: Any) -> None:
    """Replace ``values >= 0`` by ``exp(-factor * values)``, float32 to 2e-7 of the result.

    The compiler knows no exponential that runs many numbers at a time, so float32 goes as
    ``2^k p(r)``, ``r`` within half a logarithm of 2, with the polynomial of the Cephes library's
    expf (Moshier, 1992). ``exponents`` is room for as many int32.
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
