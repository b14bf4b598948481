"""Settings are equal if they differ only in unused parameters."""

import numpy as np
import pytest
from gpuclf import ClipClassifier
from gpuclf.validation.setting import Setting

from clips import make_clips

VECTORS = make_clips()


def setting(**parameters):
    return Setting(ClipClassifier(**parameters), VECTORS)


@pytest.mark.parametrize(
    ("common", "one", "other"),
    [
        ({}, {"gamma": 0.1}, {"gamma": 10}),
        ({}, {"nu": 0.1}, {"nu": 0.2}),
        ({"svm_type": "nu"}, {"C": 1}, {"C": 10}),
        ({"svm_type": "nu"}, {"gamma": 1.0}, {"gamma": "auto"}),
        ({"svm_type": "linear"}, {"kernel": "rbf"}, {"kernel": "linear"}),
        ({"svm_type": "linear", "kernel": "rbf"}, {"gamma": 1.0}, {"gamma": 2.0}),
        ({"svm_type": "linear"}, {"nu": 0.1}, {"nu": 0.2}),
        ({}, {"C": 1}, {"C": 1.0}),
        ({"kernel": "rbf"}, {"gamma": 1}, {"gamma": np.float64(1)}),
        ({}, {"backend": "cpu"}, {"backend": "auto"}),
        ({}, {"n_vectors_per_clip": 1}, {"n_vectors_per_clip": 12}),
    ],
)
def test_unused_parameters_do_not_distinguish_settings(common, one, other):
    one, other = setting(**common, **one), setting(**common, **other)
    assert one.relevant == other.relevant and one.path == other.path


@pytest.mark.parametrize(
    ("common", "one", "other"),
    [
        ({}, {"kernel": "rbf"}, {"kernel": "linear"}),
        ({"kernel": "rbf"}, {"gamma": 1.0}, {"gamma": "scale"}),
        ({"svm_type": "nu", "kernel": "rbf"}, {"gamma": 1.0}, {"gamma": 2.0}),
        ({}, {"scale": "std"}, {"scale": "none"}),
        ({}, {"svm_type": "C"}, {"svm_type": "linear"}),
        ({}, {"class_weight": None}, {"class_weight": "balanced"}),
        ({}, {"class_weight": {"rock": 2.0}}, {"class_weight": {"rock": 3.0}}),
        ({}, {"solver": "shared"}, {"solver": "library"}),
    ],
)
def test_used_parameters_distinguish_settings_and_paths(common, one, other):
    one, other = setting(**common, **one), setting(**common, **other)
    assert one.relevant != other.relevant and one.path != other.path


@pytest.mark.parametrize("svm_type", ["C", "nu"])
def test_values_of_c_or_nu_are_on_one_path(svm_type):
    name = {"C": "C", "nu": "nu"}[svm_type]
    one, other = (setting(svm_type=svm_type, **{name: value}) for value in (0.1, 0.2))
    assert one.relevant != other.relevant and one.path == other.path
    assert (one.value, other.value) == (0.1, 0.2)


def test_other_vectors_are_on_another_path():
    one, other = (Setting(ClipClassifier(), vectors) for vectors in (VECTORS, make_clips()))
    assert one.path != other.path
