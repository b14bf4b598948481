"""Compiled functions are kept where they can be, and compiled again where they cannot."""

import numba
import numpy as np
from gpuclf._utils.jit import compiled


def double(numbers):
    for i in range(numbers.size):
        numbers[i] *= 2


def test_a_compiled_function_does_as_the_plain_one():
    numbers = np.arange(4.0)
    compiled(double)(numbers)
    assert numbers.tolist() == [0, 2, 4, 6]


def test_nowhere_to_keep_it_is_no_error(monkeypatch):
    plain = numba.njit

    def njit(function, **options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return plain(function, **options)

    monkeypatch.setattr(numba, "njit", njit)
    test_a_compiled_function_does_as_the_plain_one()


def test_a_full_disk_is_no_error(monkeypatch):
    plain = numba.njit

    def njit(function, **options):
        def full(*arguments):
            raise OSError(28, "No space left on device")

        return full if options.get("cache") else plain(function, **options)

    monkeypatch.setattr(numba, "njit", njit)
    test_a_compiled_function_does_as_the_plain_one()
