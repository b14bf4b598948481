"""Options of the command extract for an ONNX model, and its choice between model and spectra."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from gpuclf.audio.settings import Extraction
from gpuclf.cli.command_help import EMBEDDINGS
from gpuclf.cli.given_options import given_options
from gpuclf.errors import InputError

if TYPE_CHECKING:
    from gpuclf.audio.front_end import AnyExtraction

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

OF_SIGNAL = ("sr", "channel", "duration")  # parameters of both kinds of extraction
PARAMETERS = {  # of `gpuclf.audio.onnx_front_end.embedding_of`, by the name of the option
    "window": "window",
    "window_hop": "window_hop",
    "onnx_input": "input",
    "onnx_output": "output",
    "name": "name",
    "constants": "constants",
}

OPTIONS = (
    click.option(
        "--model",
        type=click.Path(),
        metavar="MODEL.onnx",
        help="ONNX model that computes embeddings of waveforms, instead of spectra; requires --sr, "
        "the sampling rate that it expects.",
        panel=EMBEDDINGS,
    ),
    click.option(
        "--window",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Length of the windows that the model receives. [default: the fixed length of its "
        "input, if it has one]",
        panel=EMBEDDINGS,
    ),
    click.option(
        "--window-hop",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Distance of the starts of consecutive windows. [default: --window]",
        panel=EMBEDDINGS,
    ),
    click.option(
        "--input",
        "onnx_input",
        metavar="NAME",
        help="Input of the model that receives the waveform. [default: the only one]",
        panel=EMBEDDINGS,
    ),
    click.option(
        "--output",
        "onnx_output",
        metavar="NAME",
        help="Output of the model with the embeddings. [default: the only one]",
        panel=EMBEDDINGS,
    ),
    click.option(
        "--constants",
        metavar="LIST",
        help="Numbers that fill the other inputs of the model, such as state=0,sr=16000.",
        panel=EMBEDDINGS,
    ),
    click.option(
        "--name",
        metavar="NAME",
        help="Name of the feature set. [default: that of the output]",
        panel=EMBEDDINGS,
    ),
)


def onnx_options(command: Decorated) -> Decorated:
    """Add the options of an ONNX model to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def extraction_of_options(options: Mapping[str, Any], preset: str) -> AnyExtraction:
    """Return the extraction that the options of the command describe.

    Parameters
    ----------
    options : mapping
        Values of the options of `onnx_options` and of the parameters of an `Extraction`; None for
        those not given.
    preset : str
        Preset with defaults of an extraction of spectra.

    Raises
    ------
    InputError
        If an option has no effect, is missing, or is invalid.
    """
    from gpuclf.config.effects import check_effects
    from gpuclf.config.presets import preset_named

    given = {name: value for name, value in options.items() if value is not None}
    embedding = {PARAMETERS[name]: given.pop(name) for name in PARAMETERS if name in given}
    model = given.pop("model", None)
    if model is not None:
        return _embedding(model, {**given, **embedding})
    for name in PARAMETERS:
        if name in given_options():
            raise InputError(_flag(name), got="no effect without --model", expected="--model")
    extraction = Extraction(**{**preset_named(preset).extraction, **given})
    check_effects(given_options(), {"features": extraction.features})
    return extraction


def _embedding(model: str, given: dict[str, Any]) -> AnyExtraction:
    """Return the extraction of embeddings by a model."""
    from gpuclf.audio.onnx_front_end import embedding_of

    for each in fields(Extraction):
        if each.name in given and each.name not in OF_SIGNAL:
            expected = f"no {_flag(each.name)}, or no --model"
            raise InputError(_flag(each.name), got="no effect with --model", expected=expected)
    if "sr" not in given:
        expected = "the sampling rate that the model expects, such as --sr 32000"
        raise InputError("--sr", got="none", expected=expected)
    if "constants" in given:
        given["constants"] = tuple(given["constants"].split(","))
    return embedding_of(model, **given)


def _flag(name: str) -> str:
    return "--" + name.removeprefix("onnx_").replace("_", "-")
