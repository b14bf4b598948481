"""The command doctor."""

from __future__ import annotations

from gpuclf.cli.command_help import command
from gpuclf.cli.options import common_options


@command("gpuclf doctor", "gpuclf doctor --backend gpu")
@common_options
def doctor(backend: str) -> None:
    """Show the installed versions, and which backend is selected and why.

    Use it to check an installation, or why a run does not use the GPU. It needs no input and writes
    no file.
    """
    from rich.filesize import decimal

    from gpuclf._utils.versions import describe, driver
    from gpuclf.backend import import_parts, resolve
    from gpuclf.report import tables
    from gpuclf.vectors.cache import VectorCache

    about = describe()
    installed = {"Python": about["python"], "system": about["system"], **about["packages"]}
    console = tables.stdout()
    console.print(tables.pairs({**installed, "NVIDIA driver": driver()}))
    console.print(tables.pairs(import_parts()))
    chosen = resolve(backend)
    cache = VectorCache()
    size = decimal(sum(file.stat().st_size for file in cache.files()))
    rows = {
        "backend": f"{chosen.name} ({chosen.reason})",
        "device": chosen.device,
        "free memory": decimal(chosen.free_memory()),
        "cache": f"{cache.folder}, {size if cache.writable else 'not writable'}",
    }
    console.print(tables.pairs(rows))
