"""``python -m gpuclf`` is ``gpuclf``."""

from gpuclf.cli import run

run()
