"""The columns of a table by their roles, given or with usual names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gpuclf.errors import InputError, did_you_mean, listed
from gpuclf.features.importers.column_names import USUAL_NAMES
from gpuclf.features.importers.csv_table import Table


def columns_by_role(
    table: Table,
    roles: Collection[str],
    given: Mapping[str, str | None] | None = None,
    required: Collection[str] = (),
) -> dict[str, str]:
    r"""Return the column of each role that a table has.

    Parameters
    ----------
    table : Table
        Table with the column names in its first line.
    roles : collection of str
        Roles to look for: keys of `gpuclf.features.importers.column_names.USUAL_NAMES`.
    given : mapping of str to str or None, optional
        Column by role. A role without one has the first of its usual names, or else the only other
        one that the table has.
    required : collection of str
        Roles that the table must have.

    Returns
    -------
    dict of str to str
        Column name by role.

    Raises
    ------
    InputError
        If a given column or one of a required role does not exist, or several columns have usual
        names of a role; the message lists the columns and names the option.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gpuclf.features.importers.csv_table import read_table
    >>> path = Path("esc50.csv")
    >>> _ = path.write_text("filename,fold,target,category\na.wav,1,0,dog\n")
    >>> columns_by_role(read_table(str(path)), ["path", "label", "fold"], {"label": "target"})
    {'path': 'filename', 'label': 'target', 'fold': 'fold'}
    """
    found: dict[str, str] = {}
    for role in roles:
        own = (given or {}).get(role)
        name = own or _usual_name(table, role, found.values())
        if name in table:
            found[role] = name
        elif own is not None or role in required:
            expected = f"{did_you_mean(name, table.names)} (option --{role}-column)"
            raise InputError(f"{table.path}, column", got=repr(name), expected=expected)
    return found


def _usual_name(table: Table, role: str, used: Collection[str]) -> str:
    """Return the usual name of a role that the table has; the first one if it has none."""
    first, *others = USUAL_NAMES[role]
    names = [name for name in others if name in table and name not in used]
    if first in table or not names:
        return first
    if len(names) > 1:
        got = f"several columns that could be the {role}: {listed(names)}"
        raise InputError(table.path, got=got, expected=f"--{role}-column to name one")
    return names[0]
