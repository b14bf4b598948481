import pytest
from gpuclf.errors import BackendError, GpuclfError, InputError, did_you_mean, listed, one_of


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


def test_a_long_list_is_shortened():
    columns = [f"mfcc_{number}" for number in range(300)]
    for text in (one_of(columns), did_you_mean("artist", columns), str(InputError("x", columns))):
        assert len(text) < 1100 and text.count("mfcc") < 100
    assert one_of(columns).endswith("mfcc_18, mfcc_19 and 280 more")
    assert listed("abc", most=2) == "a, b and 1 more" and listed("ab", most=2) == "a, b"


def test_a_long_value_keeps_its_start_and_end():
    message = str(InputError("label", got="a" * 10_000 + "z", expected="b"))
    assert len(message) < 1100
    assert message.startswith("label: got aaa") and message.endswith("aaz, expected b")


def test_gpuclf_error_is_the_base_class():
    with pytest.raises(GpuclfError):
        raise InputError("x")
