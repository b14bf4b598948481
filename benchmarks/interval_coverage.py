"""Measure how often the confidence intervals of a cross-validation contain the true accuracy.

    python benchmarks/interval_coverage.py [--sets 1000] [--clips 120] [--separation 1.5] [--seed 0]
                                           [--frequencies 6 3 2]

Data sets of three classes are drawn from one distribution, and each is cross-validated. The true
accuracy is the mean over classifiers that are trained on independent data sets of the size of a
training set and tested on independent clips. For each setting, the script prints the fraction of
corrected intervals that contain the true accuracy, and the fraction of Student's t intervals, which
assume independent folds; then that of the intervals of pooled metrics. +/- is one binomial standard
error. The columns sd give the standard deviation of the measured accuracy over data sets (measured)
and as estimated by the corrected interval (corrected, the root of its mean variance).
"""

import argparse
from typing import NamedTuple

import numpy as np
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from gpuclf.metrics import balanced_accuracy, confusion_matrix, macro_f1
from gpuclf.metrics.intervals import corrected_interval
from gpuclf.model.splits import make_splits

LABELS = ("a", "b", "c")
FEATURES, VECTORS = 4, 2
LEVELS = (0.90, 0.95)
CLF = ClipClassifier(backend="cpu")
POOLED = {"balanced_accuracy": balanced_accuracy, "macro_f1": macro_f1}
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


SETTINGS = (
    Setting("shuffle", 10, 5),
    Setting("kfold", 10, 5),
    Setting("kfold", 5, 2),
    Setting("stratified-kfold", 10, 5),
)


def draw(rng, clips, separation, frequencies):
    """Draw clips, whose two vectors are correlated (0.5), and their classes.

    Classes are uniform, or have fixed numbers of clips if frequencies are given.
    """
    if frequencies is None:
        y = rng.integers(0, len(LABELS), clips)
    else:
        shares = np.cumsum(frequencies) / sum(frequencies)
        y = rng.permutation(np.searchsorted(shares, (np.arange(clips) + 0.5) / clips))
    means = separation * np.eye(len(LABELS), FEATURES)
    noise = rng.normal(size=(clips, 1, FEATURES)) + rng.normal(size=(clips, VECTORS, FEATURES))
    return (means[y][:, None] + noise / np.sqrt(2)).astype(np.float32), y


def true_metrics(rng, train, *distribution):
    """Mean accuracy, its standard error, and mean pooled metrics, of many classifiers."""
    scores, pooled = [], []
    for _ in range(TRAINED):
        clf = ClipClassifier(backend="cpu", solver="library").fit(*draw(rng, train, *distribution))
        X, y = draw(rng, UNSEEN, *distribution)
        confusion = confusion_matrix(y, clf.predict(X), len(LABELS))
        scores.append(np.trace(confusion) / UNSEEN)
        pooled.append([metric(confusion) for metric in POOLED.values()])
    means = dict(zip(POOLED, np.mean(pooled, axis=0), strict=True))
    return np.mean(scores), np.std(scores) / np.sqrt(TRAINED), means


def share(hits):
    """Format a fraction in percent with its standard error."""
    held = np.mean(hits)
    return f"{held:6.1%} +/- {np.sqrt(held * (1 - held) / len(hits)):4.1%}"


def report(setting, truth, ratio, results):
    """Print the coverage of one setting, from the result of each set."""
    scores = np.array([result.scores for result in results])
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
    for name, value in truth[2].items():
        pooled = [result.metrics["clips"][name] for result in results]
        hits = [one.interval.low <= value <= one.interval.high for one in pooled]
        measured = np.mean([one.mean for one in pooled])
        print(f"  95% of {name}: {share(hits)}, true {value:.2%}, measured {measured:.2%}")


def main():
    """Simulate data sets, cross-validate each, and print the coverage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--separation", type=float, default=1.5)
    parser.add_argument("--frequencies", type=float, nargs=3)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print(f"{chosen.sets} sets of {chosen.clips} clips, separation {chosen.separation:g}")
    truths = {}
    distribution = chosen.separation, chosen.frequencies
    ids = np.arange(chosen.clips).astype(str)
    for setting in SETTINGS:
        train, test = setting.sizes(chosen.clips)
        if train not in truths:
            truths[train] = true_metrics(rng, train, *distribution)
        results = []
        for _ in range(chosen.sets):
            X, y = draw(rng, chosen.clips, *distribution)
            vectors = FeatureVectors(X, y, LABELS, ids)
            seed = int(rng.integers(2**31))  # different splits for each data set
            results.append(cross_validate(CLF, vectors, seed=seed, **setting.options()))
        report(setting, truths[train], test / train, results)


if __name__ == "__main__":
    main()
