"""Folds of an experiment on a file: defaults, and options without effect."""

import numpy as np
import pytest
from gpuclf import Experiment, aggregate, cross_validate, open_features, write_clips
from gpuclf.config.parts import Svm
from gpuclf.errors import InputError
from gpuclf.model.classifier import ClipClassifier
from gpuclf.validation.options import Validation
from gpuclf.workflows.run_context import open_run

PREDEFINED = "with 3 predefined folds, expected no"


@pytest.fixture
def file(tmp_path):
    """Write a file of the preset recordings."""

    def write(sizes, groups=None, folds=None, preset="recordings"):
        rng = np.random.default_rng(0)
        y = np.repeat(np.arange(len(sizes)), sizes)
        frames = [rng.normal(size=(6, 3)) + label for label in y]
        path = tmp_path / "f.hdf5"
        attributes = {"gpuclf_preset": preset} if preset else {}
        labels = ["cat", "dog", "owl"][: len(sizes)]
        columns = {"groups": groups, "folds": folds}
        write_clips(path, {"Z": frames}, labels, y, attributes=attributes, **columns)
        return path

    return write


def splits(experiment):
    """Return split, folds and repeats, and the planned number of repeats and folds."""
    with open_run(experiment, backend="cpu") as run:
        plan = run.plan([{}])
    return experiment.split, experiment.folds, experiment.repeats, plan


@pytest.mark.parametrize(
    ("sizes", "folds"), [((12, 12), 10), ((6, 6, 6), 6), ((20, 4), 4), ((9, 2), 2)]
)
def test_every_clip_is_tested_once_per_repeat_in_stratified_folds(file, sizes, folds):
    split, count, repeats, plan = splits(Experiment.for_file(file(sizes)))
    assert (split, count, repeats) == ("stratified-kfold", folds, 5) and plan.shape == (5, folds)
    for run in plan.runs:
        assert sorted(np.concatenate([fold.test for fold in run])) == list(range(sum(sizes)))
    assert not plan.missing_class


def test_given_folds_of_a_small_class_are_an_error_that_names_it(file):
    experiment = Experiment.for_file(file((12, 4)), folds=5)
    assert (experiment.split, experiment.folds) == ("stratified-kfold", 5)
    with pytest.raises(InputError, match="folds: got 5, expected at most 4: class 'dog' has 4 cl"):
        splits(experiment)


def test_one_given_fold_is_an_error_and_not_replaced(file):
    experiment = Experiment.for_file(file((12, 12)), folds=1)
    with pytest.raises(InputError, match="folds: got 1, expected 2 to 24, the number of clips"):
        splits(experiment)


def test_predefined_folds_are_the_default_and_run_once(file):
    path = file((12, 12), folds=np.arange(24) % 3)
    split, folds, repeats, plan = splits(Experiment.for_file(path))
    assert (split, folds, repeats) == ("predefined", 3, 1) and plan.shape == (1, 3)
    again = Experiment.for_file(path, split="stratified-kfold", folds=5)
    assert (again.split, again.folds, again.repeats) == ("stratified-kfold", 5, 5)


def test_predefined_folds_run_repeatedly_if_labels_are_permuted(file):
    path = file((12, 12), folds=np.arange(24) % 3)
    for repeats, options in ((5, {}), (2, {"repeats": 2})):
        experiment = Experiment.for_file(path, permute_labels=True, **options)
        assert splits(experiment)[:3] == ("predefined", 3, repeats)


def test_folds_of_a_table_are_predefined_for_every_preset(file, tmp_path):
    table = tmp_path / "t.csv"
    rows = [f"{label},{clip},{clip % 4}\n" for label in ("cat", "dog") for clip in range(8)]
    table.write_text("label,clip,fold\n" + "".join(rows))
    for preset in ("recordings", "thesis"):
        path = file((8, 8), preset=preset)
        experiment = Experiment.for_file(path, folds_from=f"{table}:fold")
        assert splits(experiment)[:3] == ("predefined", 4, 1)
        with pytest.raises(InputError, match="4 predefined folds, expected no --folds, or no --fo"):
            Experiment.for_file(path, folds_from=f"{table}:fold", folds=4)


def test_groups_are_kept_together_and_the_smallest_class_has_a_group_per_fold(file):
    groups = [f"cat {n // 3}" for n in range(12)] + [f"dog {n // 2}" for n in range(12)]
    experiment = Experiment.for_file(file((12, 12), groups))
    assert splits(experiment)[:3] == ("stratified-kfold", 4, 5)
    with pytest.raises(InputError, match="at most 4: class 'cat' has clips of 4 groups"):
        splits(experiment.replace(folds=5))


def test_as_many_folds_as_groups_run_once(file):
    """With three speakers of all words, each is left out once."""
    speakers = np.array(["ann", "bob", "cy"])[np.arange(24) % 3]
    path = file((12, 12), speakers)
    split, folds, repeats, plan = splits(Experiment.for_file(path))
    assert (split, folds, repeats) == ("stratified-kfold", 3, 1)
    assert sorted(set(speakers[fold.test]) == {"bob"} for fold in plan.folds) == [0, 0, 1]
    with pytest.raises(InputError, match="repeats: got 5 of 3 folds with one group each, expected"):
        Experiment.for_file(path, repeats=5)
    assert Experiment.for_file(path, repeats=5, folds=2).repeats == 5


def test_groups_of_a_table_determine_the_number_of_folds(file, tmp_path):
    path, table = file((12, 12)), tmp_path / "t.csv"
    rows = [
        f"{label},{clip},{label}{clip // 2}\n" for label in ("cat", "dog") for clip in range(12)
    ]
    table.write_text("label,clip,artist\n" + "".join(rows))
    assert Experiment.for_file(path, groups=f"{table}:artist").folds == 6
    assert Experiment.for_file(path, groups=f"{table}:artist", n_clips=6).folds == 3


def test_a_class_of_one_group_is_reported_as_missing_in_training(file):
    groups = [*"abcdefgh", *"xxxxxxxx", *"ijklmnop"]
    _, folds, _, plan = splits(Experiment.for_file(file((8, 8, 8), groups)))
    assert folds == 2 and plan.missing_class.endswith("has no clip of class 'dog' to train on")


def test_the_thesis_keeps_the_splits_of_the_notebook(file):
    path = file((12, 12), groups=np.arange(24) // 2, folds=np.arange(24) // 2 % 3, preset="thesis")
    experiment = Experiment.for_file(path)
    assert (experiment.split, experiment.folds, experiment.repeats) == ("shuffle", 10, 20)
    assert experiment == Experiment(file=str(path))


def test_cross_validate_keeps_its_documented_defaults(file):
    with open_features(file((12, 12), folds=np.arange(24) % 3)) as store:
        vectors = aggregate(store["Z"], 1, backend="cpu")
    assert cross_validate(ClipClassifier(backend="cpu"), vectors).scores.shape == (20, 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 5}, f"folds: got 5 {PREDEFINED} --folds, or --split stratified-kfold --folds 5"),
        ({"folds": 3, "split": "predefined"}, f"folds: got 3 {PREDEFINED} --folds"),
        ({"repeats": 2}, f"repeats: got 2 {PREDEFINED} --repeats, or --split stratified-kfold --r"),
        ({"test_size": 0.1}, f"test_size: got 0.1 {PREDEFINED} --test-size, or --split shuffle --"),
        (
            {"split": "kfold", "test_size": 0.2},
            "test_size: got 0.2 with split 'kfold', expected no --test-size, or --split shuffle",
        ),
    ],
)
def test_an_option_without_effect_on_the_folds_is_an_error_that_says_what_to_type(
    file, options, message
):
    path = file((12, 12), folds=np.arange(24) % 3)
    with pytest.raises(InputError, match=message):
        Experiment.for_file(path, **options)


def test_the_test_size_applies_to_random_splits_only(file):
    path = file((12, 12))
    assert Experiment.for_file(path, split="shuffle", test_size=0.3).test_size == 0.3
    with pytest.raises(InputError, match=r"test_size: got 0\.3 with split 'stratified-kfold'"):
        Experiment.for_file(path, test_size=0.3)


def test_a_given_part_replaces_the_defaults_of_the_preset(file):
    path = file((12, 12), folds=np.arange(24) % 3)
    validation = Validation(split="kfold", folds=4, repeats=2)
    experiment = Experiment.for_file(path, validation=validation, svm=Svm(C=3))
    assert experiment.validation == validation and experiment.svm == Svm(C=3)
    assert experiment.statistics == ("mean", "std", "max")
