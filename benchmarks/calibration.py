"""Measure the quality of probabilities on clips that are held out, before and after calibration.

    python benchmarks/calibration.py [--file FEATURES.hdf5 --folds-from CSV:COLUMN]

Simulated data sets and, if given, a feature file are cross-validated. For each, the script prints
the expected calibration error, Brier score and log loss of vote shares, of the softmax of the mean
decision values, and of the calibrated probabilities; then the precision and the coverage of
rejection for several target precisions.
"""

import argparse

import numpy as np
from gpuclf import ClipClassifier, Experiment, FeatureVectors, cross_validate, evaluate

TARGETS = (0.8, 0.9, 0.95)
SIMULATED = {  # clips of each class, distance of the classes, vectors per clip
    "2 classes": ([100, 100], 0.6, 1),
    "5 classes": ([60] * 5, 0.8, 6),
    "5 imbalanced classes": ([150, 80, 40, 20, 10], 0.8, 6),
    "10 classes": ([40] * 10, 1.5, 1),
}
SVMS = {"linear": {"kernel": "linear"}, "RBF": {"kernel": "rbf", "C": 10.0}}


def main():
    """Print one block of lines per data set and SVM."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file")
    parser.add_argument("--folds-from")
    arguments = parser.parse_args()
    for name, svm in SVMS.items():
        for data, (counts, distance, per_clip) in SIMULATED.items():
            vectors = simulated(counts, distance, per_clip)
            report(f"{data}, {name}", lambda p, v=vectors, s=svm: simulation(v, s, p))
        if arguments.file:
            report(f"{arguments.file}, {name}", lambda p, s=svm: of_file(arguments, s, p))


def simulated(counts, distance, per_clip, n=12, seed=0):
    """Return clips whose vectors scatter around clips that scatter around classes."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(len(counts)), counts)
    clips = distance * rng.normal(size=(len(counts), n))[y] + rng.normal(size=(len(y), n))
    X = (clips[:, None] + rng.normal(size=(len(y), per_clip, n))).astype(np.float32)
    return FeatureVectors(X, y, tuple(map(str, range(len(counts)))), np.arange(len(y)).astype(str))


def simulation(vectors, svm, target):
    """Cross-validate simulated clips."""
    clf = ClipClassifier(
        **svm, scale="std", probability=True, target_precision=target, backend="cpu"
    )
    return cross_validate(clf, vectors, split="stratified-kfold", folds=5, repeats=2)


def of_file(arguments, svm, target):
    """Cross-validate a feature file with the defaults of recordings."""
    experiment = Experiment.for_file(
        arguments.file,
        "recordings",
        folds_from=arguments.folds_from,
        target_precision=target,
        **svm,
    )
    return evaluate(experiment, backend="cpu")


def report(name, measure):
    """Print the quality of the probabilities, and of the rejection for each target."""
    results = {target: measure(target) for target in TARGETS}
    result = results[TARGETS[0]]
    held_out = result.probabilities
    shares = np.concatenate([f.tested.counts / f.tested.votes.shape[1] for f in result.folds])
    print(f"{name}: accuracy {result.accuracy:.3f}")
    rows = {
        "vote shares": shares,
        "softmax of decision values": held_out.uncalibrated,
        "calibrated": held_out.probabilities,
    }
    for row, probabilities in rows.items():
        values = held_out.summary(probabilities)
        print(f"  {row:26}", *(f"{metric} {value:.3f}" for metric, value in values.items()))
    agree = np.mean(held_out.probabilities.argmax(axis=1) == held_out.predicted)
    print(f"  most probable class is the vote: {agree:.3f}")
    for target, one in results.items():
        reached, coverage = one.probabilities.precision, one.probabilities.coverage
        precision = "none accepted" if reached is None else f"{reached:.3f}"
        print(f"  target {target}: precision {precision}, coverage {coverage:.3f}")


if __name__ == "__main__":
    main()
