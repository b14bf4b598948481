"""Entry point of ``python -m gpuclf``."""

from gpuclf.cli import run_process

run_process()
