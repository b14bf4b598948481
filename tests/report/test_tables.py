"""Terminal tables of feature files."""

import gpuclf
import pytest
from gpuclf.report import tables
from gpuclf.report.html_parts import Grid, Heading
from gpuclf.report.result import METRICS

from shown import shown


def test_store_tables_describe_a_feature_file(grid_file):
    with gpuclf.open_features(grid_file) as store:
        text = shown(tables.store_tables(store, gpuclf.resolve("cpu")), width=120)
    for part in (
        "grid",
        "blues, jazz, rock",
        "(3, 6, 20, 2, 8)",
        "float32",
        "gzip, shuffle",
        "by h5py",
    ):
        assert part in text
    assert "blues  6 clips" in text


@pytest.mark.parametrize("name", ["accuracy", METRICS["balanced_accuracy"]])
def test_name_of_a_leading_metric_is_a_complete_heading(name):
    grid = Grid([Heading("C"), Heading(name)])
    grid.add("1", "50.0 %")
    assert name in shown(tables.grid_table(grid))
