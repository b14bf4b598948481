"""What the tables say; how they look is for people to judge."""

import gpuclf
import numpy as np
from gpuclf.report import tables
from gpuclf.selection import CrossValidation
from rich.console import Console


def shown(thing, width=80):
    console = Console(width=width, highlight=False, force_terminal=False)
    with console.capture() as capture:
        console.print(thing(console) if callable(thing) else thing)
    return capture.get()


def result(n_classes=3, name="class {}"):
    confusion = np.full((n_classes, n_classes), 1) + 8 * np.eye(n_classes, dtype=int)
    return CrossValidation(
        labels=tuple(name.format(i) for i in range(n_classes)),
        scores=np.array([[0.75, 0.85]]),
        vector_scores=np.array([[0.5, 0.6]]),
        confusion=confusion,
        majority_voting=True,
        backend="cpu",
        solver="library",
        seconds={"read": 1.5, "total": 2.0},
    )


def test_a_result_has_accuracies_recall_confusion_chance_and_times():
    text = shown(lambda console: tables.result_tables(result(), console))
    assert "accuracy of clips    80.0 % ± 5.0 %  (1 x 2 folds)" in text
    assert "accuracy of vectors  55.0 % ± 5.0 %" in text
    assert "chance               33.3 %" in text
    assert "read 1.50 s, total 2.00 s" in text
    row = next(line for line in text.splitlines() if "class 1" in line)
    assert row.split() == ["1", "class", "1", "81.8", "%", "9", "82", "9"]


def test_vectors_alone_are_not_called_clips():
    from dataclasses import replace

    scored = replace(result(), majority_voting=False)
    assert "accuracy of clips" not in shown(lambda console: tables.result_tables(scored, console))


def test_a_wide_matrix_gives_way_to_the_worst_confusions():
    text = shown(lambda console: tables.result_tables(result(50), console))
    assert "what a class was most often taken for" in text
    assert "class 1 2 %, class 2 2 %" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_class_never_tested_has_no_recall():
    from dataclasses import replace

    confusion = result().confusion.copy()
    confusion[2] = 0
    text = shown(lambda c: tables.result_tables(replace(result(), confusion=confusion), c))
    assert next(line for line in text.splitlines() if "class 2" in line).split()[3] == "-"


def test_markup_in_names_is_text():
    text = shown(lambda c: tables.result_tables(result(name="[red]{}[/red]"), c))
    assert "[red]1[/red]" in text


def test_a_file_is_described(grid_file):
    with gpuclf.open_features(grid_file) as store:
        text = shown(tables.store_tables(store, gpuclf.resolve("cpu")), width=120)
    for part in (
        "grid",
        "blues, jazz, rock",
        "(3, 6, 20, 2, 8)",
        "float32",
        "gzip, shuffle",
        "by h5py",
    ):
        assert part in text
    assert "blues  6 clips" in text
