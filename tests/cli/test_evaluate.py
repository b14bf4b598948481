"""The option --predictions of evaluate."""

import json
import os

import numpy as np
import pandas as pd
import pytest

QUICK = ("--folds", "3", "--repeats", "2", "--split", "stratified-kfold", "--backend", "cpu")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_predictions_are_written_and_agree_with_the_json(run, grid_file, tmp_path, suffix):
    outputs = tmp_path / f"p{suffix}", tmp_path / "r.json"
    status, _, err = run(
        "evaluate", grid_file, *QUICK, "--predictions", outputs[0], "--json", outputs[1]
    )
    assert status == 0, err
    frame = pd.read_csv(outputs[0]) if suffix == ".csv" else pd.read_parquet(outputs[0])
    result = json.loads(outputs[1].read_text())
    correct = frame["label"] == frame["predicted"]
    scores = correct.groupby([frame["repeat"], frame["fold"]]).mean()
    np.testing.assert_allclose(scores, np.ravel(result["scores"]))
    assert len(frame) == 2 * 18 and set(frame["id"]) == set(result["clips"]["ids"])
    assert "predictions" not in result
    assert sorted(os.listdir(tmp_path)) == sorted([grid_file.name, *(p.name for p in outputs)])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("p.txt", "p.txt: got '.txt', expected one of .csv, .parquet"),
        ("no/p.csv", "got a folder that does not exist"),
        ("grid.hdf5", "grid.hdf5: got '.hdf5', expected one of .csv"),
    ],
)
def test_an_unusable_path_is_refused_before_the_run(refused, grid_file, tmp_path, name, message):
    assert message in refused("evaluate", grid_file, *QUICK, "--predictions", tmp_path / name)
    assert os.listdir(tmp_path) == [grid_file.name]


def test_parquet_without_pyarrow_is_refused_before_the_run(
    refused, grid_file, tmp_path, monkeypatch
):
    monkeypatch.setattr("gpuclf._utils.table.find_spec", lambda name: None)
    err = refused("evaluate", grid_file, *QUICK, "--predictions", tmp_path / "p.parquet")
    assert "got no pyarrow, expected python -m pip install 'gpuclf[parquet]'" in err


def test_predictions_and_json_must_be_different_files(refused, grid_file, tmp_path):
    same = tmp_path / "out.csv"
    err = refused("evaluate", grid_file, *QUICK, "--predictions", same, "--json", same)
    assert "got the path of another output" in err
