"""Parser of ``--grid``: names, values, ranges and errors."""

from dataclasses import fields

import pytest
from gpuclf.config.parts import Features, Svm
from gpuclf.config.search_grid import parse_axis, parse_space, searchable
from gpuclf.errors import InputError
from gpuclf.tuning.space import Choice, Range


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("C=0.1,1,10", (0.1, 1.0, 10.0)),
        ("C=1", (1.0,)),
        ("C=1,1.0,1e0,2", (1.0, 2.0)),
        ("n-vectors=3,6,12", (3, 6, 12)),
        ("kernel=linear,rbf", ("linear", "rbf")),
        ("gamma=scale,auto,0.5", ("scale", "auto", 0.5)),
        ("rectify=true,false", (True, False)),
        ("statistics=sum,mean+std,min+max", (("sum",), ("mean", "std"), ("min", "max"))),
        ("class_weight=none,balanced", ("none", "balanced")),
        ("n_frames=none,100", (None, 100)),
        ("dataset=Z,Xs", ("Z", "Xs")),
        ("svm_type=C,nu,linear", ("C", "nu", "linear")),
        ("overlap=half,none", ("half", "none")),
    ],
)
def test_values_have_the_type_of_their_hyper_parameter(text, values):
    [(name, axis)] = parse_space([text]).items()
    assert name == text.partition("=")[0].replace("-", "_")
    assert axis == Choice(values)
    assert [type(value) for value in axis.values] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("C=0.01..100", Range(0.01, 100.0, log=True)),
        ("gamma=1e-3..1", Range(1e-3, 1.0, log=True)),
        ("nu=0.1..0.5", Range(0.1, 0.5)),
        ("n_vectors=1..12", Range(1, 12, whole=True)),
        ("C=1..10", Range(1.0, 10.0, log=True)),
    ],
)
def test_ranges_of_c_and_gamma_are_logarithmic_and_others_linear(text, axis):
    [parsed] = parse_space([text]).values()
    assert parsed == axis and type(parsed.low) is type(parsed.high) is type(axis.low)


def test_a_space_keeps_its_order():
    assert list(parse_space(["scale=std,none", "C=1,2", "n-vectors=1..3"])) == [
        "scale",
        "C",
        "n_vectors",
    ]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["C"], "grid: got 'C', expected NAME=VALUES, as in C=0.1,1,10"),
        (["C="], "grid: got 'C=', expected NAME=VALUES, as in C=0.1,1,10"),
        (["=1,2"], "grid: got '', expected one of"),
        (["n_vector=1,2"], "grid: got 'n_vector', expected n_vectors"),
        (["kernl=rbf"], "grid: got 'kernl', expected kernel"),
        (["C=1", "scale=std", "C=2"], "grid: got C twice, expected each name once"),
        (["n-vectors=1", "n_vectors=2"], "grid: got n_vectors twice, expected each name once"),
        (["C=1,much"], "C: got 'much', expected a number"),
        (["C=1,,2"], "C: got '', expected a number"),
        (["C=1,nan"], "C: got nan, expected a number"),
        (["C=1,0"], "C: got 0.0, expected a number above 0"),
        (["nu=0.5,1.5"], "nu: got 1.5, expected a number above 0 and at most 1"),
        (["n_vectors=1.5"], "n_vectors: got '1.5', expected an integer"),
        (["kernel=rbf,poly"], "kernel: got 'poly', expected one of linear, rbf"),
        (["rectify=yes"], "rectify: got 'yes', expected true or false"),
        (["statistics=sum,median"], "statistics: got 'median', expected"),
        (["C=10..1"], "range: got 10..1, expected LOW..HIGH with LOW < HIGH"),
        (["C=1..1"], "range: got 1..1, expected LOW..HIGH with LOW < HIGH"),
        (["C=0..1"], "C: got 0.0, expected a number above 0"),
        (["C=1..much"], "C: got 'much', expected a number"),
        (["C=1.."], "C: got '', expected a number"),
        (["C=0.1..1,5"], "C: got '1,5', expected a number"),
        (["nu=0.1..1.5"], "nu: got 1.5, expected a number above 0 and at most 1"),
        (["n_vectors=1..2.5"], "n_vectors: got '2.5', expected an integer"),
        (["kernel=linear..rbf"], "kernel: got the range linear..rbf, expected comma-separated"),
        (["rectify=false..true"], "rectify: got the range false..true, expected comma"),
        (["gamma=scale..1"], "gamma: got the range scale..1, expected comma-separated"),
    ],
)
def test_an_invalid_grid_is_an_error_of_one_line(texts, message):
    with pytest.raises(InputError) as caught:
        parse_space(texts)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["file", "n_classes", "n_clips", "solver", "folds", "groups"])
def test_names_that_change_the_clips_or_not_the_result_are_not_searchable(name):
    assert name not in searchable()
    with pytest.raises(InputError, match=f"grid: got '{name}'"):
        parse_axis(name, "1,2")


def test_all_other_hyper_parameters_are_searchable():
    names = {field.name for part in (Features, Svm) for field in fields(part)}
    assert set(searchable()) == names - {"n_classes", "n_clips", "solver"}
