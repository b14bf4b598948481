"""The emulator of CUDA kernels finds accesses to memory that are wrong on a GPU."""

import subprocess

import numpy as np
import pytest

from emulated import KernelError, emulated_source, unwritten

N = 64  # elements of the arrays x, y and threads of the block


def run(kernels, body, *, grid=1, shared=0, x=None):
    """Run a kernel of one line; return the array x, zeros on entry."""
    source = (
        'extern "C" __global__ void kernel(float* x, const float* y, long long n) {\n'
        "const int i = threadIdx.x; extern __shared__ float memory[];\n"
        f"{body}\n}}"
    )
    x, y = np.zeros(N, np.float32) if x is None else x, np.arange(N, dtype=np.float32)
    launch = emulated_source(source, "kernel", kernels)
    launch(grid, N, x, y, N, shared=shared)
    return x


FILLED = "memory[i] = y[i]; __syncthreads();"
MISSING_BARRIER = "without a barrier"
FAULTS = {
    "write by one beyond an array": ("x[i + 1] = 1;", "write outside"),
    "read before an array": ("x[i] = y[i - 1];", "read outside"),
    "null pointer": ("float* none = n > 0 ? nullptr : x; none[i] = 1;", "write outside"),
    "beyond dynamic shared memory": ("memory[i + 1] = 1;", "write outside"),
    "beyond static shared memory": ("__shared__ float s[N]; s[i + n / 64] = 1;", "index outside"),
    "beyond a local array": ("float v[4]; v[i & 3] = 1; x[i] = v[n];", "index outside"),
    "memory of another thread": (
        "__shared__ float* p; float v = 1; if (i == 0) p = &v; __syncthreads();"
        "x[i] = v; if (i == 1) *p = 2;",
        "write outside",
    ),
    "misaligned": ("((float*)((char*)x + 2))[0] = i;", "misaligned"),
    "overflow of an index": ("const int m = n * 9999; x[i] = m * m;", "integer overflow"),
    "shift": ("x[i] = 1 << (int)n;", "shift"),
    "division by zero": ("x[i] = i / (int)(n - N);", "division by zero"),
    "unwritten dynamic shared memory": ("x[i] = memory[i];", "unwritten"),
    "unwritten static shared memory": (
        "__shared__ double s[N]; if (i) s[i] = 1; __syncthreads(); x[i] = s[i];",
        "unwritten",
    ),
    "unwritten struct": (
        "struct Many { float v[9]; }; __shared__ Many s; const Many own = s; x[i] = own.v[n / 9];",
        "unwritten",
    ),
    "unwritten local array": (
        "float v[2]; if (y[i] > 3) v[i & 1] = 1; x[i] = v[1]; __syncthreads(); x[i] += 1;",
        "unwritten",
    ),
    "read after write": (f"{FILLED} memory[i] = 1; x[i] = memory[i ^ 32];", MISSING_BARRIER),
    "read after write in a warp": (
        f"{FILLED} memory[i] = 1; x[i] = memory[i ^ 1];",
        MISSING_BARRIER,
    ),
    "shuffles do not order accesses": (
        f"{FILLED} memory[i] = 1; __shfl_sync(~0u, 1, 0); x[i] = memory[i ^ 1];",
        MISSING_BARRIER,
    ),
    "barrier of a warp only": (
        f"{FILLED} memory[i] = 1; __syncwarp(); x[i] = memory[i ^ 32];",
        MISSING_BARRIER,
    ),
    "write after read": (f"{FILLED} x[i] = memory[i ^ 32]; memory[i] = 0;", MISSING_BARRIER),
    "two writes": ("memory[i / 2] = y[i];", MISSING_BARRIER),
    "two writes to an array": ("x[i / 2] = y[i];", MISSING_BARRIER),
    "different barriers": ("if (i < 9) __syncthreads(); else __syncwarp();", "different barriers"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found(kernels, fault):
    body, message = FAULTS[fault]
    with pytest.raises(KernelError, match=message):
        run(kernels, body.replace("N", str(N)), shared=4 * N)


SOUND = {
    "dynamic shared memory": "memory[i] = y[i]; __syncthreads(); x[i] = memory[i ^ 33];",
    "static shared memory": "__shared__ float s[64]; s[i] = y[i]; __syncthreads();"
    "x[i] = s[i ^ 33];",
    "barrier of a warp": f"{FILLED} memory[i] = memory[i] + 1; __syncwarp();"
    "x[i] = memory[i ^ 1]; __syncwarp(); memory[i] = 0; x[i] = y[i ^ 33];",
    "shuffle": "x[i] = __shfl_xor_sync(~0u, y[(i + 32) % 64], 1);",
}


@pytest.mark.parametrize("body", SOUND)
def test_sound_kernel_has_no_fault(kernels, body):
    expected = np.arange(N, dtype=np.float32)[np.arange(N) ^ 33]
    np.testing.assert_array_equal(run(kernels, SOUND[body], shared=4 * N), expected)


@pytest.mark.parametrize(
    "body",
    [
        "x[i] = 1;",
        "if (blockIdx.x) x[i] = 1; else x[i] += 1;",
        "if (i == 0 && !blockIdx.x) x[0] = 1; else if (x[0] > 2) x[i] = 1;",
    ],
)
def test_blocks_that_access_what_another_writes_are_found(kernels, body):
    with pytest.raises(KernelError, match=MISSING_BARRIER):
        run(kernels, body, grid=2)


def test_blocks_may_read_the_same_and_write_different_elements(kernels):
    body = "if (i / 32 == blockIdx.x) x[i] = y[i] + y[63 - i];"
    np.testing.assert_array_equal(run(kernels, body, grid=2), N - 1)


def test_shared_memory_is_unwritten_in_each_block(kernels):
    with pytest.raises(KernelError, match=r"block 1, .* unwritten"):
        run(kernels, "if (blockIdx.x == 0) memory[i] = 1; memory[i] += 1;", grid=2, shared=4 * N)


def test_unwritten_array_is_found(kernels):
    with pytest.raises(KernelError, match="unwritten"):
        run(kernels, "x[i] += y[i];", x=unwritten(N, np.float32))


def test_uninitialised_variable_does_not_compile(kernels, capfd):
    with pytest.raises(subprocess.CalledProcessError):
        run(kernels, "float v; x[i] = v * y[i];")
    assert "uninitialized" in capfd.readouterr().err


def test_fault_names_the_line(kernels):
    with pytest.raises(KernelError, match="kernel: line 4: block 0, thread"):
        run(kernels, "\nx[i + 64] = 1;")
