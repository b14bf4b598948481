"""VectorTransformer: scikit-learn's interface, shapes, names."""

import numpy as np
import pandas as pd
import pytest
from gpuclf import ClipClassifier, FeatureVectors, VectorTransformer
from gpuclf.errors import InputError
from sklearn import config_context
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

X = np.random.default_rng(0).normal(size=(8, 3, 4))
Y = np.repeat(["a", "b"], 4)


@parametrize_with_checks(
    [VectorTransformer(StandardScaler()), VectorTransformer(SelectKBest(k=1))],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_transformer_passes_scikit_learns_estimator_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("given", [X, X.reshape(8, 12), pd.DataFrame(X.reshape(8, 12))])
def test_each_vector_is_transformed_and_stays_in_its_clip(given):
    expected = PCA(2).fit_transform(X.reshape(24, 4)).reshape(8, 3, 2)
    got = VectorTransformer(PCA(2), n_vectors_per_clip=3).fit_transform(given)
    np.testing.assert_allclose(got, expected if given is X else expected.reshape(8, 6), atol=1e-12)


def test_labels_are_those_of_the_clip_of_each_vector():
    marked = X.copy()
    marked[4:, :, 2] += 9
    selected = VectorTransformer(SelectKBest(k=1)).fit_transform(marked, Y)
    np.testing.assert_array_equal(selected[:, :, 0], marked[:, :, 2])


def test_missing_values_are_accepted_if_the_transformer_accepts_them():
    missing = np.where(X > 1, np.nan, X)
    assert np.isfinite(VectorTransformer(SimpleImputer()).fit_transform(missing)).all()
    with pytest.raises(ValueError, match="contains NaN"):
        VectorTransformer(PCA(2)).fit(missing)


def test_names_are_those_of_the_features_of_a_vector():
    names = ["mel_0_std", "mel_1_std", "mel_2_std", "mel_3_std"]
    scaler = VectorTransformer(StandardScaler()).fit(X)
    assert scaler.get_feature_names_out(names).tolist() == names
    assert scaler.get_feature_names_out().tolist() == ["x0", "x1", "x2", "x3"]
    pipeline = make_pipeline(scaler, VectorTransformer(PCA(2))).fit(X)
    assert pipeline.get_feature_names_out(names).tolist() == ["pca0", "pca1"]


def test_columns_of_a_data_frame_are_named_by_vector():
    rows = VectorTransformer(PCA(2), n_vectors_per_clip=3).set_output(transform="pandas")
    frame = rows.fit_transform(X.reshape(8, 12))
    assert frame.columns.tolist() == ["0_pca0", "0_pca1", "1_pca0", "1_pca1", "2_pca0", "2_pca1"]
    with config_context(transform_output="pandas"):
        single = VectorTransformer(StandardScaler()).fit_transform(
            pd.DataFrame(X[:, 0]).add_prefix("f")
        )
    assert single.columns.tolist() == ["f0", "f1", "f2", "f3"]


def test_rows_that_cannot_be_divided_raise():
    with pytest.raises(InputError, match="n_vectors_per_clip: got 5, expected a divisor of 12"):
        VectorTransformer(PCA(2), n_vectors_per_clip=5).fit(X.reshape(8, 12))


def test_a_pipeline_is_an_estimator_of_scikit_learn():
    pipeline = make_pipeline(VectorTransformer(PCA(2)), ClipClassifier(backend="cpu"))
    marked = X + 3 * (Y == "b")[:, None, None]
    assert cross_val_score(pipeline, marked, Y, cv=2).mean() == 1


def test_feature_vectors_name_their_features():
    vectors = FeatureVectors(X, None, (), np.arange(8).astype(str))
    assert vectors.get_feature_names_out().tolist() == ["x0", "x1", "x2", "x3"]
    named = FeatureVectors(
        X, None, (), np.arange(8).astype(str), feature_names=("a", "b", "c", "d")
    )
    assert named.get_feature_names_out().tolist() == ["a", "b", "c", "d"]
    assert named.as_single_vectors().get_feature_names_out().tolist() == ["a", "b", "c", "d"]
    with pytest.raises(InputError, match="feature_names: got 3 names, expected 4"):
        FeatureVectors(X, None, (), np.arange(8).astype(str), feature_names=("a", "b", "c"))
