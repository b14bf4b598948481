"""Order of the vectors by class."""

import numpy as np
from gpuclf.backend.gpu_layout import Layout
from hypothesis import given
from hypothesis import strategies as st


def pairs_of(y, classes):
    members = [np.flatnonzero(y == c) for c in classes]
    return [
        (np.concatenate([members[a], members[b]]), len(members[a]))
        for a in range(len(classes))
        for b in range(a + 1, len(classes))
    ]


labellings = st.lists(st.integers(0, 4), min_size=2, max_size=30).filter(
    lambda y: len(set(y) - {4}) > 1
)


@given(labellings)
def test_the_vectors_of_every_pair_are_two_runs(labels):
    y = np.array(labels)
    pairs = pairs_of(y, sorted(set(labels) - {4}))  # class 4 is in no pair
    layout = Layout(pairs, len(y))
    np.testing.assert_array_equal(np.sort(layout.order), np.arange(len(y)))
    np.testing.assert_array_equal(layout.position[layout.order], np.arange(len(y)))
    for pair, (index, first) in enumerate(pairs):
        a, b = layout.first_row[pair], layout.second_row[pair]
        np.testing.assert_array_equal(layout.order[a : a + first], index[:first])
        np.testing.assert_array_equal(layout.order[b : b + len(index) - first], index[first:])


@given(labellings)
def test_terms_name_the_coefficients_of_each_class(labels):
    y = np.array(labels)
    pairs = pairs_of(y, sorted(set(labels) - {4}))
    layout = Layout(pairs, len(y))
    coefficients = np.concatenate([index for index, _ in pairs])  # vector of each coefficient
    found = 0
    for run in layout.classes:
        vectors = layout.order[run["begin"] : run["begin"] + run["count"]]
        for term in layout.terms[run["first_term"] : run["first_term"] + run["terms"]]:
            begin = term["offset"]
            assert layout.starts[term["pair"]] <= begin < layout.starts[term["pair"] + 1]
            np.testing.assert_array_equal(coefficients[begin : begin + run["count"]], vectors)
            found += run["count"]
    assert found == len(coefficients)


@given(labellings)
def test_sums_of_pairs_are_sums_over_their_vectors(labels):
    y = np.array(labels)
    pairs = pairs_of(y, sorted(set(labels) - {4}))
    layout = Layout(pairs, len(y))
    values = np.arange(2 * len(y)).reshape(2, -1) ** 2
    expected = [[row[index].sum() for index, _ in pairs] for row in values]
    np.testing.assert_array_equal(layout.sums_of_pairs(values[:, layout.order]), expected)


def test_sorted_vectors_are_left_in_place():
    y = np.repeat([0, 1, 2], 4)
    assert Layout(pairs_of(y, [0, 1, 2]), 12).is_sorted
    assert not Layout(pairs_of(y[::-1], [0, 1, 2]), 12).is_sorted
