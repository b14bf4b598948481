"""Two-class SVMs over one kernel matrix, solved on the CPU; ``smo.cu`` is the GPU's counterpart.

**Problem.** With labels ``y = 1`` for the first class and ``-1`` for the second, and
``beta = y alpha``, the dual of both kinds of SVM is::

    minimise    beta' K beta / 2 - p' beta
    subject to  low <= beta <= high,  and a fixed sum of the coefficients

C-SVC has ``p = y`` and keeps the sum over both classes at 0. nu-SVC has ``p = 0`` and keeps the
sum of each class. The bounds are ``[0, C w]`` in the first class and ``[-C w, 0]`` in the second,
with weights ``w`` of the errors (``C = 1`` for nu-SVC); a vector with ``w = 0`` is not in training.

**Optimality.** Let ``e = p - K beta`` be the errors (the negative gradient). Among vectors that
share a sum, the violation is ``max e`` over those that can rise (``beta < high``) minus ``min e``
over those that can fall (``beta > low``). A solver stops when it is at most the tolerance
(Keerthi et al., *Improvements to Platt's SMO algorithm*, Neural Computation 13, 2001). A vector is
*free* if ``low < beta < high``.

**Algorithm.** A working set that fits into the cache is solved on its own, then the errors of all
vectors are updated at once (ThunderSVM: Wen et al., JMLR 19, 2018; also cuML). Within the working
set, SMO moves two coefficients at a time, the second chosen by second-order information (Fan, Chen
and Lin, *Working set selection using second order information for training support vector
machines*, JMLR 6, 2005, WSS 2). Where SMO converges slowly, all free coefficients move at once
(``newton.py``).

**Conventions.** The vectors of a pair are numbered from 0, first class before second. Slots of the
working set are assigned from the middle outwards: to the left for the first class, to the right for
the second. Among equal candidates of SMO the last slot wins. Errors of all vectors are float64,
those within a working set have the type of the matrix.
"""
