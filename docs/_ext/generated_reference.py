"""Pages of the commands and of the TOML keys, generated from the package itself.

Each command has a page with its options by topic; each hyper-parameter of an `Experiment` is a
``confval``. The pages are written to ``reference/generated`` before Sphinx reads
its sources. A public name that ``reference/api.rst`` does not list is a warning.
"""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import click
from sphinx.application import Sphinx
from sphinx.util import logging

log = logging.getLogger(__name__)

DEFAULT = re.compile(r"\s*\[default: (.*)\]$")
INDENT = " " * 3


def write_pages(app: Sphinx) -> None:
    """Write the generated pages; those that are unchanged keep their modification time."""
    import gpuclf
    from gpuclf.cli.command_table import gpuclf as group

    folder = Path(app.srcdir, "reference", "generated")
    names = list(group.commands)
    for name in names:
        command = getattr(import_module(f"gpuclf.cli.{name}"), name)
        _write(folder / f"gpuclf-{name}.rst", _command_page(name, command))
    _write(folder / "commands.inc", _command_list(group, names))
    _write(folder / "experiment.inc", _experiment_keys())
    _write(folder / "presets.inc", _presets())
    _write(folder / "notebook_names.inc", _notebook_names())
    _write(folder / "floors.inc", _floors(Path(app.srcdir).parent))
    listed = Path(app.srcdir, "reference", "api.rst").read_text(encoding="utf-8").split()
    for name in gpuclf.__all__:
        if name != "plot" and name not in listed:
            log.warning("reference/api.rst does not list gpuclf.%s", name)


def _write(path: Path, lines: Iterator[str]) -> None:
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _plain(text: str) -> str:
    """Escape text for reStructuredText."""
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def _literals(text: str) -> str:
    """Escape text for reStructuredText; what is in backticks becomes a literal."""
    parts = text.replace("``", "`").split("`")
    parts[::2] = [_plain(part) for part in parts[::2]]
    parts[1::2] = [f"``{part}``" for part in parts[1::2]]
    return "".join(parts)


def _heading(text: str, underline: str) -> list[str]:
    return [text, underline * len(text), ""]


def _command_list(group: click.Group, names: list[str]) -> Iterator[str]:
    yield from (".. list-table::", f"{INDENT}:widths: 20 80", "")
    for name in names:
        yield f"{INDENT}* - :doc:`{name} </reference/generated/gpuclf-{name}>`"
        yield f"{INDENT}  - {_plain(group.commands[name].help or '')}"
    yield ""
    yield from (".. toctree::", f"{INDENT}:hidden:", "")
    yield from (f"{INDENT}/reference/generated/gpuclf-{name}" for name in names)


def _command_page(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=f"gpuclf {name}")
    yield from _heading(f"gpuclf {name}", "=")
    yield _literals(inspect.cleandoc(command.help or ""))
    usage = " ".join(command.collect_usage_pieces(context))
    yield from ("", ".. code-block:: text", "", f"{INDENT}gpuclf {name} {usage}", "")
    title, *examples = filter(None, (command.epilog or "").splitlines())
    yield from (title, "", ".. code-block:: sh", "", *(INDENT + line for line in examples), "")
    yield from (f".. program:: gpuclf {name}", "")
    panels: dict[str, list[click.Option]] = {"Options": []}
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            panels.setdefault(_panel(parameter), []).append(parameter)
    for panel, options in panels.items():
        yield from _heading(panel, "-") if options else ()
        for option in options:
            yield from _option(option, context)


def _panel(parameter: click.Parameter) -> str:
    panel = getattr(parameter, "panel", None) or "Options"
    return panel if isinstance(panel, str) else str(panel[0])


def _option(option: click.Option, context: click.Context) -> Iterator[str]:
    metavar = "" if option.is_flag else f" {option.make_metavar(context)}"
    names = [*option.opts, *option.secondary_opts]
    yield from (f".. option:: {', '.join(each + metavar for each in names)}", "")
    text = option.help or ""
    default = DEFAULT.search(text)
    facts = [_plain(DEFAULT.sub("", text))]
    shown = default[1] if default else option.default if option.show_default else None
    if isinstance(shown, str):
        facts.append(f"Default: {_plain(shown) if ' ' in shown else f'``{shown}``'}.")
    if option.multiple:
        facts.append("The option may be given several times.")
    yield from (f"{INDENT}{' '.join(facts)}", "")


def _experiment_keys() -> Iterator[str]:
    """Describe every key: the file's own, then those of each part of an experiment."""
    from gpuclf import Experiment
    from gpuclf._utils.docstrings import parameter_descriptions
    from gpuclf.cli.evaluate import evaluate
    from gpuclf.config.experiment import PARTS

    known = parameter_descriptions(Experiment)
    panels = {option.name: _panel(option) for option in evaluate.params}
    yield from (*_heading("File", "-"), ".. confval:: file", "")
    yield from (f"{INDENT}{_plain(known['file'])}", "")
    for part in PARTS.values():
        yield from _heading(panels[fields(part)[0].name], "-")
        yield from (_plain((inspect.getdoc(part) or "").splitlines()[0]), "")
        descriptions, hints = parameter_descriptions(part), get_type_hints(part)
        assert is_dataclass(part)
        for field in fields(part):
            option = f"--{field.name.replace('_', '-')}"
            kind = ", ".join(
                filter(None, [_type(hints[field.name]), _limits(field.metadata.get("limits", {}))])
            )
            yield from (f".. confval:: {field.name}", "")
            yield from (f"{INDENT}{_plain(descriptions.get(field.name, ''))}", "")
            yield f"{INDENT}| Type: {kind}"
            yield f"{INDENT}| Default: {_toml(field.default)}"
            yield from (f"{INDENT}| Option: :option:`{option} <gpuclf evaluate {option}>`", "")


def _presets() -> Iterator[str]:
    from gpuclf.config.presets import PRESETS

    for name, preset in PRESETS.items():
        values = [f"``{key} = {_toml(value)[2:-2]}``" for key, value in preset.experiment.items()]
        yield f"``{name}``"
        yield f"{INDENT}{', '.join(values) or 'the defaults above'}"
        yield ""


def _notebook_names() -> Iterator[str]:
    from gpuclf.config.notebook_names import NOTEBOOK_NAMES

    yield from (".. list-table::", f"{INDENT}:header-rows: 1", "")
    yield from (f"{INDENT}* - notebook", f"{INDENT}  - key")
    for old, new in NOTEBOOK_NAMES.items():
        yield from (f"{INDENT}* - ``{old}``", f"{INDENT}  - :confval:`{new}`")
    yield ""


def _floors(root: Path) -> Iterator[str]:
    """List the layers of the import contract in ``pyproject.toml``, each by its docstring."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = [
        each for each in project["tool"]["importlinter"]["contracts"] if each["type"] == "layers"
    ]
    yield from (".. list-table::", f"{INDENT}:widths: 5 20 75", f"{INDENT}:header-rows: 1", "")
    yield from (f"{INDENT}* - floor", f"{INDENT}  - module", f"{INDENT}  - content")
    layers = contract["layers"]
    for number, layer in enumerate(layers):
        for name in layer.split(" : "):
            package = root / "gpuclf" / name
            file = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
            summary = (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").split("\n\n")[0]
            yield f"{INDENT}* - {len(layers) - number}"
            yield f"{INDENT}  - ``{name}{'/' if package.is_dir() else '.py'}``"
            yield f"{INDENT}  - {_literals(' '.join(summary.split()))}"
    yield ""


def _type(hint: Any) -> str:
    """Name a field's type as TOML does."""
    if get_origin(hint) is Literal:
        return " | ".join(f'``"{choice}"``' for choice in get_args(hint))
    if get_origin(hint) is tuple:
        return f"array of {_type(get_args(hint)[0])}"
    alternatives = [each for each in get_args(hint) if each is not type(None)]
    if alternatives:
        return " | ".join(map(_type, alternatives))
    return {int: "integer", float: "float", bool: "boolean", str: "string"}[hint]


def _toml(value: Any) -> str:
    """Write a default as it stands in a TOML file."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return f"``{str(value).lower()}``"
    if isinstance(value, tuple):
        return "``[" + ", ".join(f'"{each}"' for each in value) + "]``"
    return f'``"{value}"``' if isinstance(value, str) else f"``{value}``"


def _limits(limits: dict[str, float]) -> str:
    return ", ".join(
        f"{name} {limit:,g}" if limit < 1e6 else f"{name} {limit:,}"
        for name, limit in limits.items()
        if abs(limit) != float("inf")
    )


def report_docstrings(app: Sphinx, error: Exception | None) -> None:
    """Write numpydoc's findings on public docstrings to ``numpydoc.txt``; they fail no build."""
    import gpuclf
    from numpydoc.validate import validate

    lines = []
    for name in sorted(set(gpuclf.__all__) - {"plot"}):
        findings = validate(f"gpuclf.{name}")["errors"]
        lines += [
            f"gpuclf.{name}: {code} {text}"
            for code, text in findings
            if code in app.config.reported
        ]
    report = Path(app.outdir).parent / "numpydoc.txt"
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    log.info("numpydoc: %d findings in public docstrings, see %s", len(lines), report)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("reported", [], "env")
    app.connect("builder-inited", write_pages, priority=400)  # before autosummary looks for pages
    app.connect("build-finished", report_docstrings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
