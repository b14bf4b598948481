"""Choice of the solver.

shared
    All folds, pairs of classes and values of C or nu with one kernel matrix.
library
    scikit-learn or cuML, one fit at a time.
auto
    ``shared`` for C-SVC and nu-SVC if there is enough free memory, else ``library``, with the
    reason logged.
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
    choice: str, spec: SvmSpec, vectors: int, backend: Backend, *, log_choice: bool = True
) -> str:
    """Return the solver to use.

    Parameters
    ----------
    choice : {"auto", "shared", "library"}
        Requested solver.
    spec : SvmSpec
        Hyper-parameters of the SVM.
    vectors : int
        Number of vectors of all clips.
    backend : Backend
        Backend that computes.
    log_choice : bool
        Whether to log the choice.

    Returns
    -------
    {"shared", "library"}
        Solver to use.

    Raises
    ------
    InputError
        If the requested solver is unknown, does not support the SVM, or needs more memory than is
        free.

    Examples
    --------
    >>> from gpuclf.backend import resolve
    >>> choose_solver("auto", SvmSpec(svm_type="linear"), 1000, resolve("cpu"))
    'library'
    """
    if choice not in SOLVERS:
        raise InputError("solver", got=repr(choice), expected=one_of(SOLVERS))
    planned = backend.solver_memory(vectors)
    free = backend.free_memory()
    plan = f"{size_text(planned)} for the kernel matrix of {vectors} vectors"
    reason = ""
    if spec.svm_type == "linear":
        reason = "LinearSVC has no kernel"
    elif planned > free:
        reason = f"{plan} exceed the {size_text(free)} of free memory"
    if choice == "shared" and spec.svm_type == "linear":
        raise InputError("solver", got="'shared' for a LinearSVC", expected="auto or library")
    if choice == "shared" and reason:
        expected = f"at most the {size_text(free)} of free memory, or the solver library"
        raise InputError("solver shared", got=plan, expected=expected)
    if choice == "library" or reason:
        spec.check_backend(backend)
        if choice == "auto" and log_choice:
            log.info("solver library: %s", reason)
        return "library"
    if log_choice:
        log.info("solver shared: %s (%s free)", plan, size_text(free))
    return "shared"
