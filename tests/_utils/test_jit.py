"""Compiled functions are cached if possible, and otherwise compiled in every process."""

import numba
import numpy as np
from gpuclf._utils.jit import compiled, compiled_fast


def double(numbers):
    for i in range(numbers.size):
        numbers[i] *= 2


def test_a_compiled_function_returns_the_same_result():
    numbers = np.arange(4.0)
    compiled(double)(numbers)
    assert numbers.tolist() == [0, 2, 4, 6]


def test_only_the_compilation_of_the_solver_is_announced(monkeypatch, caplog):
    original = numba.njit
    monkeypatch.setattr(numba, "njit", lambda function, cache=False, **kw: original(function, **kw))
    compiled(double)(np.arange(4.0))
    assert not caplog.records
    solver = compiled_fast(double)
    for _ in range(2):
        solver(np.arange(4.0))
    assert caplog.text.count("compiling the solver, once") == 1


def test_an_unwritable_cache_is_not_an_error(monkeypatch):
    original = numba.njit

    def njit(function, **options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return original(function, **options)

    monkeypatch.setattr(numba, "njit", njit)
    test_a_compiled_function_returns_the_same_result()


def test_a_full_disk_is_not_an_error(monkeypatch):
    original = numba.njit

    def njit(function, **options):
        def full(*arguments):
            raise OSError(28, "No space left on device")

        return full if options.get("cache") else original(function, **options)

    monkeypatch.setattr(numba, "njit", njit)
    test_a_compiled_function_returns_the_same_result()
