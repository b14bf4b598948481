"""Multi-class support vector machines over feature vectors.

`SvmSpec` holds the hyper-parameters, `fit_svm` fits a model, `SvmModel` predicts; `solve_folds`
fits all folds of a cross-validation with one kernel matrix.

C-SVC and nu-SVC are one-vs-one as in libsvm: for a pair of classes ``a < b``, a decision value
above 0 is a vote for ``a``, else for ``b``; the class with the most votes is predicted, ties go to
the lower index. LinearSVC is one-vs-rest: the class with the highest decision value is predicted.
Decision values are computed in float64.
"""

from gpuclf.svm.class_weight import check_class_weight, class_weights
from gpuclf.svm.convergence import describe_unconverged
from gpuclf.svm.fit import fit_svm
from gpuclf.svm.kernel import KernelMatrix
from gpuclf.svm.model import LinearDecision, RbfDecision, SvmModel
from gpuclf.svm.shared import FoldDecisions, solve_folds
from gpuclf.svm.solver_choice import choose_solver
from gpuclf.svm.spec import SvmSpec, check_nu
from gpuclf.svm.unscaled import describe_unscaled

__all__ = [
    "FoldDecisions",
    "KernelMatrix",
    "LinearDecision",
    "RbfDecision",
    "SvmModel",
    "SvmSpec",
    "check_class_weight",
    "check_nu",
    "choose_solver",
    "class_weights",
    "describe_unconverged",
    "describe_unscaled",
    "fit_svm",
    "solve_folds",
]
