"""Option of a command from the field of a parameter dataclass."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import Field
from typing import Any, Literal, TypeVar, get_args, get_origin

import rich_click as click

from gpuclf._utils.formatting import option_words
from gpuclf.config.presets import PRESETS

MANY = 3  # choices that are listed next to the option instead of in its help

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def field_option(
    parameter: Field[Any], hint: Any, description: str, panel: str
) -> Callable[[Decorated], Decorated]:
    """Return the option of one hyper-parameter; its value is None unless it is given.

    Parameters
    ----------
    parameter : dataclasses.Field
        Field of a dataclass of parameters.
    hint : type
        Resolved type of the field.
    description : str
        Description of the field, from the docstring of its class.
    panel : str
        Panel of ``--help``.
    """
    name = parameter.name
    flag = "--" + name.replace("_", "-")
    if hint is bool and parameter.default:
        flag += f"/--no-{flag[2:]}"
    kind, metavar = _option_type(hint)
    text = description.rstrip(".")
    stated = re.search(r"; (?:by default (.+)|(.+) by default)$", text)
    text, default = (text[: stated.start()], stated[1] or stated[2]) if stated else (text, "")
    if isinstance(kind, click.Choice) and len(kind.choices) > MANY:
        metavar = "METHOD"
        text += f": {', '.join(kind.choices)}"
    default = default or _default_text(parameter)
    return click.option(
        flag,
        name,
        default=None,
        is_flag=hint is bool,
        type=kind,
        metavar=metavar,
        help=f"{text}." + (f" [default: {default}]" if default else ""),
        panel=panel,
    )


def _default_text(parameter: Field[Any]) -> str:
    """Return the default of a hyper-parameter, with those of presets that differ."""
    name, default = parameter.name, parameter.default
    if default is None or default is False:
        return ""
    presets: dict[str, list[str]] = {}
    for preset, values in PRESETS.items():
        value = {**values.extraction, **values.experiment}.get(name, default)
        if value != default:
            presets.setdefault(option_words(name, value)[-1], []).append(preset)
    texts = [f"preset {' and '.join(names)}: {value}" for value, names in presets.items()]
    return "; ".join([option_words(name, default)[-1], *texts])


def _option_type(hint: Any) -> tuple[Any, str | None]:
    """Return click's type of a field and its metavar; the field itself checks what click cannot."""
    if get_origin(hint) is Literal:
        return click.Choice(get_args(hint)), None
    if get_origin(hint) is tuple:
        return click.STRING, "LIST"
    kinds = [kind for kind in get_args(hint) if kind is not type(None)] or [hint]
    if len(kinds) == 1:
        return kinds[0], None
    words = [word for kind in kinds for word in get_args(kind)]
    return _NumberOrWord(), "|".join([*words, "FLOAT"])


class _NumberOrWord(click.ParamType):  # type: ignore[type-arg]
    name = "number or word"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | str:
        try:
            return float(value)
        except ValueError:
            return str(value)
