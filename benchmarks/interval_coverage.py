"""Measure how often the confidence intervals of a cross-validation contain the true accuracy.

    python benchmarks/interval_coverage.py [--sets 1000] [--clips 120] [--separation 1.5] [--seed 0]

Data sets of three classes are drawn from one distribution, and each is cross-validated. The true
accuracy is the mean over classifiers that are trained on independent data sets of the size of a
training set and tested on independent clips. For each setting, the script prints the fraction of
corrected intervals that contain the true accuracy, and the fraction of Student's t intervals, which
assume independent folds; +/- is one binomial standard error. The columns sd give the standard
deviation of the measured accuracy over data sets (measured) and as estimated by the corrected
interval (corrected, the root of its mean variance).
"""

import argparse
from typing import NamedTuple

import numpy as np
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from gpuclf.metrics.intervals import corrected_interval
from gpuclf.validation.splits import make_splits

LABELS = ("a", "b", "c")
FEATURES, VECTORS = 4, 2
LEVELS = (0.90, 0.95)
CLF = ClipClassifier(backend="cpu")
TRAINED, UNSEEN = 2000, 1000  # classifiers for the truth, and clips that each is tested on


class Setting(NamedTuple):
    """A way to cross-validate."""

    split: str
    folds: int
    repeats: int

    def options(self):
        """Arguments of the cross-validation."""
        return {**self._asdict(), "test_size": 0.1}

    def sizes(self, clips):
        """Number of training clips and of test clips of a fold."""
        options = {key: value for key, value in self.options().items() if key != "repeats"}
        first = make_splits(np.arange(clips) % len(LABELS), **options)[0]
        return len(first.train), len(first.test)


SETTINGS = (Setting("shuffle", 10, 5), Setting("kfold", 10, 5), Setting("kfold", 5, 2))


def draw(rng, clips, separation):
    """Draw clips, whose two vectors are correlated (0.5), and their classes, uniformly."""
    y = rng.integers(0, len(LABELS), clips)
    means = separation * np.eye(len(LABELS), FEATURES)
    noise = rng.normal(size=(clips, 1, FEATURES)) + rng.normal(size=(clips, VECTORS, FEATURES))
    return (means[y][:, None] + noise / np.sqrt(2)).astype(np.float32), y


def true_accuracy(rng, train, separation):
    """Mean accuracy, and its standard error, of classifiers trained on so many clips."""
    scores = []
    for _ in range(TRAINED):
        fitted = ClipClassifier(backend="cpu", solver="library").fit(*draw(rng, train, separation))
        scores.append(fitted.score(*draw(rng, UNSEEN, separation)))
    return np.mean(scores), np.std(scores) / np.sqrt(TRAINED)


def share(hits):
    """Format a fraction in percent with its standard error."""
    held = np.mean(hits)
    return f"{held:6.1%} +/- {np.sqrt(held * (1 - held) / len(hits)):4.1%}"


def report(setting, truth, ratio, scores):
    """Print the coverage of one setting; ``scores`` is ``(sets, repeats, folds)``."""
    means = scores.mean(axis=(1, 2))
    count = setting.repeats * setting.folds
    taken = np.sqrt(np.mean(scores.var(axis=(1, 2), ddof=1)) * (1 / count + ratio))
    print(
        f"\n{setting.split}, {setting.folds} folds x {setting.repeats}: true accuracy "
        f"{truth[0]:.2%} +/- {truth[1]:.2%}, measured {means.mean():.2%}; "
        f"sd measured {means.std():.2%}, corrected {taken:.2%}"
    )
    for level in LEVELS:
        held = {"corrected": [], "usual": []}
        for name, correction in (("corrected", ratio), ("usual", 0)):
            for one in scores:
                low, high, _ = corrected_interval(one, correction, level, within=(0.0, 1.0))
                held[name].append(low <= truth[0] <= high)
        print(f"  {level:.0%}: " + ", ".join(f"{name} {share(held[name])}" for name in held))


def main():
    """Simulate data sets, cross-validate each, and print the coverage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--separation", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print(f"{chosen.sets} sets of {chosen.clips} clips, separation {chosen.separation:g}")
    truths = {}
    ids = np.arange(chosen.clips).astype(str)
    for setting in SETTINGS:
        train, test = setting.sizes(chosen.clips)
        if train not in truths:
            truths[train] = true_accuracy(rng, train, chosen.separation)
        scores = []
        for _ in range(chosen.sets):
            X, y = draw(rng, chosen.clips, chosen.separation)
            vectors = FeatureVectors(X, y, LABELS, ids)
            seed = int(rng.integers(2**31))  # different splits for each data set
            scores.append(cross_validate(CLF, vectors, seed=seed, **setting.options()).scores)
        report(setting, truths[train], test / train, np.array(scores))


if __name__ == "__main__":
    main()
