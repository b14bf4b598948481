"""The command doctor."""

from __future__ import annotations

import rich_click as click

from gpuclf.cli.options import common_options


@click.command(epilog="Example: gpuclf doctor --backend gpu")
@common_options
def doctor(backend: str) -> None:
    """Say what is installed, which backend would be used, and why."""
    from rich.filesize import decimal

    from gpuclf._utils.versions import describe, driver
    from gpuclf.backend import resolve
    from gpuclf.report import tables
    from gpuclf.vectors.cache import VectorCache

    about = describe()
    installed = {"Python": about["python"], "system": about["system"], **about["packages"]}
    console = tables.stdout()
    console.print(tables.pairs({**installed, "NVIDIA driver": driver()}))
    chosen = resolve(backend)
    cache = VectorCache()
    kept = decimal(sum(file.stat().st_size for file in cache.files()))
    rows = {
        "backend": f"{chosen.name} ({chosen.reason})",
        "device": chosen.device,
        "free memory": decimal(chosen.free_memory()),
        "cache": f"{cache.folder}, {kept if cache.writable else 'which cannot be written'}",
    }
    console.print(tables.pairs(rows))
