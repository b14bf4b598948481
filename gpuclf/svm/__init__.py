"""Support vector machines over feature vectors.

`SvmSpec` says what to fit, `fit_svm` fits it with the backend's library, `SvmModel` decides. C-SVC
and nu-SVC are one-vs-one as in libsvm: for a pair of classes ``a < b`` a decision value above 0 is
a vote for ``a``, else for ``b``; the class with most votes wins, ties go to the lower index.
LinearSVC is one-vs-rest: the class with the highest decision value wins. Decisions are computed in
float64.
"""

from gpuclf.svm.fit import fit_svm
from gpuclf.svm.model import LinearDecision, RbfDecision, SvmModel
from gpuclf.svm.spec import SvmSpec, check_nu

__all__ = [
    "LinearDecision",
    "RbfDecision",
    "SvmModel",
    "SvmSpec",
    "check_nu",
    "fit_svm",
]
