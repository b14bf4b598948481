#!/usr/bin/env -S uv run --script
# /// script
# dependencies = ["nox>=2025.2.9"]
# ///
"""Checks, each in its own environment: ``nox -l`` lists them, ``nox -s lint`` runs one."""

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
CURRENT = f"{sys.version_info.major}.{sys.version_info.minor}"


@nox.session(python=PYTHONS, default=False)
def tests(session: nox.Session) -> None:
    """Run the test suite on each version of Python; arguments after ``--`` go to pytest."""
    session.install(".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=CURRENT)
def lint(session: nox.Session) -> None:
    """Check format, style, layers, spelling and configuration files of the repository."""
    session.install("--group", "lint", "-e", ".")
    session.run("pre-commit", "run", "--all-files", "--show-diff-on-failure", *session.posargs)
    session.run("repo-review", ".")


@nox.session(python=CURRENT)
def types(session: nox.Session) -> None:
    """Check the type hints of the package."""
    session.install("--group", "types", "-e", ".")
    session.run("mypy")


@nox.session(python=CURRENT, default=False)
def coverage(session: nox.Session) -> None:
    """Run the test suite with branch coverage; fail below the floor in pyproject.toml."""
    session.install("-e", ".[test]")
    session.run(
        "python", "-m", "pytest", "--cov", "--cov-report=term:skip-covered", *session.posargs
    )


@nox.session(python=PYTHONS[0], venv_backend="uv", default=False)
def lowest(session: nox.Session) -> None:
    """Run the test suite with the lowest version of each direct dependency."""
    session.install("--resolution", "lowest-direct", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=CURRENT, default=False)
def docs(session: nox.Session) -> None:
    """Build the documentation, with its examples executed, into docs/_build/html."""
    session.install("-e", ".[docs]")
    session.run(
        "python",
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-j",
        "auto",
        "docs",
        "docs/_build/html",
        *session.posargs,
    )


@nox.session(python=CURRENT, default=False)
def notebooks(session: nox.Session) -> None:
    """Execute the notebooks and write their outputs into them."""
    session.install("-e", ".[test]")
    session.run(
        "jupyter", "execute", "--inplace", *map(str, sorted(Path("notebooks").glob("*.ipynb")))
    )


@nox.session(python=CURRENT, default=False)
def benchmarks(session: nox.Session) -> None:
    """Compare the solver with scikit-learn on this machine; arguments after ``--`` go to svm.py."""
    session.install("-e", ".[test]")
    session.run("python", "benchmarks/svm.py", *session.posargs)


if __name__ == "__main__":
    nox.main()
