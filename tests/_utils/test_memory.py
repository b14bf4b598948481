"""CPU cores, free memory and memory limits."""

import psutil
import pytest
from gpuclf._utils import memory as resources
from gpuclf._utils.memory import cores, free_memory, memory_limit, size_text
from gpuclf.errors import InputError
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [("1", 1), ("512M", 512 * 2**20), ("1.5 GiB", 3 * 2**29), ("2gb", 2**31), (1000, 1000)],
)
def test_a_memory_limit_is_parsed_with_its_unit(text, nbytes):
    assert memory_limit(text) == nbytes


@pytest.mark.parametrize("text", ["", "much", "-1", "0", "1.5.2G", "12Q", "nan", "1e9"])
def test_an_invalid_size_is_an_error(text):
    with pytest.raises(InputError, match="expected a size such as 512M or 2G"):
        memory_limit(text)


@given(nbytes=st.integers(1, 2**50))
def test_a_formatted_size_is_parsed_back(nbytes):
    assert memory_limit(size_text(nbytes).removesuffix(" bytes")) == pytest.approx(nbytes, rel=0.01)


def test_the_default_limit_is_a_quarter_of_the_free_memory_up_to_one_gibibyte(monkeypatch):
    for free, limit in ((400, 100), (2**40, 2**30)):
        monkeypatch.setattr(resources, "free_memory", lambda free=free: free)
        assert memory_limit() == limit


def test_free_memory_respects_the_limit_of_the_container(monkeypatch, tmp_path):
    monkeypatch.setattr(resources, "_CONTAINER", tmp_path)
    assert free_memory() > 2**20  # no such files
    (tmp_path / "memory.current").write_text("3000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory() > 2**20
    (tmp_path / "memory.max").write_text("5000\n")
    assert free_memory() == 2000


def test_at_least_one_core_is_available():
    assert 1 <= cores() <= psutil.cpu_count()
