"""Compilation of the CUDA kernels as CuPy does it, without a GPU, and the compiler's report.

    python tests/compiled.py [VECTORS OF A CLASS PAIR ...]

prints, for each launch, registers per thread / spilled bytes per thread / resident blocks per
multiprocessor, as a table in Markdown.
"""

import ctypes
import functools
import hashlib
import importlib.metadata
import itertools
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from unittest import mock

import numpy as np
from gpuclf.backend import Batch, KernelChange, TrainingSet, gpu_smo
from gpuclf.backend.gpu_batch import solve_batch
from gpuclf.backend.gpu_cupy import _module
from gpuclf.backend.gpu_decide import vote_of_pairs
from gpuclf.backend.gpu_launch import THREADS, Launch

from emulated_device import emulated_device

REGISTERS = 65_536  # per multiprocessor, of every architecture below
WARP_REGISTERS = 256  # registers are allocated to a warp in multiples of this number


class Architecture(NamedTuple):
    """Limits per multiprocessor: cuda_occupancy.h and the table "Compute Capabilities" of CUDA."""

    threads: int
    blocks: int
    shared: int  # bytes
    reserved: int  # bytes of shared memory that the system takes per block

    @property
    def max_shared(self):
        """Shared memory per block in bytes, with opt-in."""
        return self.shared - self.reserved


ARCHITECTURES = {
    "sm_70": Architecture(2048, 32, 96 * 1024, 0),
    "sm_80": Architecture(2048, 32, 164 * 1024, 1024),
    "sm_90": Architecture(2048, 32, 228 * 1024, 1024),
    "sm_100": Architecture(2048, 32, 228 * 1024, 1024),
    "sm_120": Architecture(1536, 24, 100 * 1024, 1024),
}
COMPILERS = {"CUDA 12": "nvidia-cuda-nvrtc-cu12", "CUDA 13": "nvidia-cuda-nvrtc"}


class Report(NamedTuple):
    """Resources of one kernel, as the compiler reports them."""

    registers: int  # per thread
    static_shared: int  # bytes per block
    stack: int  # bytes per thread
    spilled: int  # bytes stored and loaded per thread


def block_sizes(max_shared):
    """Return the block sizes of the solver, each with the largest problem that has it."""
    sizes = range(2, 2 + 1024 * (gpu_smo.MAX_IN_REGISTERS + 1))
    return {gpu_smo.block_size(vectors, max_shared): vectors for vectors in sizes}


@functools.cache
def launches(max_shared, vectors):
    """Return the launches for one class pair of a number of vectors, each once."""
    recorded = [Launch("windows.cu", "reduce_windows", (), 1, THREADS, 0, ())]
    xp = SimpleNamespace(**{**vars(np), "empty": np.zeros})  # nothing is computed: all is 0
    device = replace(emulated_device(None), xp=xp, launch=recorded.append, max_shared=max_shared)
    matrix = np.broadcast_to(np.float32(0), (vectors, vectors))
    pairs = [(np.roll(np.arange(vectors), 1), vectors // 2)]
    for nu, gamma, changes in itertools.product((False, True), (0.0, 0.1), (0, 1)):
        kernel = KernelChange(np.arange(changes), np.ones(changes, np.float32), gamma)
        fold = TrainingSet(kernel, np.ones(vectors))
        features = np.zeros((vectors, 1), np.float32)
        batch = Batch(features, pairs, [fold], fold, [0.5], nu, [np.array([0])])
        solve_batch(matrix, batch, device)
    vote_of_pairs(np.zeros((1, 1)), [(0, 1)], 2, device)
    return list({launch[:3]: launch._replace(arguments=()) for launch in recorded}.values())


def required_blocks(launch):
    """Return the number of resident blocks per multiprocessor that a launch asks for."""
    return dict(launch.macros).get("BLOCKS", 1)


def name_of(launch):
    """Return the kernel of a launch and what distinguishes it from others, in words."""
    macros = dict(launch.macros)
    if not macros:
        return launch.kernel
    kind = f"{'nu' if macros['BY_CLASS'] else 'C'}-SVC {'rbf' if macros['RBF'] else 'linear'}"
    return f"{launch.kernel} {macros['THREADS']}x{macros['PER']} {kind}"


def blocks_in_registers(report, launch):
    """Return how many blocks of a launch the registers of one multiprocessor hold."""
    # A quarter of the registers belongs to each of four partitions, whose warps are whole.
    per_warp = -(-32 * report.registers // WARP_REGISTERS) * WARP_REGISTERS
    return 4 * (REGISTERS // 4 // per_warp) // (launch.threads // 32)


def resident_blocks(report, launch, architecture):
    """Return how many blocks of a launch one multiprocessor holds at a time."""
    shared = launch.shared + report.static_shared + architecture.reserved
    return min(
        blocks_in_registers(report, launch),
        architecture.shared // max(shared, 1),
        architecture.threads // launch.threads,
        architecture.blocks,
    )


def compiler_path(name):
    """Return the path of a compiler, or None if its package is not installed."""
    try:
        files = importlib.metadata.files(COMPILERS[name]) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    found = [file for file in files if re.fullmatch(r"libnvrtc\.so\.\d+", file.name)]
    return str(found[0].locate()) if found else None


def cupy_arguments(launch):
    """Return the source and the options that gpuclf passes to CuPy for a launch."""
    cupy = SimpleNamespace(RawModule=lambda code, options: (code, options))
    with mock.patch.dict(sys.modules, cupy=cupy):
        return _module.__wrapped__(launch.file, launch.macros)


def compile_launch(launch, architecture, compiler, folder):
    """Return the messages of the compiler; of an earlier session if it compiled the same source."""
    source, options = cupy_arguments(launch)
    # The options that CuPy adds, then those that make the compiler report.
    options = [
        *options,
        "-ftz=true",
        f"-arch={architecture}",
        "--device-as-default-execution-space",
    ]
    options += ["--ptxas-options=-v"]
    parts = [source, *options, importlib.metadata.version(COMPILERS[compiler])]
    cached = Path(folder, hashlib.sha256(repr(parts).encode()).hexdigest()[:16] + ".log")
    if not cached.exists():
        log = run_compiler(source, options, compiler_path(compiler))
        with tempfile.TemporaryDirectory(dir=folder) as own:  # others may compile it as well
            draft = Path(own, "log")
            draft.write_text(log)
            draft.replace(cached)
    return cached.read_text()


def run_compiler(source, options, path):
    """Compile a source with the NVRTC library at a path; return its messages."""
    nvrtc = ctypes.CDLL(path)
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    create = nvrtc.nvrtcCreateProgram
    assert create(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None) == 0
    listed = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    status = nvrtc.nvrtcCompileProgram(program, len(options), listed)
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    text = log.value.decode()
    assert status == 0, text
    return text


def warnings(log):
    """Return the warnings of the compiler, except that it will drop an old architecture."""
    lines = [line for line in log.splitlines() if re.search(r"\b(warning|error)\b", line)]
    return [line for line in lines if "deprecated" not in line]


def read_report(log, kernel):
    """Return the report of a kernel from the messages of the compiler."""
    own = re.search(rf"Compiling entry function '{kernel}'(.*?Used [^\n]*)", log, re.S).group(1)

    def number(pattern):
        found = re.search(pattern, own)
        return int(found.group(1)) if found else 0

    return Report(
        registers=number(r"Used (\d+) registers"),
        static_shared=number(r"(\d+) bytes smem"),
        stack=number(r"(\d+) bytes stack frame"),
        spilled=number(r"(\d+) bytes spill stores") + number(r"(\d+) bytes spill loads"),
    )


def main(sizes, architectures=("sm_80", "sm_90", "sm_100", "sm_120")):
    """Print the resources of the launches for class pairs of numbers of vectors."""
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, limits in ((name, ARCHITECTURES[name]) for name in architectures):
            for launch in itertools.chain(*(launches(limits.max_shared, n) for n in sizes)):
                report = read_report(compile_launch(launch, name, "CUDA 13", folder), launch.kernel)
                figures = report.registers, report.spilled, resident_blocks(report, launch, limits)
                rows.setdefault(name_of(launch), {})[name] = " / ".join(map(str, figures))
    print("| launch |", *(f"{name} |" for name in architectures))
    print("|---|" + "---|" * len(architectures))
    for name, figures in sorted(rows.items()):
        print(f"| {name} |", *(f"{figures.get(one, '')} |" for one in architectures))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [2_400, 12_000])
