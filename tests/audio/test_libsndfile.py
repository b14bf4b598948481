"""Lengths that the log of libsndfile contains."""

import pytest
from gpuclf.audio.libsndfile import stated_length


@pytest.mark.parametrize(
    ("log", "length"),
    [
        ("data : 48000\nEnd\n", 100),
        ("data : 48000 (should be 24000)\nEnd\n", 200),
        (" SSND : 48000 (should be 24000)\n", 200),
        ("  Data Size   : 48000 (should be 24000)\n", 200),
        ("RIFF : 48036 (should be 24036)\ndata : 24000\n", 100),  # a chunk after the data is cut
        ("data : 24000 (should be 48000)\n", 100),
        ("data : 2147483647 (should be 24000)\n", None),
        ("data : 4294967295 (should be 24000)\n", None),
        ("  Data Size   : -1 (should be 24000)\n", None),
        ("data : 48000 (should be 0)\n", 100),
        ("", 100),
    ],
)
def test_length_is_stated_by_the_size_of_the_data(log, length):
    assert stated_length(100, log) == length


def test_unknown_number_of_samples_is_no_length():
    assert stated_length(2**63 - 1, "") is None
