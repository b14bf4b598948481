"""The images cannot be built here; what they name must exist in the project."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_gpu_image_installs_an_extra_of_its_own_cuda():
    text = (ROOT / "docker/Dockerfile").read_text()
    for cuda, extra in re.findall(r"CUDA=(\d+)\S*(?:.|\n)*?EXTRA=(\w+)", text):
        assert extra == f"cu{cuda}" and extra in PROJECT["optional-dependencies"]


def test_the_cpu_images_python_is_new_enough():
    text = (ROOT / "docker/Dockerfile.cpu").read_text()
    version = re.search(r"FROM python:(\d+)\.(\d+)-slim", text)
    least = re.search(r">=(\d+)\.(\d+)", PROJECT["requires-python"])
    assert tuple(map(int, version.groups())) >= tuple(map(int, least.groups()))


def test_every_copied_path_exists():
    for name in ("Dockerfile", "Dockerfile.cpu"):
        for line in re.findall(r"^COPY (.*)", (ROOT / "docker" / name).read_text(), re.M):
            assert all((ROOT / source).exists() for source in line.split()[:-1]), line
