"""Errors of the operating system are described in plain words, however a library reports them."""

import errno
import os

import h5py
import pytest
from gpuclf._utils.system_errors import system_reason


def raised(function):
    with pytest.raises(Exception) as caught:
        function()
    return caught.value


def test_no_known_error_is_described_in_the_words_of_the_system():
    for number in errno.errorcode:
        reason = system_reason(OSError(number, os.strerror(number), "r.json"))
        assert "Errno" not in reason and "r.json" not in reason
        assert os.strerror(number) != reason and reason[0].islower()


def test_an_error_of_hdf5_is_described_like_that_of_the_system(tmp_path):
    error = raised(lambda: h5py.File(tmp_path, "r"))
    assert system_reason(error) == "a folder"


def test_the_number_in_a_message_is_read():
    text = "Can't write data (file write failed: time = now, errno = 28, error message = 'No')"
    assert system_reason(RuntimeError(text)) == "a full disk"


def test_a_chained_error_is_described_by_its_cause():
    error = RuntimeError("cannot save")
    error.__cause__ = OSError(errno.EDQUOT, "Disk quota exceeded")
    assert system_reason(error) == "a full disk quota"


def test_a_number_of_a_library_is_no_number_of_the_system():
    assert system_reason(OSError(1094995529, "Invalid data found")) == "Invalid data found"


def test_other_errors_keep_their_first_line():
    assert system_reason(ValueError("first\nsecond")) == "first"
