"""Decision values and votes by emulated CUDA kernels, against NumPy."""

import numpy as np
import pytest
from gpuclf.backend.gpu_decide import Decider, vote_of_pairs
from gpuclf.backend.gpu_kernel import FoldKernel
from gpuclf.backend.gpu_layout import Layout
from gpuclf.backend.votes import vote_of_pairs as vote_on_the_cpu
from hypothesis import given
from hypothesis import strategies as st

COUNTS = 300, 20, 33  # vectors of each class; the first has more than a block reads at a time


def make_problem(values=2, folds=2):
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat(np.arange(3), COUNTS))
    members = [np.flatnonzero(y == c) for c in range(3)]
    pairs = [
        (np.concatenate([members[a], members[b]]), len(members[a]))
        for a, b in [(0, 1), (0, 2), (1, 2)]
    ]
    matrix = rng.random((len(y), len(y)), np.float32)
    tested = [np.sort(rng.choice(len(y), count, replace=False)) for count in (37, 1)]
    size = sum(len(index) for index, _ in pairs)
    return pairs, matrix, tested, rng.normal(size=(folds, values, size))


@pytest.mark.parametrize("rate", [0.0, 0.7], ids=["kernel", "squared distances"])
def test_decisions_are_products_of_kernel_rows_and_coefficients(device, rate):
    pairs, matrix, tested, beta = make_problem()
    layout = Layout(pairs, len(matrix))
    stored = np.ascontiguousarray(matrix[np.ix_(layout.order, layout.order)])
    decider = Decider(layout, tested, beta.shape[1], device)
    decider.decide([1], [FoldKernel(stored, rate)], beta)
    decider.decide([0], [FoldKernel(stored, rate)], beta)
    kernel = np.exp2(-np.float32(rate) * matrix) if rate else matrix
    for fold, rows in enumerate(tested):
        got = decider.decisions[decider.begins[fold] : decider.begins[fold + 1]]
        for value in range(beta.shape[1]):
            for pair, (index, _) in enumerate(pairs):
                coefficients = beta[fold, value, layout.starts[pair] : layout.starts[pair + 1]]
                expected = kernel[np.ix_(rows, index)].astype(float) @ coefficients
                np.testing.assert_allclose(got[:, value, pair], expected, rtol=1e-6, atol=1e-5)


def test_folds_without_test_vectors_have_no_decisions(device):
    pairs, matrix, _, beta = make_problem()
    decider = Decider(Layout(pairs, len(matrix)), [np.arange(0)], 2, device)
    decider.decide([0], [FoldKernel(matrix, 0.0)], beta)
    assert decider.decisions.shape == (0, 2, 3)


@st.composite
def decisions_of_pairs(draw):
    n_classes = draw(st.integers(2, 6))
    every = [(a, b) for a in range(n_classes) for b in range(a + 1, n_classes)]
    pairs = draw(st.lists(st.sampled_from(every), min_size=1, unique=True))
    values = st.sampled_from([-2.5, -0.1, 0.0, 0.3, 1e9])
    rows = draw(st.integers(1, 4))
    flat = draw(st.lists(values, min_size=rows * len(pairs), max_size=rows * len(pairs)))
    return np.array(flat).reshape(rows, len(pairs)), sorted(pairs), n_classes


@given(decisions_of_pairs())
def test_votes_and_scores_equal_those_of_the_cpu(device, case):
    for got, expected in zip(vote_of_pairs(*case, device), vote_on_the_cpu(*case), strict=True):
        np.testing.assert_array_equal(got, expected)
