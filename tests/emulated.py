"""CUDA kernels run on the CPU: the same source, a block's threads as real threads with a barrier.

This is not a GPU: it shows that the source computes what it should and that its threads wait where
they must, not that a device runs it or how fast.
"""

import ctypes
import hashlib
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

SHIM = Path(__file__).with_name("emulated.hpp")
DRIVER = """
#include "{shim}"
#include "{source}"
extern "C" void launch(unsigned grid, unsigned block, {declared}) {{
    emulate(grid, block, [&] {{ {kernel}({names}); }});
}}
"""


def emulated(source, kernel, signature, folder):
    """Compile one kernel of a file.

    `signature` gives the C types of its arguments. Returns ``launch(grid, block, *arguments)``,
    whose arguments are NumPy arrays (or None) for pointers, and numbers.
    """
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no g++ to compile the emulated kernel")
    names = [f"a{i}" for i in range(len(signature))]
    declared = ", ".join(f"{kind} {name}" for kind, name in zip(signature, names, strict=True))
    driver = DRIVER.format(
        shim=SHIM, source=source, declared=declared, kernel=kernel, names=", ".join(names)
    )
    name = hashlib.sha256(driver.encode()).hexdigest()[:12]
    program, library = folder / f"{name}.cpp", folder / f"{name}.so"
    program.write_text(driver)
    options = ["-std=c++20", "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-pthread"]
    subprocess.run([compiler, *options, "-o", library, program], check=True)
    function = ctypes.CDLL(str(library)).launch

    def launch(grid, block, *arguments):
        function(ctypes.c_uint(grid), ctypes.c_uint(block), *map(as_c, signature, arguments))

    return launch


def as_c(kind, value):
    if kind.endswith("*"):
        return ctypes.c_void_p(None if value is None else np.ascontiguousarray(value).ctypes.data)
    return {"int": ctypes.c_int, "long long": ctypes.c_longlong, "float": ctypes.c_float}[kind](
        value
    )
