"""Experiment: defaults, validation, and creation from dicts and TOML files."""

import pickle
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest
from gpuclf import ClipClassifier, Experiment, open_features
from gpuclf._utils.docstrings import parameter_descriptions
from gpuclf.config.experiment import PARTS
from gpuclf.config.parts import Clips, Features, Svm
from gpuclf.errors import InputError
from gpuclf.model.splits import SPLITS
from gpuclf.svm.solver_choice import SOLVERS
from gpuclf.svm.spec import KERNELS, SVM_TYPES
from gpuclf.validation.options import Validation
from gpuclf.vectors.aggregation import STATISTICS
from gpuclf.vectors.scaling import SCALES


def test_defaults_are_those_of_the_notebook():
    experiment = Experiment()
    assert (experiment.n_vectors, experiment.rectify, experiment.statistics) == (6, True, ("sum",))
    assert (experiment.scale, experiment.svm_type, experiment.kernel) == ("minmax", "C", "linear")
    assert (experiment.C, experiment.nu, experiment.majority_voting) == (1.0, 0.5, True)
    assert (experiment.split, experiment.test_size, experiment.folds) == ("shuffle", 0.1, 10)
    assert (experiment.repeats, experiment.seed, experiment.protocol) == (20, 0, "inductive")


def test_an_experiment_is_frozen_and_every_field_is_documented():
    with pytest.raises(FrozenInstanceError):
        Experiment().C = 2
    for part in PARTS.values():
        described = parameter_descriptions(part)
        assert list(described) == [field.name for field in fields(part)]
        assert all(text.endswith(".") for text in described.values())
    assert Svm().classifier.keys() <= ClipClassifier().get_params().keys()


def test_the_file_may_be_a_path_object():
    assert Experiment(file=Path("a", "f.hdf5")).file == str(Path("a", "f.hdf5"))


def test_flat_names_set_the_fields_of_the_parts():
    flat = Experiment(C=2, folds=5, n_vectors=3, folds_from="clips.csv:fold")
    assert flat == Experiment(
        svm=Svm(C=2),
        features=Features(n_vectors=3),
        validation=Validation(folds=5, split="predefined"),
        clips=Clips(folds_from="clips.csv:fold"),
    )
    assert (flat.svm.C, flat.C) == (2.0, 2.0)
    assert Experiment(svm=Svm(C=2, kernel="rbf"), C=3).svm == Svm(C=3, kernel="rbf")
    assert flat.replace(C=4).svm == Svm(C=4) and flat.replace(C=4).validation == flat.validation
    assert pickle.loads(pickle.dumps(flat)) == flat and hash(flat) == hash(flat.replace())
    with pytest.raises(InputError, match="got unknown name 'kernl', expected kernel"):
        Experiment(kernl="rbf")
    with pytest.raises(AttributeError, match="no attribute 'kernl'"):
        flat.kernl  # noqa: B018


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n_vectors": 0}, "n_vectors: got 0, expected a number at least 1"),
        ({"n_vectors": 2.5}, "n_vectors: got 2.5, expected an integer"),
        ({"n_vectors": True}, "n_vectors: got True, expected an integer"),
        ({"n_clips": "all"}, "n_clips: got 'all', expected an integer or none"),
        ({"C": 0}, "C: got 0.0, expected a number above 0"),
        ({"C": float("nan")}, "C: got nan, expected a number"),
        ({"nu": 2}, "nu: got 2.0, expected a number above 0 and at most 1"),
        ({"test_size": 1}, "test_size: got 1.0, expected a number above 0 and below 1"),
        ({"gamma": "big"}, "gamma: got 'big', expected one of scale, auto or a number"),
        ({"gamma": 0}, "gamma: got 0.0, expected a number above 0"),
        ({"rectify": "yes"}, "rectify: got 'yes', expected true or false"),
        ({"statistics": "sum,median"}, "statistics: got 'median', expected one of sum, mean"),
        ({"statistics": ()}, "statistics: got none"),
        ({"statistics": 3}, "statistics: got 3, expected a list"),
        ({"split": "random"}, "split: got 'random', expected one of shuffle"),
        ({"seed": -1}, "seed: got -1, expected a number at least 0"),
        ({"groups": "clips.csv"}, "groups: got 'clips.csv', expected CSV:COLUMN, as in"),
        ({"folds_from": ":fold"}, "folds_from: got ':fold', expected CSV:COLUMN"),
        ({"folds_from": "c.csv:f", "split": "shuffle"}, "folds_from: got split 'shuffle', exp"),
    ],
)
def test_an_invalid_value_is_an_error(values, message):
    with pytest.raises(InputError, match=message):
        Experiment(**values)


def test_from_dict_translates_the_names_of_the_notebook():
    p = {
        "scale": None,
        "Nvectors": 3,
        "svm_type": "nu",
        "kernel": "rbf",
        "C": 10,
        "nu": 0.3,
        "majority_voting": False,
        "Nfolds": 5,
        "Ncv": 2,
        "dataset_classification": "Xs",
        "Ngenres": 2,
        "Nclips": 10,
        "Nframes": 644,
        "folder": "data",
        "filename_features": "mine.hdf5",
        "filename_graph": "graph.hdf5",
        "ld": 10,
        "tol": 1e-5,
    }
    experiment = Experiment.from_dict(p)
    assert experiment == Experiment(
        scale="none",
        n_vectors=3,
        svm_type="nu",
        kernel="rbf",
        C=10,
        nu=0.3,
        majority_voting=False,
        folds=5,
        repeats=2,
        dataset="Xs",
        n_classes=2,
        n_clips=10,
        n_frames=644,
        file="data/mine.hdf5",
    )
    assert Experiment.from_dict(experiment.to_dict()) == experiment


def test_unknown_and_repeated_names_are_errors():
    with pytest.raises(InputError, match="got unknown name 'kernl', expected kernel"):
        Experiment.from_dict({"kernl": "rbf"})
    with pytest.raises(InputError, match="Nvectors: got a second value for n_vectors"):
        Experiment.from_dict({"n_vectors": 3, "Nvectors": 4})


def test_from_toml_reads_a_file_and_names_it_in_errors(tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text('kernel = "rbf"\nC = 10\nstatistics = ["mean", "std"]\nNcv = 5\ngamma = 0.1\n')
    experiment = Experiment.from_toml(path)
    assert (experiment.kernel, experiment.C, experiment.repeats) == ("rbf", 10.0, 5)
    assert (experiment.statistics, experiment.gamma) == (("mean", "std"), 0.1)
    for text, message in {
        "C = ": "not valid TOML",
        "C = 0": "experiment.toml: C: got 0.0",
        "kernl = 1": "experiment.toml: experiment: got unknown name 'kernl'",
    }.items():
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            Experiment.from_toml(path)
    with pytest.raises(InputError, match="got no such file"):
        Experiment.from_toml(tmp_path / "missing.toml")


def test_numpy_scalars_are_converted_to_python_numbers():
    experiment = Experiment(n_vectors=np.int64(3), C=np.float32(0.5))
    assert type(experiment.n_vectors) is int and type(experiment.C) is float


@pytest.mark.parametrize(
    "values", [{"C": 10**400}, {"folder": 3}, {"filename_features": ["a"]}, {"n_vectors": [3]}]
)
def test_values_that_python_cannot_convert_are_errors(values):
    with pytest.raises(InputError, match=next(iter(values))):
        Experiment.from_dict(values)


def test_the_choices_are_those_of_the_modules_that_implement_them():
    hints = {name: hint for part in PARTS.values() for name, hint in get_type_hints(part).items()}
    assert get_args(hints["scale"]) == SCALES
    assert get_args(hints["svm_type"]) == SVM_TYPES and get_args(hints["kernel"]) == KERNELS[:2]
    assert KERNELS[2:] == ("precomputed",)  # not available for feature files
    assert get_args(hints["solver"]) == SOLVERS
    assert get_args(hints["split"]) == SPLITS
    assert get_args(get_args(hints["statistics"])[0]) == tuple(STATISTICS)


FROM_TABLE = {"groups": "clips.csv:artist", "folds_from": "clips.csv:fold"}


def test_folds_from_sets_the_predefined_split_and_conflicts_with_others():
    experiment = Experiment(**FROM_TABLE)
    assert experiment.split == "predefined"
    assert Experiment(folds_from="clips.csv:fold", split="predefined").split == "predefined"
    assert Experiment(groups="clips.csv:artist").split == "shuffle"
    assert Experiment.from_dict(experiment.to_dict()) == experiment
    assert replace(experiment, dataset="Xs").split == "predefined"
    with pytest.raises(InputError, match="folds_from: got split 'kfold', expected predefined"):
        replace(experiment, split="kfold")


def test_overrides_take_precedence_and_errors_in_the_file_name_the_file(tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text('Nvectors = 3\nC = 2\nfolds_from = "a.csv:fold"\n')
    experiment = Experiment.from_toml(path, n_vectors=4, folds_from="b.csv:part")
    assert (experiment.n_vectors, experiment.C) == (4, 2.0)
    assert (experiment.folds_from, experiment.split) == ("b.csv:part", "predefined")
    with pytest.raises(InputError, match=r"^folds_from: got split 'kfold', expected predefined"):
        Experiment.from_toml(path, split="kfold")
    with pytest.raises(InputError, match=r"^C: got 0\.0"):
        Experiment.from_toml(path, C=0)
    path.write_text('split = "kfold"\n')
    assert Experiment.from_toml(path).split == "kfold"
    with pytest.raises(InputError, match=r"^folds_from: got split 'kfold', expected predefined"):
        Experiment.from_toml(path, folds_from="b.csv:part")
    path.write_text('C = 0\nfolds_from = "a.csv:fold"\n')
    with pytest.raises(InputError, match=r"experiment\.toml: C: got 0\.0"):
        Experiment.from_toml(path, C=1)
    path.write_text('folds_from = "a.csv:fold"\nsplit = "kfold"\n')
    with pytest.raises(InputError, match=r"experiment\.toml: folds_from: got split 'kfold'"):
        Experiment.from_toml(path)


def test_inputs_are_the_feature_file_and_the_tables():
    assert Experiment().inputs == []
    assert Experiment(file="a.hdf5", **FROM_TABLE).inputs == ["a.hdf5", "clips.csv", "clips.csv"]


def test_a_table_of_all_clips_can_be_used_with_a_subset(grid_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"{label},{clip},{label[0]}{clip // 2},{clip % 3}"
        for label in ("rock", "blues", "jazz")
        for clip in range(6)
    ]
    (tmp_path / "clips.csv").write_text("\n".join(["label,clip,artist,fold", *rows]))
    experiment = Experiment(file=str(grid_file), n_classes=2, n_clips=4, **FROM_TABLE)
    with open_features(grid_file) as store:
        clips = experiment.select(store).clips
        plain = replace(experiment, groups=None, folds_from=None).select(store).clips
    assert clips.ids.tolist() == [
        f"{label}/{clip}" for label in ("blues", "jazz") for clip in range(4)
    ]
    assert clips.groups.tolist() == ["b0", "b0", "b1", "b1", "j0", "j0", "j1", "j1"]
    assert clips.folds.tolist() == [0, 1, 2, 0] * 2
    assert plain.groups is None and plain.folds is None
