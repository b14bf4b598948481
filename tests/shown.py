"""Printed and plotted output, and synthetic results."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from gpuclf.metrics.intervals import Comparison, Interval, paired_test
from gpuclf.metrics.pooling import Pooling
from gpuclf.model.predictions import Predictions
from gpuclf.model.training_clips import TrainingOverlap
from gpuclf.workflows.compare import Compared
from gpuclf.workflows.leaderboard_entry import Entry
from gpuclf.workflows.result_file import ResultFile
from rich.console import Console


def shown(thing, width=80):
    """Return the text that a console prints; functions are called with the console."""
    console = Console(width=width, highlight=False, force_terminal=False)
    with console.capture() as capture:
        console.print(thing(console) if callable(thing) else thing)
    return capture.get()


def axes():
    """Return empty axes of a figure outside pyplot."""
    from matplotlib.figure import Figure

    return Figure().add_subplot()


def texts(ax):
    """Return the texts of the legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def made_up(n_classes=3, clips=6, per_clip=4, name="class {}", seed=0, apart=2.0):
    """Return synthetic feature vectors whose classes overlap slightly."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(n_classes), clips)
    X = apart * rng.normal(size=(n_classes, 1, 6))[y] + rng.normal(size=(len(y), per_clip, 6))
    labels = tuple(name.format(c) for c in range(n_classes))
    ids = np.array([f"clip {n}" for n in range(len(y))])
    return FeatureVectors(X.astype(np.float32), y, labels, ids)


def scored(*, folds=3, repeats=1, **options):
    """Return the cross-validation result of synthetic feature vectors."""
    made = {k: options.pop(k) for k in ("n_classes", "clips", "name", "apart") if k in options}
    return cross_validate(
        ClipClassifier(backend="cpu"),
        made_up(**made),
        split="stratified-kfold",
        folds=folds,
        repeats=repeats,
        **options,
    )


def with_scores(result, scores):
    """Return a result with other accuracies of its folds, which have 100 test clips each."""
    scores = np.asarray(scores, float)
    pooling = Pooling(np.full(scores.shape, 100), result.test_to_train)
    accuracy = pooling.pool(np.divide, 100 * scores, pooling.sizes)
    metrics = {level: {**one, "accuracy": accuracy} for level, one in result.metrics.items()}
    return replace(result, scores=scores, metrics=metrics)


def compared(first, second, metric="accuracy"):
    """Return the comparison of two results with these values of a metric in each fold."""
    results = [
        ResultFile(
            Path(name),
            {
                "experiment": {"majority_voting": True},
                "environment": {},
                "scores": values,
                "metrics": {"clips": {metric: {"folds": values}}},
            },
        )
        for name, values in (("a.json", first), ("b.json", second))
    ]
    a, b = (result.folds(metric) for result in results)
    means = float(np.nanmean(a)), float(np.nanmean(b))
    return Compared(*results, metric, means, paired_test(a, b, 0.5))


BETTER = [[0.75, 1.0, 0.75, 1.0]], [[0.25, 0.25, 0.0, 0.25]]  # scores of A and B
EQUAL = [[0.5, 0.75, 0.5, 0.625]], [[0.25, 0.5, 0.75, 0.75]]


def predicted(labels, *, true=None, in_training, same_id=None, groups=None):
    """Return predictions of the classes b and r, each by 3 votes against 1; a letter per clip."""
    classes = np.array(["br".index(label) for label in labels])
    vectors = np.column_stack([classes, classes, classes, 1 - classes])
    votes = np.stack([(vectors == c).sum(axis=1) for c in (0, 1)], axis=1)
    overlap = None
    if in_training is not None:
        none = np.zeros(len(labels), bool)
        same_group = none if groups is None else np.array([name is not None for name in groups])
        overlap = TrainingOverlap(
            np.array(in_training),
            none if same_id is None else np.array(same_id),
            same_group,
            tuple(sorted({name for name in groups or () if name is not None})),
        )
    ids = np.array([f"clip {number}" for number in range(len(labels))])
    true = None if true is None else list(true)
    return Predictions(ids, ("b", "r"), classes, votes, true, vectors, training=overlap)


def entry(name, value, p=np.nan, clips=10, reason="", **settings):
    """Return an entry of a leaderboard: a result of a number of training clips."""
    record = {
        "experiment": {"majority_voting": True},
        "environment": {"file": {}},
        "labels": ["a", "b"],
        "clips": {"ids": ["clip"] * (2 * clips)},
        "splits": {"test_to_train": 1.0},
        "verdict": {
            **{"metric": "accuracy", "value": value, "low": 0.0, "high": 1.0, "level": 0.95},
            **{"baseline": 0.5, "most_frequent": None, "p": 0.001},
        },
    }
    test = Comparison(-0.1, -0.2, 0, -2, p, 10, 0.95)
    interval = Interval(value - 0.1, value + 0.1, 0.95)
    return Entry(name, ResultFile(Path(name), record), value, interval, settings, test, p, reason)
