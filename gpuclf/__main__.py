"""Entry point of ``python -m gpuclf``."""

from gpuclf.cli import run

run()
