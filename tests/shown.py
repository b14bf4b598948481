"""What is printed or drawn; and results to print and draw."""

import numpy as np
from gpuclf import ClipClassifier, FeatureVectors, cross_validate
from rich.console import Console


def shown(thing, width=80):
    """Print on a plain console of some width; a function is given the console first."""
    console = Console(width=width, highlight=False, force_terminal=False)
    with console.capture() as capture:
        console.print(thing(console) if callable(thing) else thing)
    return capture.get()


def axes():
    """Empty axes, of no window."""
    from matplotlib.figure import Figure

    return Figure().add_subplot()


def texts(ax):
    """All that stands in a legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def made_up(n_classes=3, clips=6, per_clip=4, name="class {}", seed=0, apart=2.0):
    """Vectors whose classes can be told apart, most of the time."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(n_classes), clips)
    X = apart * rng.normal(size=(n_classes, 1, 6))[y] + rng.normal(size=(len(y), per_clip, 6))
    labels = tuple(name.format(c) for c in range(n_classes))
    ids = np.array([f"clip {n}" for n in range(len(y))])
    return FeatureVectors(X.astype(np.float32), y, labels, ids)


def scored(*, folds=3, repeats=1, **options):
    """A result of a cross-validation of made-up vectors."""
    made = {k: options.pop(k) for k in ("n_classes", "clips", "name", "apart") if k in options}
    return cross_validate(
        ClipClassifier(backend="cpu"),
        made_up(**made),
        split="stratified-kfold",
        folds=folds,
        repeats=repeats,
        **options,
    )
