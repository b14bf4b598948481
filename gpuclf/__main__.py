"""``python -m gpuclf`` is ``gpuclf``."""

from gpuclf.cli import main

main()
