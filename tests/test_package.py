"""The package as a whole: public names, imports, and the layout of the tests."""

import subprocess
import sys
import tomllib
from pathlib import Path

import gpuclf
import grimp

ROOT = Path(__file__).parents[1]
HEAVY = (
    *("numpy", "cupy", "cuml", "sklearn", "h5py", "numba", "matplotlib", "librosa", "onnxruntime"),
    *("pyarrow", "zarr"),
)
WITHOUT_A_FILE = {
    # test a whole folder of the package
    "backend/test_backend.py",
    "backend/test_compiled.py",
    "backend/test_gpu_cost.py",
    "cli/test_commands.py",
    "cli/test_embeddings.py",
    "cli/test_presets.py",
    "cli/test_probabilities.py",
    "cli/test_reports.py",
    "features/test_portability.py",
    "report/test_pages.py",
    "validation/test_leakage.py",
    # test the whole package
    "test_docker.py",
    "test_notebooks.py",
    "test_package.py",
    "test_project.py",
    "test_readme.py",
    "test_resume.py",
    # test the tools of the tests
    "test_emulated.py",
    "test_fence.py",
    "test_reference.py",
}


def test_every_public_name_exists_and_is_documented():
    assert dir(gpuclf) == gpuclf.__all__
    for name in gpuclf.__all__:
        assert getattr(gpuclf, name).__doc__, name


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert gpuclf.__version__ == project["version"]


def test_import_loads_no_heavy_library():
    code = f"import sys, gpuclf; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_there_are_no_import_cycles():
    """Imports inside functions and for types are included."""
    graph = grimp.build_graph("gpuclf", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert {"gpuclf.errors", "gpuclf.cli.evaluate"} <= imports.keys()
    assert cycles(imports) == []


def cycles(imports):
    """Return the strongly connected components of two or more modules, each as a sorted list."""
    reached = {name: reachable(name, imports) for name in imports}
    groups = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in imports
        if name in reached[name]
    }
    return [list(group) for group in sorted(groups)]


def reachable(start, imports):
    """Return the modules that a module imports directly or indirectly."""
    reached, waiting = set(), [start]
    while waiting:
        fresh = imports[waiting.pop()] - reached
        reached |= fresh
        waiting += fresh
    return reached


def test_cycles_of_two_and_more_modules_are_detected():
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert cycles(imports) == [["a", "b", "c"], ["d", "e"]]
    assert cycles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_tests_mirror_the_package():
    """``tests/<path>/test_x.py`` tests ``gpuclf/<path>/x.py``."""
    tests = {path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    tests = {path for path in tests if path.parts[0] != "benchmarks"}
    tested = {path: path.with_name(path.name.removeprefix("test_")) for path in tests}
    apart = {path for path, file in tested.items() if not (ROOT / "gpuclf" / file).exists()}
    assert {path.as_posix() for path in apart} == WITHOUT_A_FILE
