"""Startup file of the kernels that execute the pages: how ``!command`` runs.

A command runs without a terminal. Its output is shown as it is, without progress: of standard
error, only warnings and errors are. A command that fails stops the build, unless the page announces
its exit status in a comment: ``!gpuclf info missing.hdf5  # exit status 2``.
"""

import subprocess


def _system(command: str) -> None:
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    notes = [line for line in done.stderr.splitlines() if line.startswith("gpuclf: ")]
    output = [line.rstrip() for line in done.stdout.splitlines()]
    print("\n".join([*notes, *output]))
    expected = command.rpartition("# exit status ")[2] if "# exit status " in command else "0"
    if done.returncode != int(expected):
        raise RuntimeError(f"{command}: exit status {done.returncode}\n{done.stderr}")


get_ipython().system = _system  # noqa: F821
