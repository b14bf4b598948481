"""Which packages of the GPU backend are there."""

import sys
import types

import pytest
from gpuclf.backend import gpu_parts

KVIKIO = "needed for reading uncompressed files directly into GPU memory"
CUML = "needed for --solver library and --svm-type linear on the GPU"


def test_missing_packages_are_not_installed(find_spec):
    find_spec(cupy=False, cuml=False, kvikio=False)
    assert gpu_parts.import_parts() == {
        "CuPy": "not installed; needed for the GPU backend",
        "cuML": f"not installed; {CUML}",
        "kvikio": f"not installed; {KVIKIO}",
    }


def test_packages_that_import_are_importable(find_spec, fake_cupy, monkeypatch):
    find_spec(cupy=True, cuml=True, kvikio=True)
    fake_cupy()
    monkeypatch.setitem(sys.modules, "cuml.svm", types.ModuleType("cuml.svm"))
    monkeypatch.setitem(sys.modules, "kvikio", types.ModuleType("kvikio"))
    assert {text.partition(";")[0] for text in gpu_parts.import_parts().values()} == {"importable"}


@pytest.mark.parametrize("error", [ImportError, OSError, RuntimeError])
def test_a_broken_package_is_reported_in_one_line(find_spec, fake_cupy, monkeypatch, error):
    find_spec(cupy=True, cuml=True, kvikio=True)
    cupy = fake_cupy()

    def fail(name):
        if name == "cupy":
            return cupy
        cupy.allocator = "RMM's"
        raise error(f"{name}: libcudart.so.13 is missing\nand more")

    monkeypatch.setattr(gpu_parts, "import_module", fail)
    assert gpu_parts.import_parts() == {
        "CuPy": "importable; needed for the GPU backend",
        "cuML": f"cannot be imported (cuml.svm: libcudart.so.13 is missing); {CUML}",
        "kvikio": f"cannot be imported (kvikio: libcudart.so.13 is missing); {KVIKIO}",
    }


def test_importing_cuml_keeps_the_allocator_of_cupy(find_spec, fake_cupy, monkeypatch):
    cupy = fake_cupy()
    cupy.allocator = "the user's"

    def load(name):
        if name == "cuml.svm":
            cupy.allocator = "RMM's"
        return cupy

    monkeypatch.setattr(gpu_parts, "import_module", load)
    gpu_parts.import_cuml()
    assert cupy.allocator == "the user's"


def test_a_broken_cuml_keeps_the_allocator_of_cupy(find_spec, fake_cupy, monkeypatch):
    cupy = fake_cupy()

    def fail(name):
        if name == "cupy":
            return cupy
        cupy.allocator = "RMM's"
        raise ImportError

    monkeypatch.setattr(gpu_parts, "import_module", fail)
    with pytest.raises(ImportError):
        gpu_parts.import_cuml()
    assert cupy.allocator == "the pool's"
