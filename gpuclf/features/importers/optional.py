"""Optional dependencies of the importers."""

from __future__ import annotations

import importlib

from gpuclf.errors import InputError, first_line


def required_module(module: str, *, extra: str, what: str) -> None:
    """Check that an optional dependency can be imported.

    Parameters
    ----------
    module : str
    extra : str
        Extra of gpuclf that installs it.
    what : str
        The file that requires it, for the error message.

    Raises
    ------
    InputError
        If not; the message contains the command that installs it.

    Examples
    --------
    >>> required_module("no_module", extra="parquet", what="a.parquet")
    Traceback (most recent call last):
    gpuclf.errors.InputError: a.parquet: got no module no_module,
        expected python -m pip install 'gpuclf[parquet]'
    """
    try:
        importlib.import_module(module)
    except ImportError as error:
        reason = f"no module {error.name}" if error.name else first_line(error)
        expected = f"python -m pip install 'gpuclf[{extra}]'"
        raise InputError(what, got=reason, expected=expected) from error
