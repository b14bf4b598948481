"""Options that name the columns of a table are the same in all commands."""

import rich_click as click
from click.testing import CliRunner
from gpuclf.cli.column_options import column_options
from gpuclf.cli.command_help import command


@command("tool --label-column genre")
@column_options("label", "fold")
def tool(**columns):
    """Print its column options."""
    click.echo(columns)


def test_each_role_has_an_option_that_is_none_unless_it_is_given():
    given = CliRunner().invoke(tool, ["--label-column", "genre"])
    assert given.output == "{'label_column': 'genre', 'fold_column': None}\n"


def test_the_help_lists_the_usual_names_of_a_column():
    shown = " ".join(CliRunner().invoke(tool, ["--help"]).output.replace("│", " ").split())
    assert "default: one of label, class, category, genre" in shown
    assert "[default: fold]" in shown
