"""Container files: what they name exists in the project. The images are not built here."""

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
DIGEST = r"@sha256:[0-9a-f]{64}"

each_image = pytest.mark.parametrize("dockerfile", [GPU, CPU])
each_service = pytest.mark.parametrize(
    ("service", "dockerfile"), [("gpu", GPU), ("cpu", CPU), ("notebook", GPU)]
)


def instructions(dockerfile):
    """Return the instructions as pairs of a word and its arguments, continued lines joined."""
    text = (ROOT / dockerfile).read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def arguments(word, dockerfile):
    return [rest for name, rest in instructions(dockerfile) if name == word]


def stages(dockerfile):
    """Return the base of each stage by its name."""
    return dict(
        reversed(line.split(" AS ")) if " AS " in line else (line, line)
        for line in arguments("FROM", dockerfile)
    )


def syncs(dockerfile):
    """Return the commands that install packages from the lock file."""
    return re.findall(r"uv sync [^&\n]*", "\n".join(arguments("RUN", dockerfile)))


def in_build_context(path):
    """Return True if a build sees a path: the last matching line of .dockerignore decides."""
    inside = True
    names = [path, *map(str, PurePosixPath(path).parents)]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if any(fnmatch.fnmatchcase(name, line.removeprefix("!")) for name in names):
            inside = line.startswith("!")
    return inside


def test_a_build_argument_selects_the_cuda_version():
    assert arguments("ARG", GPU)[0] == "CUDA=13"
    assert stages(GPU)["python"] == "cuda${CUDA}"
    assert all('--extra "cu${CUDA}"' in sync for sync in syncs(GPU))


@pytest.mark.parametrize("cuda", ["12", "13"])
def test_each_cuda_version_has_a_base_image_and_an_extra(cuda):
    base = stages(GPU)[f"cuda{cuda}"]
    assert re.fullmatch(rf"nvidia/cuda:{cuda}\.\d+\.\d+-base-ubuntu24\.04{DIGEST}", base)
    assert f"cu{cuda}" in PROJECT["optional-dependencies"]


def test_the_python_of_the_cpu_image_is_supported():
    version = re.fullmatch(rf"python:(\d+)\.(\d+)-slim{DIGEST}", stages(CPU)["python"])
    least = re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["requires-python"])
    assert tuple(map(int, version.groups())) >= tuple(map(int, least.groups()))


@each_image
def test_every_base_is_pinned_by_digest_or_is_a_stage(dockerfile):
    names = set(stages(dockerfile)) | {"cuda${CUDA}"}
    for base in stages(dockerfile).values():
        assert base in names or re.search(DIGEST + "$", base)


@each_image
def test_packages_come_from_the_lock_file_with_optional_features(dockerfile):
    assert len(syncs(dockerfile)) == 3
    for sync in syncs(dockerfile):
        assert "--frozen --no-dev" in sync
        extras = re.findall(r"--extra (\w+)", sync)
        assert {"optuna", "plot", "audio"} <= set(extras) <= PROJECT["optional-dependencies"].keys()


@each_image
def test_every_copied_path_exists_and_is_in_the_build_context(dockerfile):
    copied = [line for line in arguments("COPY", dockerfile) if "--from" not in line]
    assert copied
    for line in copied:
        *paths, _ = line.split()
        for path in paths:
            assert (ROOT / path).exists()
            assert in_build_context(path)


@pytest.mark.parametrize(
    "path", [".git/config", ".venv/bin/python", "features.hdf5", "tests/conftest.py"]
)
def test_other_files_are_not_in_the_build_context(path):
    assert not in_build_context(path)


def test_compiled_python_files_are_not_in_the_build_context():
    assert in_build_context("gpuclf/svm/kernel.py")
    assert not in_build_context("gpuclf/__pycache__/cache.cpython-313.pyc")
    assert not in_build_context("gpuclf/svm/__pycache__/kernel.cpython-313.pyc")


@each_image
def test_dependencies_are_installed_before_the_code_is_copied(dockerfile):
    """A change of the code installs the package again, and no dependency."""
    steps = [" ".join(step) for step in instructions(dockerfile)]
    dependencies = next(n for n, step in enumerate(steps) if "--no-install-project" in step)
    copied = [step for step in steps[:dependencies] if step.startswith(("COPY", "ADD"))]
    assert copied == ["COPY pyproject.toml uv.lock ./"]
    assert dependencies < steps.index("COPY gpuclf gpuclf")


@each_image
def test_downloads_are_kept_in_cache_mounts_outside_the_image(dockerfile):
    for run in arguments("RUN", dockerfile):
        if "uv" in run or "apt-get" in run:
            assert "--mount=type=cache" in run


@each_image
def test_the_default_image_runs_the_command_of_the_project(dockerfile):
    assert list(stages(dockerfile))[-1] == "gpuclf"
    [command] = json.loads(arguments("ENTRYPOINT", dockerfile)[-1])
    assert command in PROJECT["scripts"]


@each_image
def test_the_notebook_image_runs_jupyterlab(dockerfile):
    assert stages(dockerfile)["notebook"] == "image"
    assert json.loads(arguments("ENTRYPOINT", dockerfile)[0])[:2] == ["jupyter", "lab"]
    assert "--extra notebook" in syncs(dockerfile)[-1]


@each_image
def test_the_user_is_not_root_and_any_user_can_write_to_the_cache(dockerfile):
    assert arguments("USER", dockerfile) == ["1000:1000"]
    assert "HOME=/cache" in arguments("ENV", dockerfile)
    assert 'mkdir -m 1777 "$HOME"' in arguments("RUN", dockerfile)


@each_image
def test_the_labels_name_license_and_version_of_the_project(dockerfile):
    [labels] = arguments("LABEL", dockerfile)
    assert f'licenses="{PROJECT["license"]}"' in labels
    assert f'version="{PROJECT["version"]}"' in labels


def test_the_services_with_a_gpu_reserve_it():
    assert list(COMPOSE["services"]) == ["gpu", "cpu", "notebook"]
    for service in ("gpu", "notebook"):
        [device] = COMPOSE["services"][service]["deploy"]["resources"]["reservations"]["devices"]
        assert device["capabilities"] == ["gpu"]
    assert "deploy" not in COMPOSE["services"]["cpu"]


@each_service
def test_a_service_is_built_from_the_checkout(service, dockerfile):
    build = COMPOSE["services"][service]["build"]
    assert (ROOT / "docker" / build["context"]).samefile(ROOT)
    assert build["dockerfile"] == dockerfile
    assert build.get("target", "gpuclf") in stages(dockerfile)


@each_service
def test_the_tag_of_an_image_names_cuda_and_python(service, dockerfile):
    tag = COMPOSE["services"][service]["image"].removeprefix("gpuclf:").removeprefix("notebook-")
    assert tag == ("cpu-py3.13" if dockerfile == CPU else "cuda${CUDA:-13}-py3.12")


@each_service
def test_a_service_works_in_the_folder_and_as_the_user_of_the_caller(service, dockerfile):
    [folder] = [path for path in arguments("WORKDIR", dockerfile) if path != "/src"]
    assert f"${{PWD:-..}}:{folder}" in COMPOSE["services"][service]["volumes"]
    assert COMPOSE["services"][service]["user"] == "${UID:-1000}:${GID:-1000}"


@each_service
def test_the_cache_of_a_service_is_a_volume_of_its_user(service, dockerfile):
    assert "HOME=/cache" in arguments("ENV", dockerfile)
    assert "cache:/cache" in COMPOSE["services"][service]["volumes"]
    assert COMPOSE["volumes"]["cache"]["name"] == "gpuclf-cache-${UID:-1000}"


def test_jupyterlab_is_reachable_from_this_machine_only():
    assert COMPOSE["services"]["notebook"]["ports"] == ["127.0.0.1:8888:8888"]
