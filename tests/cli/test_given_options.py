"""Options without an effect are refused on the command line; other sources of values are not."""

import pytest

QUICK = ("--folds", "2", "--repeats", "1", "--backend", "cpu")
SEARCH = ("--grid", "C=0.1,1", "--inner", "2", *QUICK)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "--nu", "0.2"), "--nu: got no effect with --svm-type C"),
        (("evaluate", "--C", "1", "--svm-type", "nu"), "--C: got no effect with --svm-type nu"),
        (("evaluate", "--kernel", "rbf", "--svm-type", "linear"), "--kernel: got no effect"),
        (("evaluate", "--gamma", "0.1"), "--gamma: got no effect with --kernel linear"),
        (("evaluate", "--no-rectify", "--log", "db"), "--rectify: got no effect with --log db"),
        (("train", "--model", "m.npz", "--nu", "0.2"), "--nu: got no effect"),
        (("search", *SEARCH, "--trials", "5"), "--trials: got no effect with --method grid"),
        (("search", *SEARCH, "--C", "5"), "--C: got --C and values of C to compare"),
        (("search", *SEARCH, "--gamma", "5"), "--gamma: got no effect with --kernel linear"),
        (("sweep", "--param", "C", "--values", "1,2", "--C", "5"), "--C: got --C and values"),
        (("audit", "--gamma", "2"), "--gamma: got no effect with --kernel linear"),
    ],
)
def test_an_option_without_an_effect_is_refused(refused, grid_file, arguments, message):
    error = refused(arguments[0], grid_file, *arguments[1:])
    assert message in error and f"see: gpuclf {arguments[0]} --help" in error


def test_values_of_a_config_file_and_of_a_preset_need_no_effect(run, grid_file, tmp_path):
    (tmp_path / "e.toml").write_text("nu = 0.2\ngamma = 0.1\n")
    options = ("--config", tmp_path / "e.toml", "--preset", "recordings", "--svm-type", "linear")
    assert run("evaluate", grid_file, *options, *QUICK)[0] == 0


def test_a_grid_may_give_an_option_its_effect(run, grid_file):
    grid = ("--grid", "kernel=linear,rbf", "--inner", "2")
    assert run("search", grid_file, *grid, "--gamma", "0.1", *QUICK)[0] == 0


def test_settings_of_other_features_are_refused_by_extract(refused, tmp_path):
    error = refused("extract", tmp_path, "f", "--features", "Xs", "--n-mels", "64")
    assert "--n-mels: got no effect with --features Xs" in error


def test_reading_options_are_refused_for_recordings(refused, tmp_path):
    error = refused("predict", "m.npz", tmp_path, "--no-cache")
    assert "--cache: got no effect with recordings, expected a feature file" in error
