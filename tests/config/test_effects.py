"""Options that have no effect with the others are refused."""

from dataclasses import fields

import pytest
from gpuclf.audio.settings import Extraction
from gpuclf.config.effects import EFFECTS, check_effects
from gpuclf.config.experiment import PART_OF
from gpuclf.errors import InputError

ELSEWHERE = {"trials", "backend", "device", "memory", "cache", "method", "input", "onnx"}
VALUES = {
    "svm_type": ["C"],
    "kernel": ["linear"],
    "log": ["db"],
    "protocol": ["thesis"],
    "majority_voting": [False],
    "method": ["grid"],
    "features": ("mel",),
    "input": ["recordings"],
}


@pytest.mark.parametrize(
    ("name", "changed", "message"),
    [
        ("nu", {}, "--nu: got no effect with --svm-type C, expected --svm-type nu, or no --nu"),
        ("C", {"svm_type": ["nu"]}, "--C: got no effect with --svm-type nu, expected --svm-type C"),
        ("kernel", {"svm_type": ["linear"]}, "expected --svm-type C or nu, or no --kernel"),
        ("gamma", {}, "--gamma: got no effect with --kernel linear, expected --kernel rbf"),
        ("gamma", {"svm_type": ["linear"]}, "got no effect with --svm-type linear"),
        ("rectify", {}, "--rectify: got no effect with --log db, expected --log none"),
        ("groups", {}, "expected --majority-voting or --protocol inductive, or no --groups"),
        (
            "protocol",
            {"scale": ["none"], "majority_voting": [True]},
            "with --scale none and --majority-voting, expected --scale minmax or std or --no-maj",
        ),
        ("trials", {}, "with --method grid, expected --method random or guided, or no --trials"),
        ("n_mfcc", {}, "--n-mfcc: got no effect with --features mel, expected --features mfcc"),
        ("frame", {}, "with --features mel, expected --features Xa or Xs or Xn"),
        ("memory", {}, "--memory: got no effect with recordings, expected a feature file"),
    ],
)
def test_an_option_without_an_effect_raises_and_names_the_value_it_needs(name, changed, message):
    with pytest.raises(InputError) as caught:
        check_effects([name], VALUES | changed)
    assert message in str(caught.value)


def test_one_of_several_values_is_enough():
    check_effects(["gamma"], VALUES | {"kernel": ["linear", "rbf"]})
    check_effects(["n_mels", "n_mfcc", "frame"], {"features": ("Xa", "mfcc")})
    check_effects(["groups"], VALUES | {"protocol": ["inductive"]})


def test_options_that_are_not_given_are_not_checked():
    check_effects([], VALUES)


def test_an_option_whose_values_are_compared_raises():
    message = "--C: got --C and values of C to compare, expected one of the two"
    with pytest.raises(InputError, match=message):
        check_effects(["C"], VALUES, varied=["C"])


def test_the_table_names_existing_options():
    known = {*PART_OF, *(each.name for each in fields(Extraction)), *ELSEWHERE}
    needed = {name for each in EFFECTS.values() for needs in each for name in needs}
    assert EFFECTS.keys() | needed <= known
