"""The thesis computation, independent of gpuclf, in plain NumPy and scikit-learn.

All data is in memory; computation is in float64 except for the feature vectors, which are float32
like the data. Folds are fitted one by one by scikit-learn's multi-class SVMs, as in the thesis
notebook. With the protocol `thesis` and the same splits, gpuclf must give identical fold scores.
"""

import h5py
import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold
from sklearn.svm import SVC, LinearSVC, NuSVC


def feature_vectors(frames, n_vectors, overlap="half"):
    """Aggregate ``(classes, clips, n_frames, 2, n)`` to ``(classes * clips, 2 * n_vectors, n)``.

    Without overlap, to ``(classes * clips, n_vectors, n)``.
    """
    classes, clips, n_frames, overlaps, n = frames.shape
    frames = np.abs(frames.astype(np.float64)).reshape(classes, clips, overlaps * n_frames, n)
    if overlap == "none":
        width = overlaps * n_frames // n_vectors
        grouped = frames[:, :, : n_vectors * width].reshape(-1, n_vectors, width, n)
        return grouped.sum(axis=2).astype(np.float32)
    width = int(np.floor(overlaps * n_frames / (n_vectors + 0.5)))
    vectors = np.empty((classes, clips, n_vectors, 2, n), dtype=np.float32)
    for kind, shift in enumerate((0, width // 2)):
        shifted = frames[:, :, shift : shift + n_vectors * width]
        grouped = shifted.reshape(classes, clips, n_vectors, width, n)
        vectors[:, :, :, kind] = grouped.sum(axis=3)
    return vectors.reshape(classes * clips, 2 * n_vectors, n)


def scaled(vectors, scale):
    """Scale each feature over all vectors of all clips."""
    vectors = vectors.astype(np.float64)
    flat = vectors.reshape(-1, vectors.shape[-1])
    if scale == "minmax":
        lowest, highest = flat.min(axis=0), flat.max(axis=0)
        return (vectors - lowest) / (highest - lowest)
    if scale == "std":
        return (vectors - flat.mean(axis=0)) / flat.std(axis=0)
    return vectors


def svm(svm_type, kernel, C, nu):
    """Return scikit-learn's classifier."""
    if svm_type == "C":
        return SVC(kernel=kernel, C=C)
    if svm_type == "nu":
        return NuSVC(kernel=kernel, nu=nu)
    return LinearSVC(C=C, tol=1e-3, random_state=0)


SPLITTERS = {
    "kfold": lambda folds, seed: KFold(folds, shuffle=True, random_state=seed),
    "shuffle": lambda folds, seed: ShuffleSplit(folds, test_size=0.1, random_state=seed),
    "stratified-kfold": lambda folds, seed: StratifiedKFold(folds, shuffle=True, random_state=seed),
}


def fold_scores(
    path,
    dataset,
    *,
    n_vectors=6,
    overlap="half",
    scale="minmax",
    svm_type="C",
    kernel="linear",
    C=1.0,
    nu=0.5,
    majority_voting=True,
    split="shuffle",
    folds=10,
    seed=0,
    n_clips=None,
):
    """Return the accuracy of every fold on clips and on feature vectors, for one repeat."""
    with h5py.File(path) as file:
        frames = file[dataset][:, :n_clips]
    n_classes, n_clips = frames.shape[:2]
    X = scaled(feature_vectors(frames, n_vectors, overlap), scale)
    y = np.repeat(np.arange(n_classes), n_clips)
    if not majority_voting:
        y = np.repeat(y, X.shape[1])
        X = X.reshape(-1, 1, X.shape[2])
    scores, vector_scores = [], []
    for train, test in SPLITTERS[split](folds, seed).split(X, y):
        per_clip = X.shape[1]
        classifier = svm(svm_type, kernel, C, nu)
        classifier.fit(X[train].reshape(-1, X.shape[2]), np.repeat(y[train], per_clip))
        votes = classifier.predict(X[test].reshape(-1, X.shape[2])).reshape(-1, per_clip)
        clips = np.array([np.bincount(ballot).argmax() for ballot in votes])
        scores.append(np.mean(clips == y[test]))
        vector_scores.append(np.mean(votes == y[test][:, None]))
    return np.array(scores), np.array(vector_scores)
