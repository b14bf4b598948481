"""Emulation of CUDA kernels on the CPU: the same source, threads as coroutines with barriers.

This is not a GPU: it shows that the source computes what it should and that its threads wait where
they must, not that a device runs it or how fast.
"""

import ctypes
import functools
import hashlib
import platform
import re
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

import pytest

SHIM = Path(__file__).with_name("emulated.hpp")
KINDS = {
    "int": ctypes.c_int,
    "unsigned": ctypes.c_uint,
    "long long": ctypes.c_longlong,
    "float": ctypes.c_float,
}


def signature(source, kernel):
    """Return the C types of the parameters of a kernel, parsed from its source."""
    text = re.sub(r"//.*", "", source)
    listed = re.search(rf"\b{kernel}\(\s*([^)]*)\)", text).group(1)
    return [re.sub(r"\s*\w+$", "", " ".join(part.split())) for part in listed.split(",")]


def emulated(name, kernel, folder, macros=()):
    """Compile one kernel of a file in `gpuclf.backend`."""
    return emulated_source((files("gpuclf.backend") / name).read_text(), kernel, folder, macros)


@functools.cache
def emulated_source(source, kernel, folder, macros=()):
    """Compile one kernel of a source text, once for all sessions.

    Returns ``launch(grid, block, *arguments)``, whose arguments are NumPy arrays (or None) for
    pointers, and numbers.
    """
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no g++ to compile the emulated kernel")
    types = signature(source, kernel)
    # Memory that a launch gives is the shim's array, and structures of this file come first.
    source = source.replace("extern __shared__", "extern")
    declared = "".join(f"static {kind} a{i};\n" for i, kind in enumerate(types))
    parameters = ", ".join(f"{kind} b{i}" for i, kind in enumerate(types))
    given = "".join(f"a{i} = b{i}; " for i in range(len(types)))
    names = ", ".join(f"a{i}" for i in range(len(types)))
    program = "\n".join(
        [
            *(f"#define {macro} {value}" for macro, value in macros),
            f'#include "{SHIM}"',
            source,
            declared,
            f'extern "C" void launch(unsigned grid, unsigned block, {parameters})',
            f"{{ {given} emulate(grid, block, [] {{ {kernel}({names}); }}); }}",
        ]
    )
    function = ctypes.CDLL(str(compiled(program, compiler, folder))).launch

    def launch(grid, block, *arguments):
        function(ctypes.c_uint(grid), ctypes.c_uint(block), *map(as_c, types, arguments))

    return launch


def compiled(program, compiler, folder):
    """Return the path of the library of a program; compile it if it does not exist."""
    command = [compiler, "-std=c++20", "-O1", "-ffp-contract=off", "-shared", "-fPIC"]
    parts = [*command, platform.machine(), program, SHIM.read_text()]
    library = folder / f"{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}.so"
    if not library.exists():
        with tempfile.TemporaryDirectory(dir=folder) as own:  # others may compile it as well
            path, draft = Path(own, "kernel.cpp"), Path(own, "kernel.so")
            path.write_text(program)
            subprocess.run([*command, "-o", draft, path], check=True)
            draft.replace(library)
    return library


def as_c(kind, value):
    if kind.endswith("*"):
        assert value is None or value.flags.c_contiguous
        return ctypes.c_void_p(None if value is None else value.ctypes.data)
    return KINDS[kind](value)
