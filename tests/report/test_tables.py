"""What the tables say; how they look is for people to judge."""

import gpuclf
from gpuclf.report import tables

from shown import shown


def test_a_file_is_described(grid_file):
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
