"""The table of commands; each is a function that parses, calls and prints.

Libraries are imported by the commands that need them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import rich_click as click

from gpuclf.cli.audit import audit
from gpuclf.cli.compare import compare
from gpuclf.cli.demo import demo
from gpuclf.cli.doctor import doctor
from gpuclf.cli.evaluate import evaluate
from gpuclf.cli.extract import extract
from gpuclf.cli.info import info
from gpuclf.cli.pack import pack
from gpuclf.cli.predict import predict
from gpuclf.cli.search import search
from gpuclf.cli.sweep import sweep
from gpuclf.cli.train import train


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gpuclf")
def gpuclf() -> None:
    """Classify recordings from frame-level features: aggregate, scale, SVM, vote, cross-validate.

    Start with `gpuclf demo`, then `gpuclf evaluate FILE`.
    """


for command in (
    *(doctor, demo, info, extract, pack),
    *(evaluate, search, compare, sweep, audit),
    *(train, predict),
):
    gpuclf.add_command(command)
