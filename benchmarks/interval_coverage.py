"""Measure how often the intervals of a cross-validation hold the true accuracy; not run in CI.

    python benchmarks/interval_coverage.py [--sets 1000] [--clips 120] [--separation 1.5] [--seed 0]

Data sets of clips are drawn from one distribution of three classes, and each is cross-validated as
a user would do it. The truth is the mean accuracy of classifiers that are trained on as many clips
as a fold trains on, drawn from the same distribution, and tested on clips that nobody saw. Of each
setting it prints how many of the corrected intervals hold the truth, and how many of the usual ones
by Student's t, which take folds to be independent; +/- is one binomial standard error. The columns
sd are the cause: how far the measured accuracies really scatter from set to set (measured), and how
far the interval takes them to (corrected, the root of its mean variance).
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
        return {**self._asdict(), "test_size": 0.1}

    def sizes(self, clips):
        """How many clips a fold trains on, and how many it tests."""
        options = {key: value for key, value in self.options().items() if key != "repeats"}
        first = make_splits(np.arange(clips) % len(LABELS), **options)[0]
        return len(first.train), len(first.test)


SETTINGS = (Setting("shuffle", 10, 5), Setting("kfold", 10, 5), Setting("kfold", 5, 2))


def draw(rng, clips, separation):
    """Draw clips, whose two vectors are half alike, and their classes, each as likely."""
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
    """A share in per cent with its binomial error."""
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
    """Draw, cross-validate, compare."""
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
            seed = int(rng.integers(2**31))  # or all sets would be split alike
            scores.append(cross_validate(CLF, vectors, seed=seed, **setting.options()).scores)
        report(setting, truths[train], test / train, np.array(scores))


if __name__ == "__main__":
    main()
