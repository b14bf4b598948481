"""The images are not built here: what they name must exist in the project."""

import fnmatch
import json
import re
import tomllib
from pathlib import Path, PurePosixPath

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPOSE = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())
GPU, CPU = "docker/Dockerfile", "docker/Dockerfile.cpu"

each_image = pytest.mark.parametrize("dockerfile", [GPU, CPU])
each_service = pytest.mark.parametrize(("service", "dockerfile"), [("gpu", GPU), ("cpu", CPU)])


def instructions(dockerfile):
    """Pairs of a word and what follows it, continued lines joined."""
    text = (ROOT / dockerfile).read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def after(word, dockerfile):
    return [rest for name, rest in instructions(dockerfile) if name == word]


def extras(dockerfile):
    (named,) = re.findall(r"/src\[(.*?)\]", " ".join(after("RUN", dockerfile)))
    return named.split(",")


def let_in(path):
    """Whether a build sees a path: the last line of .dockerignore that matches it decides."""
    inside = True
    names = [path, *map(str, PurePosixPath(path).parents)]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if any(fnmatch.fnmatchcase(name, line.removeprefix("!")) for name in names):
            inside = line.startswith("!")
    return inside


def test_one_argument_chooses_the_cuda_of_the_gpu_image():
    assert after("ARG", GPU) == ["CUDA=13", "CUDA"]
    *_, chosen = after("FROM", GPU)
    assert chosen == "cuda${CUDA}"
    assert "cu${CUDA}" in extras(GPU)


def test_each_cuda_has_an_image_of_nvidias_and_an_extra_of_the_project():
    *bases, _ = after("FROM", GPU)
    for base, cuda in zip(bases, ["12", "13"], strict=True):
        assert re.fullmatch(rf"nvidia/cuda:{cuda}\.\d+\.\d+-base-ubuntu\S+ AS cuda{cuda}", base)
        assert f"cu{cuda}" in PROJECT["optional-dependencies"]


@each_image
def test_guided_search_figures_and_recordings_work(dockerfile):
    for extra in ("optuna", "plot", "audio"):
        assert extra in extras(dockerfile)
        assert extra in PROJECT["optional-dependencies"]


def test_the_cpu_images_python_is_new_enough():
    (base,) = after("FROM", CPU)
    version = re.fullmatch(r"python:(\d+)\.(\d+)-slim", base)
    least = re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["requires-python"])
    assert tuple(map(int, version.groups())) >= tuple(map(int, least.groups()))


@each_image
def test_every_copied_path_exists_and_is_let_in(dockerfile):
    for line in after("COPY", dockerfile):
        *paths, _ = line.split()
        for path in paths:
            assert (ROOT / path).exists()
            assert let_in(path)


@pytest.mark.parametrize(
    "path", [".git/config", ".venv/bin/python", "features.hdf5", "tests/conftest.py", "uv.lock"]
)
def test_nothing_else_is_let_in(path):
    assert not let_in(path)


def test_of_the_package_only_what_python_compiled_is_left_out():
    assert let_in("gpuclf/svm/kernel.py")
    assert not let_in("gpuclf/__pycache__/cache.cpython-313.pyc")
    assert not let_in("gpuclf/svm/__pycache__/kernel.cpython-313.pyc")


@each_image
def test_a_change_of_the_code_downloads_no_dependency_again(dockerfile):
    """Its layer is built of pyproject.toml alone; what is copied later needs no download."""
    steps = [" ".join(step) for step in instructions(dockerfile)]
    (dependencies,) = [i for i, step in enumerate(steps) if "/src[" in step]
    before = [step for step in steps[:dependencies] if step.startswith(("COPY", "ADD"))]
    assert before == ["COPY pyproject.toml /src/"]
    installed = [step for step in steps[dependencies + 1 :] if "pip install" in step]
    assert installed == ["RUN pip install --no-cache-dir --no-deps /src"]
    assert dependencies < steps.index("COPY gpuclf /src/gpuclf") < steps.index(installed[0])


@each_image
def test_no_package_list_and_no_download_stays_in_the_image(dockerfile):
    for run in after("RUN", dockerfile):
        assert run.count("pip install") == run.count("pip install --no-cache-dir")
        assert ("apt-get update" in run) == ("rm -rf /var/lib/apt/lists/*" in run)


@each_image
def test_the_image_is_the_projects_command(dockerfile):
    (entry,) = after("ENTRYPOINT", dockerfile)
    (command,) = json.loads(entry)
    assert command in PROJECT["scripts"]


@each_image
def test_its_user_is_not_root_and_whoever_runs_it_can_write_at_home(dockerfile):
    assert after("USER", dockerfile) == ["1000:1000"]
    assert "HOME=/cache" in after("ENV", dockerfile)
    assert 'mkdir -m 1777 "$HOME"' in after("RUN", dockerfile)


def test_there_is_a_service_for_the_gpu_and_one_for_the_cpu():
    assert list(COMPOSE["services"]) == ["gpu", "cpu"]
    (device,) = COMPOSE["services"]["gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert "deploy" not in COMPOSE["services"]["cpu"]


@each_service
def test_a_service_is_built_from_the_checkout(service, dockerfile):
    build = COMPOSE["services"][service]["build"]
    assert (ROOT / "docker" / build["context"]).samefile(ROOT)
    assert build["dockerfile"] == dockerfile


@each_service
def test_a_service_works_in_the_callers_folder_as_the_caller(service, dockerfile):
    (folder,) = after("WORKDIR", dockerfile)
    assert f"${{PWD:-..}}:{folder}" in COMPOSE["services"][service]["volumes"]
    assert COMPOSE["services"][service]["user"] == "${UID:-1000}:${GID:-1000}"


@each_service
def test_what_a_service_keeps_outlives_it_for_its_user_alone(service, dockerfile):
    assert "HOME=/cache" in after("ENV", dockerfile)
    assert "cache:/cache" in COMPOSE["services"][service]["volumes"]
    assert COMPOSE["volumes"]["cache"]["name"] == "gpuclf-cache-${UID:-1000}"
