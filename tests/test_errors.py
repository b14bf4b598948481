import pytest
from gpuclf.errors import BackendError, GpuclfError, InputError, did_you_mean, one_of


def test_a_message_has_the_form_what_got_expected():
    assert str(GpuclfError("C", got=-1, expected="a number above 0")) == (
        "C: got -1, expected a number above 0"
    )
    assert str(GpuclfError("labels", expected="one each")) == "labels: expected one each"
    assert str(GpuclfError("nothing to do")) == "nothing to do"


def test_errors_are_also_built_in_exceptions():
    assert issubclass(InputError, ValueError)
    assert issubclass(BackendError, RuntimeError)


def test_did_you_mean_suggests_one_name_or_lists_all():
    assert one_of(["a", "b"]) == "one of a, b"
    assert did_you_mean("kernl", ["kernel", "scale"]) == "kernel"
    assert did_you_mean("tempo", ["kernel", "scale"]) == "one of kernel, scale"


def test_gpuclf_error_is_the_base_class():
    with pytest.raises(GpuclfError):
        raise InputError("x")
