"""The files around the package agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SESSIONS = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.M))


def test_citation_has_version_and_license_of_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = PYPROJECT["project"]
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])


def test_changelog_has_a_section_for_unreleased_changes():
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("path", ["CONTRIBUTING.md", ".ci/run", ".github/workflows/ci.yml"])
def test_named_nox_sessions_exist(path):
    text = (ROOT / path).read_text()
    named = re.findall(r"nox (?:-s|--session) ((?:\w+ ?)+)", text)
    named += re.findall(r"^ +session: \[(.*)\]$", text, re.M)
    words = {word for words in named for word in re.findall(r"\w+", words)}
    assert words and words <= SESSIONS


def test_every_ignored_review_check_has_a_reason():
    assert all(PYPROJECT["tool"]["repo-review"]["ignore"].values())


def test_every_dependency_has_a_lower_bound_and_a_comment():
    text = (ROOT / "pyproject.toml").read_text().partition("\ndependencies = ")[2]
    lines = re.findall(
        r'^    "([\w-]+)(\[\w+\])?([<>=~].*?)?",(.*)$', text.partition("\n[tool.")[0], re.M
    )
    assert len(lines) > 40
    for name, _, bound, comment in lines:
        if name != "gpuclf":
            assert bound and comment.strip().startswith("# "), name
