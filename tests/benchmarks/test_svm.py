import numpy as np
from gpuclf.backend import resolve
from gpuclf.model.classifier import ClipClassifier
from measure_svm import OURS, bench_svm, synthetic_vectors


def bench(protocol="inductive", values=(1.0,), **parameters):
    backend = resolve("cpu")
    return bench_svm(
        synthetic_vectors(3, 10, 4, 8),
        ClipClassifier(**parameters, backend=backend),
        values,
        protocol=protocol,
        folds=3,
        repeats=2,
        library_folds=2,
        backend=backend,
        rounds=2,
        libraries=["scikit-learn"],
    )


def test_all_methods_are_timed_in_every_round_and_labels_are_compared():
    result = bench()
    assert result.rounds.seconds.keys() == {OURS, "scikit-learn"}
    assert all(len(times) == 2 for times in result.rounds.seconds.values())
    assert result.agreement["scikit-learn"] >= 0.99 and result.clips["scikit-learn"] <= 1
    assert (result.folds, result.library_folds, result.values) == (6, 2, 1)
    assert result.to_dict()["ratio"].keys() == {"scikit-learn"}


def test_thesis_protocol_with_rbf_kernel_and_several_values():
    assert bench("thesis", (1.0, 10.0), kernel="rbf", scale="std").values == 2


def test_equal_seeds_give_equal_vectors():
    one, other = (synthetic_vectors(2, 3, 4, 5, seed=1) for _ in range(2))
    np.testing.assert_array_equal(one.X, other.X)
    assert one.X.dtype == np.float32 and (one.X > 0).all()
