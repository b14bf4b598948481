import gpuclf


def test_every_public_name_is_there_and_documented():
    assert dir(gpuclf) == gpuclf.__all__
    for name in gpuclf.__all__:
        assert getattr(gpuclf, name).__doc__, name


def test_the_version_is_the_packages():
    assert gpuclf.__version__.count(".") == 2
