"""NumPy arrays that raise wherever CuPy arrays would, or where CuPy would synchronise.

A `FenceArray` stands for an array in a GPU's memory. It does not mix with NumPy's arrays, NumPy's
functions do not take it, and it is not turned into a Python number, which on a GPU waits for the
device. `xp` stands for the module ``cupy``: it has only functions that CuPy has and takes only
`FenceArray`. The one way through the wall is the backend's ``asarray`` and ``to_host``. All work is
counted, as far as a GPU would be given any (see device_costs.py).
"""

from contextlib import nullcontext
from operator import attrgetter
from types import SimpleNamespace

import numpy as np
from gpuclf.backend import Backend, LinearFit, PairFit, Solved, Windows, cpu

import device_costs as device

FUNCTIONS = """
    abs add any all arange argmax argsort ascontiguousarray bincount clip concatenate cumsum
    diagonal divide dot empty_like exp eye flatnonzero full isfinite log log10 log1p matmul max
    maximum mean median min minimum moveaxis multiply nonzero ones repeat reshape searchsorted sign
    sqrt square stack subtract sum take transpose tril triu where zeros zeros_like
"""
METHODS = """
    all any argmax argsort astype clip copy cumsum diagonal dot fill max mean min ravel repeat
    reshape squeeze std sum swapaxes take transpose var view
"""
OPERATORS = """
    add sub mul truediv floordiv mod pow matmul lt le gt ge eq ne and or xor
"""
UNARY = "neg abs invert"
TYPES = """
    bool_ float32 float64 int32 int64 uint8 uint32 uint64
"""
PRODUCTS = {"matmul", "dot"}
WAITING = {"bincount", "flatnonzero", "nonzero"}  # CuPy waits for the size of the result
IN_PLACE = {f"__i{operator}__" for operator in OPERATORS.split()} | {"fill", "__setitem__"}


class FenceError(TypeError):
    """Host and device arrays are mixed."""


class Pointer:
    """Address of an array in device memory."""

    def __init__(self, array):
        self.ptr = array.ctypes.data


class FenceArray:
    """Device array of the fence backend."""

    __array_ufunc__ = None  # NumPy's operators give way to this class's

    def __init__(self, hidden):
        self._hidden = np.asarray(hidden)
        self._owner = device.MEMORY.claim(self._hidden)

    @property
    def __cuda_array_interface__(self):
        return {"shape": self.shape, "version": 3}

    shape = property(lambda self: self._hidden.shape)
    ndim = property(lambda self: self._hidden.ndim)
    size = property(lambda self: self._hidden.size)
    nbytes = property(lambda self: self._hidden.nbytes)
    itemsize = property(lambda self: self._hidden.itemsize)
    dtype = property(lambda self: self._hidden.dtype)
    flags = property(lambda self: self._hidden.flags)
    strides = property(lambda self: self._hidden.strides)
    T = property(lambda self: FenceArray(self._hidden.T))
    data = property(lambda self: Pointer(self._hidden))

    def __len__(self):
        return len(self._hidden)

    def __iter__(self):
        raise FenceError("iterating over a device array copies it to the host piece by piece")

    def item(self):
        """Return the value as a Python number; explicit, as in CuPy."""
        return self.get().item()

    def get(self, *, out=None):
        """Return a host copy; explicit, as in CuPy."""
        device.synchronisation("copy to host")
        device.copy_to_host(self.nbytes)
        if out is None:
            return self._hidden.copy()
        out[...] = self._hidden
        return out

    def set(self, host, stream=None):
        """Copy from the host, on a stream as late as it allows."""
        if isinstance(host, FenceArray) or host.shape != self.shape or host.dtype != self.dtype:
            raise FenceError("`set` takes a host array of the same shape and type")
        device.copy_to_device(self.nbytes)

        def copy():
            self._hidden[...] = host

        stream.give(copy) if stream else copy()

    def _refuse(self, *args, **kwargs):
        raise FenceError("a device array must not become a host value unasked")

    __array__ = __array_function__ = __float__ = __int__ = __bool__ = __index__ = _refuse


def inside(value):
    """Return the value of an operand allowed on the device: a device array or a Python number."""
    if isinstance(value, FenceArray):
        return value._hidden
    if isinstance(value, np.ndarray):
        raise FenceError("a host array among device arrays")
    if isinstance(value, list | tuple):
        return type(value)(map(inside, value))
    return value


def outside(result):
    return FenceArray(result) if isinstance(result, np.ndarray | np.generic) else result


def _computed(name, compute, args, kwargs):
    """Compute with hidden arrays and count what the device would have to do."""
    given, named = inside(args), {key: inside(value) for key, value in kwargs.items()}
    found = compute(*given, **named)
    arrays = [arg for arg in (*given, *named.values()) if isinstance(arg, np.ndarray)]
    results = [np.asarray(found)] if isinstance(found, np.ndarray | np.generic) else []
    if name.strip("_").removeprefix("i").removeprefix("r") in PRODUCTS:
        device.product(arrays[0], results[0])
    elif name in IN_PLACE or "out" in kwargs or not _is_view(results, arrays):
        device.operation(name.strip("_"))
    if name in WAITING or any(array.dtype == bool for array in _keys(name, given)):
        device.synchronisation(name.strip("_"))
    return tuple(map(outside, found)) if isinstance(found, tuple) else outside(found)


def _is_view(results, arrays):
    owners = {id(device.owner_of(array)) for array in arrays}
    return bool(results) and all(id(device.owner_of(array)) in owners for array in results)


def _keys(name, given):
    """Return the arrays of indices of an element access."""
    if name not in ("__getitem__", "__setitem__"):
        return []
    key = given[1] if isinstance(given[1], tuple) else (given[1],)
    return [part for part in key if isinstance(part, np.ndarray)]


def _method(name):
    def method(self, *args, **kwargs):
        return _computed(name, getattr(np.ndarray, name), (self, *args), kwargs)

    return method


def _function(name):
    def function(*args, **kwargs):
        return _computed(name, attrgetter(name)(np), args, kwargs)

    return function


def empty(shape, dtype=np.float64):
    """Allocate an array of NaN, or of -1: whoever reads it before it is written will notice."""
    array = np.empty(shape, dtype)
    array.view(np.uint8).fill(255) if array.ndim else array.fill(-1)
    return FenceArray(array)


for operator in OPERATORS.split():
    for prefix in ("", "r", "i"):
        name = f"__{prefix}{operator}__"
        if hasattr(np.ndarray, name):
            setattr(FenceArray, name, _method(name))
for operator in [*UNARY.split(), "getitem", "setitem"]:
    setattr(FenceArray, f"__{operator}__", _method(f"__{operator}__"))
FenceArray.__hash__ = None
for method in METHODS.split():
    setattr(FenceArray, method, _method(method))


def asnumpy(array):
    return array.get() if isinstance(array, FenceArray) else np.asarray(array)


def asarray(array, dtype=None):
    """Return a device array; a host array is copied."""
    if isinstance(array, FenceArray):
        return array if dtype is None else array.astype(dtype, copy=False)
    copied = np.array(array, dtype)
    device.copy_to_device(copied.nbytes)
    return FenceArray(copied)


xp = SimpleNamespace(
    **{name: _function(name) for name in FUNCTIONS.split()},
    **{name: getattr(np, name) for name in TYPES.split()},
    asarray=asarray,
    asnumpy=asnumpy,
    empty=empty,
    fft=SimpleNamespace(rfft=_function("fft.rfft")),
    lib=SimpleNamespace(
        stride_tricks=SimpleNamespace(as_strided=_function("lib.stride_tricks.as_strided"))
    ),
    __name__="fence",
    __version__="1",
    inf=np.inf,
    ndarray=FenceArray,
    newaxis=None,
)


def _fit_pair(X, second, options):
    weight = options.sample_weight
    options = options._replace(sample_weight=None if weight is None else inside(weight))
    fit = cpu("the fence's library").fit_pair(inside(X), inside(second), options)
    return PairFit(FenceArray(fit.support), FenceArray(fit.coef), fit.intercept, fit.converged)


def _fit_linear(X, y, C, weights, sample_weight=None):
    weight = None if sample_weight is None else inside(sample_weight)
    fit = cpu("the fence's library").fit_linear(inside(X), inside(y), C, weights, weight)
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
    to_host=asnumpy,
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
    onnx_providers=(("CPUExecutionProvider", {}),),
    onnx_batch=3,
    exclusive=nullcontext,
    free_memory=lambda: 2**30,
    synchronize=lambda: None,
    activate=lambda: None,
)
