"""Emulation of CUDA kernels on the CPU: the same source, threads as coroutines with barriers.

This is not a GPU: it shows that the source computes what it should, not that a device runs it or
how fast. Each access to memory is checked, as compute-sanitizer does on a GPU: a kernel reads only
what was written, within its arrays and its shared memory, and two threads that access the same word
have a barrier between them.
"""

import ctypes
import functools
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

HEADER, RUNTIME = (Path(__file__).with_name(f"emulated.{suffix}") for suffix in ("hpp", "cpp"))
COMMAND = ["g++", "-std=c++20", "-g", "-O1", "-ffp-contract=off", "-fPIC", "-fvisibility=hidden"]
CHECKS = [
    "-fsanitize=thread",
    "-fsanitize=bounds,shift,signed-integer-overflow,integer-divide-by-zero",
    *("-ftrivial-auto-var-init=pattern", "-Wuninitialized", "-Wmaybe-uninitialized", "-Werror"),
]
UNWRITTEN = 0xFE  # each byte of memory that was not written
KINDS = {
    "int": ctypes.c_int,
    "unsigned": ctypes.c_uint,
    "long long": ctypes.c_longlong,
    "float": ctypes.c_float,
}


class KernelError(Exception):
    """An access of a kernel to memory that compute-sanitizer would report."""


def signature(source, kernel):
    """Return the C types of the parameters of a kernel, parsed from its source."""
    text = re.sub(r"//.*", "", source)
    listed = re.search(rf"\b{kernel}\(\s*([^)]*)\)", text).group(1)
    return [re.sub(r"\s*\w+$", "", " ".join(part.split())) for part in listed.split(",")]


def emulated(name, kernel, folder, macros=()):
    """Compile one kernel of a file in `gpuclf.backend`; see `emulated_source`."""
    return emulated_source((files("gpuclf.backend") / name).read_text(), kernel, folder, macros)


@functools.cache
def emulated_source(source, kernel, folder, macros=()):
    """Compile one kernel of a source, once for all sessions.

    Returns ``launch(grid, block, *arguments, shared=0, memory=())``, whose arguments are NumPy
    arrays (or None) for pointers, and numbers. ``shared`` is the size of the dynamic shared memory
    in bytes, ``memory`` the ranges of addresses that the kernel may access besides its arguments.
    It raises `KernelError`.
    """
    if shutil.which("g++") is None or sys.platform != "linux":
        pytest.skip("no g++ on Linux to compile the emulated kernel")
    types = signature(source, kernel)
    library = compiled(program(source, kernel, types, macros), folder)
    function = ctypes.CDLL(str(library)).launch
    function.restype = ctypes.c_char_p

    def launch(grid, block, *arguments, shared=0, memory=()):
        own = [byte_range(value) for value in arguments if isinstance(value, np.ndarray)]
        ranges = np.array([*own, *memory], np.uint64).reshape(-1, 2)
        sizes = [ctypes.c_uint(grid), ctypes.c_uint(block), ctypes.c_size_t(shared)]
        table = [ctypes.c_void_p(ranges.ctypes.data), ctypes.c_size_t(len(ranges))]
        fault = function(*sizes, *table, *map(as_c, types, arguments)).decode()
        if fault:
            raise KernelError(f"{kernel}: {with_source_line(fault, library)}")

    return launch


def program(source, kernel, types, macros):
    """Return a C++ program with a kernel and a function that launches it."""
    source = re.sub(
        r"extern __shared__ (\w+) (\w+)\[\];", r"\1* const \2 = (\1*)dynamic_shared();", source
    )
    parameters = ", ".join(f"{kind} b{i}" for i, kind in enumerate(types))
    given = "".join(f"a{i} = b{i}; " for i in range(len(types)))
    names = ", ".join(f"a{i}" for i in range(len(types)))
    return "\n".join(
        [
            *(f"#define {macro} {value}" for macro, value in macros),
            f'#include "{HEADER}"',
            f'#line 1 "{kernel}"',
            source,
            *(f"GIVEN static {kind} a{i};" for i, kind in enumerate(types)),
            'extern "C" __attribute__((visibility("default"))) const char* launch(',
            f"unsigned grid, unsigned size, size_t shared, const Range* m, size_t n, {parameters})",
            f"{{ {given} return emulate(grid, size, shared, m, n, [] {{ {kernel}({names}); }}); }}",
        ]
    )


def compiled(text, folder):
    """Return the path of the library of a program."""
    runtime = built(folder, "runtime.o", RUNTIME.read_text(), [*COMMAND, "-c", "-I", HEADER.parent])
    kernel = built(folder, "kernel.o", text, [*COMMAND, *CHECKS, "-c"])
    return built(folder, "kernel.so", text, [*COMMAND, "-shared", kernel, runtime])


def built(folder, name, text, command):
    """Return the path of what a compiler makes of a text; compile it if it does not exist."""
    parts = [name, text, *map(str, command), platform.machine(), HEADER.read_text()]
    path = folder / f"{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}-{name}"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=folder) as own:  # others may compile it as well
            source, draft = Path(own, "source.cpp"), Path(own, name)
            source.write_text(text)
            subprocess.run(
                [*command, "-o", draft, *([source] if "-c" in command else [])], check=True
            )
            draft.replace(path)
    return path


def with_source_line(fault, library):
    """Return the message of a fault with a line of the source for an address in the code."""

    def line(address):
        command = ["addr2line", "-e", str(library), hex(int(address[1], 16) - 1)]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return "line " + found.split(":")[-1].split()[0]

    return re.sub(r"^\+(0x\w+)", line, fault)


def byte_range(array):
    assert array.flags.c_contiguous
    return array.ctypes.data, array.ctypes.data + array.nbytes


def as_c(kind, value):
    if kind.endswith("*"):
        assert value is None or value.flags.c_contiguous
        return ctypes.c_void_p(None if value is None else value.ctypes.data)
    return KINDS[kind](value)


def unwritten(shape, dtype=float):
    """Return an array, as of `numpy.empty`, that a kernel must not read before it is written."""
    array = np.empty(shape, dtype)
    array.reshape(-1).view(np.uint8)[:] = UNWRITTEN
    return array
