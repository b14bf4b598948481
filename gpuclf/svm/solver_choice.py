"""Which solver fits: the shared one where its kernel matrix fits into memory, else the library's.

``shared``: all folds, pairs of classes and values of C over one kernel matrix. ``library``:
scikit-learn or cuML, one fit at a time. ``auto`` takes ``shared`` for C-SVC and nu-SVC if the
planned memory is free, and says why if it does not.
"""

from __future__ import annotations

import logging

from gpuclf._utils.memory import size_text
from gpuclf.backend import Backend
from gpuclf.errors import InputError, one_of
from gpuclf.svm.spec import SvmSpec

SOLVERS = ("auto", "shared", "library")

log = logging.getLogger("gpuclf")


def choose_solver(
    choice: str, spec: SvmSpec, vectors: int, backend: Backend, *, tell: bool = True
) -> str:
    """Choose what fits the SVMs.

    Parameters
    ----------
    choice : {"auto", "shared", "library"}
        What was asked for.
    spec : SvmSpec
        Which SVM.
    vectors : int
        How many vectors there are, of all clips.
    backend : Backend
        Where to compute.
    tell : bool
        Whether to log the choice.

    Returns
    -------
    {"shared", "library"}

    Raises
    ------
    InputError
        If what was asked for cannot be done.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> choose_solver("auto", SvmSpec(svm_type="linear"), 1000, resolve("cpu"))
    'library'
    """
    if choice not in SOLVERS:
        raise InputError("solver", got=repr(choice), expected=one_of(SOLVERS))
    planned = backend.solver_memory * 4 * vectors**2
    free = backend.free_memory()
    plan = f"a kernel matrix of {vectors} vectors, {size_text(planned)} with all around it"
    against = ""
    if spec.svm_type == "linear":
        against = "LinearSVC has no kernel"
    elif planned > free:
        against = f"{plan}, has no room in the {size_text(free)} that are free"
    if choice == "shared" and spec.svm_type == "linear":
        raise InputError("solver", got="'shared' for a LinearSVC", expected="auto or library")
    if choice == "shared" and against:
        raise InputError(
            "solver shared", got=plan, expected=f"at most {size_text(free)}, or library"
        )
    if choice == "library" or against:
        spec.check_backend(backend)
        if choice == "auto" and tell:
            log.info("solver library: %s", against)
        return "library"
    if tell:
        log.info("solver shared: %s, of %s free", plan, size_text(free))
    return "shared"
