"""Resources of the CUDA kernels, compiled as CuPy does it but without a GPU.

The solver is compiled for sm_90 with 256 threads, each number of vectors per thread, and with the
fewest and the most threads; for other architectures, for the thesis' pairs.
"""

import re
from importlib.resources import files

import pytest
from gpuclf.backend.gpu_launch import Launch
from gpuclf.backend.gpu_smo import MAX_IN_REGISTERS, STATIC_BYTES

from compiled import (
    ARCHITECTURES,
    Report,
    block_sizes,
    blocks_in_registers,
    compile_launch,
    compiler_path,
    launches,
    name_of,
    read_report,
    required_blocks,
    resident_blocks,
    run_compiler,
    warnings,
)

MOST_SPILLED = 256  # bytes per thread, stored and loaded: of nu-SVCs, and beside sm_90
THESIS = 2400  # vectors of a class pair: 2 x 100 clips x 12 windows
SIZES = block_sizes(ARCHITECTURES["sm_90"].max_shared)
SIZES_OF_PAIRS = [n for (threads, _), n in SIZES.items() if threads == 256]  # as the thesis'
SMALLEST, *_, LARGEST = SIZES.values()
BORDERS = [
    n for (threads, per), n in SIZES.items() if threads in (32, 1024) and per == MAX_IN_REGISTERS
]
COMPILED = [
    ("CUDA 13", "sm_90", [SMALLEST, *SIZES_OF_PAIRS, *BORDERS, LARGEST]),
    *(
        ("CUDA 12", architecture, [THESIS])
        for architecture in ARCHITECTURES
        if architecture != "sm_90"
    ),
]
CASES = {
    f"{compiler}-{architecture}-{name_of(launch)}": (compiler, architecture, launch)
    for compiler, architecture, sizes in COMPILED
    for vectors in sizes
    for launch in launches(ARCHITECTURES[architecture].max_shared, vectors)
}


def compiler_or_skip(compiler):
    path = compiler_path(compiler)
    if path is None:
        pytest.skip(f"the NVRTC of {compiler} is not installed")
    return path


@pytest.mark.parametrize("case", CASES)
def test_kernel_compiles_without_warnings_and_with_few_spills(case, kernels):
    compiler, architecture, launch = CASES[case]
    compiler_or_skip(compiler)
    log = compile_launch(launch, architecture, compiler, kernels)
    report = read_report(log, launch.kernel)
    assert not warnings(log)
    assert report.registers * launch.threads * required_blocks(launch) <= 65_536
    assert not launch.shared or report.static_shared <= STATIC_BYTES
    allowed = 0 if architecture == "sm_90" and "nu-SVC" not in case else MOST_SPILLED
    assert report.stack <= allowed and report.spilled <= allowed
    assert blocks_in_registers(report, launch) >= required_blocks(launch)
    limits = ARCHITECTURES[architecture]
    if limits.shared >= ARCHITECTURES["sm_90"].shared:  # others hold fewer of the larger problems
        assert resident_blocks(report, launch, limits) >= required_blocks(launch)


def test_every_kernel_of_the_package_is_compiled():
    sources = [
        file.read_text() for file in files("gpuclf.backend").iterdir() if file.suffix == ".cu"
    ]
    kernels = re.findall(r"__global__[^;{]*?(\w+)\(\s*const", "\n".join(sources))
    assert kernels and set(kernels) == {launch.kernel for _, _, launch in CASES.values()}


def test_thesis_pairs_fill_a_multiprocessor_with_1024_threads():
    launch = next(one for one in launches(ARCHITECTURES["sm_90"].max_shared, THESIS) if one.macros)
    assert required_blocks(launch) * launch.threads == 1024


@pytest.mark.parametrize(
    "registers, shared, expected",
    [(32, 0, 8), (64, 0, 4), (65, 0, 3), (64, 56 * 1024, 4), (64, 57 * 1024, 3)],
)
def test_resident_blocks_follow_from_registers_and_shared_memory(registers, shared, expected):
    launch = Launch("a file", "a kernel", (), 1, 256, shared, ())
    report = Report(registers, static_shared=0, stack=0, spilled=0)
    assert resident_blocks(report, launch, ARCHITECTURES["sm_90"]) == expected


FAULTS = {
    "spilled": "for (int i = 0; i < 60; ++i) v[i] = x[i * n]; __syncthreads();"
    "for (int i = 0; i < 60; ++i) x[i * n] = v[i] * v[59 - i];",
    "stack": "for (int i = 0; i < n; ++i) v[i] = x[i];for (int i = 0; i < n; ++i) x[i] = v[i / 2];",
    "static_shared": "__shared__ float s[99]; s[n] = x[n]; __syncthreads(); x[0] = s[0];",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_report_shows(fault):
    source = (
        'extern "C" __global__ void __launch_bounds__(1024, 2) kernel(float* x, int n)'
        f"{{ float v[60]; {FAULTS[fault]} }}"
    )
    log = run_compiler(source, ["-arch=sm_90", "--ptxas-options=-v"], compiler_or_skip("CUDA 13"))
    assert getattr(read_report(log, "kernel"), fault) > 0


def test_warnings_are_found():
    source = 'extern "C" __global__ void kernel(float* x) { int unused = 3; x[0] = 0; }'
    options = ["-arch=sm_90", "--ptxas-options=-v"]
    assert "unused" in warnings(run_compiler(source, options, compiler_or_skip("CUDA 13")))[0]
