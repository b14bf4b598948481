"""The layout of every command's help, and the pointer to it in usage errors."""

import re

import pytest
from gpuclf.cli import command_table

SINGLE_PANEL = {"doctor", "demo", "info", "compare", "report"}
NAME = re.compile(r"--?[A-Za-z][\w-]*")


@pytest.fixture(params=command_table.COMMANDS)
def command(request):
    """Name of a command, for each command."""
    return request.param


@pytest.fixture
def help_at(run, monkeypatch):
    """Return a function: the help of a command at a terminal width."""

    def help_at(command, width):
        monkeypatch.setenv("COLUMNS", str(width))
        status, out, _ = run(command, "--help")
        assert status == 0
        return out

    return help_at


def panels_of(text):
    """Return the panels of a help text: title and lines."""
    parts = re.split(r"^╭─ (.+?) ─*╮\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], [part.splitlines() for part in parts[1::2]], strict=True))


def first_column(line):
    """Return the part of a panel's line with the names of an option."""
    return re.split(r"\s{2,}", line.strip("│ ").removeprefix("*").strip())[0]


def options_of(command):
    """Return the names of the options of a command, with ``--help``."""
    parameters = command_table.command_named(command).params
    names = [name for each in parameters for name in (*each.opts, *each.secondary_opts)]
    return {"--help", "-h", *(name for name in names if name.startswith("-"))}


def test_help_starts_with_the_summary_in_the_table_of_commands(command):
    summary = command_table.command_named(command).help.split("\n\n")[0]
    assert " ".join(summary.split()) == command_table.COMMANDS[command]


@pytest.mark.parametrize("width", [80, 120])
def test_every_option_is_listed_and_no_name_wraps(command, help_at, width):
    lines = [line for panel in panels_of(help_at(command, width)).values() for line in panel]
    names = {name for line in lines for name in NAME.findall(first_column(line))}
    assert options_of(command) <= names
    assert all(len(line) <= width for line in lines)


def test_the_first_panel_has_at_most_twelve_options(command, help_at):
    title, lines = next(iter(panels_of(help_at(command, 120)).items()))
    assert title == ("Options" if command in SINGLE_PANEL else "Common options")
    starts = [line for line in lines if first_column(line).startswith("-")]
    assert 1 <= len(starts) <= 12


def test_a_command_with_more_options_has_further_panels(command, help_at):
    assert (len(panels_of(help_at(command, 80))) == 1) == (command in SINGLE_PANEL)


def test_help_ends_with_examples_that_fit_on_one_line(command, help_at):
    lines = [line.strip() for line in help_at(command, 80).splitlines() if line.strip()]
    examples = lines[lines.index("Examples:") + 1 :]
    assert examples
    assert all(line.startswith(f"gpuclf {command}") for line in examples)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "f", "--modl", "m"), "No such option"),
        (("train", "f"), "Missing option '--model'"),
        (("extract",), "Missing argument 'AUDIO'"),
        (("evaluate", "f", "--C", "a"), "Invalid value for '--C': 'a' is not a valid float"),
        (("evaluate",), "FILE: got none, expected a feature file, here or in --config"),
        (("evaluate", "f", "--memory", "1Q"), "memory: got '1Q', expected a size such as"),
        (("pack", ".", "f", "--clip-column", "c"), "--clip-column: got c, expected a CSV file"),
        (("search", "f", "--grid", "C"), "grid: got 'C', expected NAME=VALUES, as in C=0.1,1,10"),
    ],
)
def test_a_usage_error_ends_with_the_command_that_helps(refused, arguments, message):
    error = refused(*arguments)
    assert error.startswith(f"gpuclf: error: {message}")
    assert error.endswith(f" see: gpuclf {arguments[0]} --help\n")


def test_an_unknown_command_suggests_the_nearest_one(refused):
    error = refused("evaluat")
    assert error.endswith(
        "No such command 'evaluat'. Did you mean 'evaluate'? see: gpuclf --help\n"
    )


def test_other_errors_do_not_refer_to_the_help(refused):
    assert "see:" not in refused("info", "missing.hdf5")
