"""Terminal tables of feature files."""

import gpuclf
from gpuclf.report import tables

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
