"""Optional dependencies of the importers."""

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.optional import required_module


def test_an_installed_module_is_accepted_and_a_missing_one_named():
    required_module("json", extra="x", what="a")
    with pytest.raises(InputError, match=r"^a: got no module nothing_here, .*'gpuclf\[x\]'$"):
        required_module("nothing_here.at_all", extra="x", what="a")
