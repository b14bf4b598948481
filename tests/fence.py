"""NumPy arrays that raise wherever CuPy arrays would, or where CuPy would synchronise.

A `FenceArray` stands for an array in a GPU's memory. It does not mix with NumPy's arrays, NumPy's
functions do not take it, and it is not turned into a Python number, which on a GPU waits for the
device. `xp` stands for the module ``cupy``: it has only functions that CuPy has and takes only
`FenceArray`. The one way through the wall is the backend's ``asarray`` and ``to_host``.
"""

from contextlib import nullcontext
from operator import attrgetter
from types import SimpleNamespace

import numpy as np
from gpuclf.backend import Backend, LinearFit, PairFit, Solved, Windows, cpu

FUNCTIONS = """
    abs arange bincount concatenate empty exp flatnonzero full isfinite log10 log1p max maximum mean
    median min minimum ones sqrt stack sum where zeros
"""
METHODS = """
    all any argmax astype max mean min ravel reshape std sum var
"""
OPERATORS = """
    add sub mul truediv floordiv mod pow matmul lt le gt ge eq ne and or xor
"""


class FenceError(TypeError):
    """Host and device arrays are mixed."""


class FenceArray:
    """Device array of the fence backend."""

    __array_ufunc__ = None  # NumPy's operators give way to this class's

    def __init__(self, hidden):
        self._hidden = np.asarray(hidden)

    @property
    def __cuda_array_interface__(self):
        return {"shape": self.shape, "version": 3}

    shape = property(lambda self: self._hidden.shape)
    ndim = property(lambda self: self._hidden.ndim)
    dtype = property(lambda self: self._hidden.dtype)
    T = property(lambda self: FenceArray(self._hidden.T))

    def __len__(self):
        return len(self._hidden)

    def __getitem__(self, key):
        return FenceArray(self._hidden[inside_key(key)])

    def __setitem__(self, key, value):
        self._hidden[inside_key(key)] = inside(value)

    def __iter__(self):
        raise FenceError("iterating over a device array copies it to the host piece by piece")

    def item(self):
        """Return the value as a Python number; explicit, as in CuPy."""
        return self._hidden.item()

    def get(self):
        """Return a host copy; explicit, as in CuPy."""
        return self._hidden.copy()

    def _refuse(self, *args, **kwargs):
        raise FenceError("a device array must not become a host value unasked")

    __array__ = __array_function__ = __float__ = __int__ = __bool__ = __index__ = _refuse


def inside(value):
    """Return True for operands allowed on the device: device arrays and Python numbers."""
    if isinstance(value, FenceArray):
        return value._hidden
    if isinstance(value, np.ndarray):
        raise FenceError("a host array among device arrays")
    return value


def inside_key(key):
    return tuple(map(inside, key)) if isinstance(key, tuple) else inside(key)


def outside(result):
    return FenceArray(result) if isinstance(result, np.ndarray | np.generic) else result


def _method(name):
    def method(self, *args, **kwargs):
        args = [inside(arg) for arg in args]
        return outside(getattr(self._hidden, name)(*args, **kwargs))

    return method


def _function(name):
    def function(*args, **kwargs):
        args = [[inside(a) for a in arg] if isinstance(arg, list) else inside(arg) for arg in args]
        kwargs = {key: inside(value) for key, value in kwargs.items()}
        return outside(attrgetter(name)(np)(*args, **kwargs))

    return function


for operator in OPERATORS.split():
    for prefix in ("", "r", "i"):
        name = f"__{prefix}{operator}__"
        if hasattr(np.ndarray, name):
            setattr(FenceArray, name, _method(name))
FenceArray.__neg__ = _method("__neg__")
FenceArray.__hash__ = None
for method in METHODS.split():
    setattr(FenceArray, method, _method(method))

xp = SimpleNamespace(
    **{name: _function(name) for name in FUNCTIONS.split()},
    asarray=lambda array: asarray(array),  # noqa: PLW0108  # it is defined further down
    fft=SimpleNamespace(rfft=_function("fft.rfft")),
    lib=SimpleNamespace(
        stride_tricks=SimpleNamespace(as_strided=_function("lib.stride_tricks.as_strided"))
    ),
    __name__="fence",
    __version__="1",
    float32=np.float32,
    float64=np.float64,
    int64=np.int64,
    inf=np.inf,
    ndarray=FenceArray,
)


def to_host(array):
    return array._hidden if isinstance(array, FenceArray) else np.asarray(array)


def asarray(array):
    return array if isinstance(array, FenceArray) else FenceArray(np.array(array))


def _fit_pair(X, second, options):
    fit = cpu("the fence's library").fit_pair(inside(X), inside(second), options)
    return PairFit(FenceArray(fit.support), FenceArray(fit.coef), fit.intercept, fit.converged)


def _fit_linear(X, y, C, weights):
    fit = cpu("the fence's library").fit_linear(inside(X), inside(y), C, weights)
    return LinearFit(FenceArray(fit.coef), FenceArray(fit.intercept), fit.converged)


def _solve_pairs(matrix, batch, on_solved):
    moved = batch._replace(features=inside(batch.features))
    solved = cpu("the fence's solver").solve_pairs(inside(matrix), moved, on_solved)
    pairs = [one._replace(beta=FenceArray(one.beta)) for one in solved.pairs]
    return Solved(pairs, FenceArray(solved.decisions))


def _vote_of_pairs(decisions, pairs, n_classes):
    voted = cpu("the fence's votes").vote_of_pairs(inside(decisions), pairs, n_classes)
    return tuple(map(FenceArray, voted))


class FenceBuffer:
    """Frames are read on the host and copied to the device."""

    def __init__(self, capacity):
        self.host = np.full(capacity, np.nan, np.float32)
        self.state = "free"

    def load(self, count, offset, tasks, submit):
        assert self.state == "free"
        self.state = "loading"
        return [submit(task) for task in tasks(self.host[:count])]

    def deliver(self, count):
        assert self.state == "loading"
        self.state = "delivered"
        return FenceArray(self.host[:count].copy())

    def release(self):
        assert self.state == "delivered"
        self.state = "free"
        self.host[:] = np.nan  # whoever still looks at it will notice


def _reduce_windows(frames, edges, segments, wanted, pool):
    found = cpu("the fence's kernel").reduce_windows(inside(frames), edges, segments, wanted, pool)
    return Windows(*(None if part is None else FenceArray(part) for part in found))


FENCE = Backend(
    name="fence",
    device="NumPy behind a wall",
    reason="a test",
    xp=xp,
    asarray=asarray,
    to_host=to_host,
    staging_buffers=lambda count, capacity, file: [FenceBuffer(capacity) for _ in range(count)],
    reduce_windows=_reduce_windows,
    dtype="float64",
    svm_types=("C", "nu", "linear"),
    require_library=lambda: None,
    fit_pair=_fit_pair,
    fit_linear=_fit_linear,
    solve_pairs=_solve_pairs,
    solver_memory=lambda vectors: int(1.3 * 4 * vectors**2),
    vote_of_pairs=_vote_of_pairs,
    map=map,
    fft_samples=2**13,
    exclusive=nullcontext,
    free_memory=lambda: 2**30,
    synchronize=lambda: None,
    activate=lambda: None,
)
