"""Two-class SVMs over one kernel matrix, solved on the CPU; the GPU's twin is ``smo.cu``.

With ``beta = y alpha`` the dual problem of both kinds is: minimise ``beta' K beta / 2 - p' beta``
within ``low <= beta <= high``, where C-SVC has ``p = y`` and keeps the sum of all ``beta``, and
nu-SVC has ``p = 0`` and keeps the sum of each class. Of the errors ``e = p - K beta``, the greatest
that may rise (``beta < high``) and the least that may fall (``beta > low``), among vectors that
share a sum, differ by what violates optimality; a solution violates it by the tolerance at most. A
vector that is not in training has ``low = high = 0``.

As in ThunderSVM (Wen et al., JMLR 19, 2018) and cuML, a working set that fits into the cache is
solved by itself, then the errors of all vectors are brought up to date at once. Inside, two vectors
move at a time, the second chosen by second-order information (Fan, Chen and Lin, *Working set
selection using second order information for training support vector machines*, JMLR 6, 2005).
Where that goes on for long, all that are between their bounds move at once (``newton.py``). Errors
are kept in float64, all that is inside a working set in the type of the matrix.

Conventions: vectors of a pair are numbered from 0, those of the first class before those of the
second. Slots of the working set are taken from the middle on, to the left by the first class, to
the right by the second.
"""
