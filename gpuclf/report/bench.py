"""The table of a benchmark."""

from __future__ import annotations

from rich import box
from rich.console import Group
from rich.filesize import decimal
from rich.table import Table

from gpuclf.bench import svm
from gpuclf.bench.read import OURS, PLAIN, ReadBench
from gpuclf.report.tables import pairs

START_UP = 0.05  # seconds: what is faster than this is mostly starting threads


def bench_table(bench: ReadBench) -> Group:
    """What ``gpuclf bench read`` prints."""
    table = Table(box=box.SIMPLE)
    table.add_column("", no_wrap=True)
    for heading in ("seconds", "MB/s", *(f"x {name.removeprefix('h5py ')}" for name in PLAIN)):
        table.add_column(heading, justify="right")
    for name in bench.rounds.seconds:
        ours = name in OURS
        ratios = [f"{bench.rounds.ratio(plain, name):.2f}" if ours else "" for plain in PLAIN]
        seconds, rate = f"{bench.rounds.median(name):.3f}", f"{bench.rate(name):,.0f}"
        table.add_row(name, seconds, rate, *ratios, style="bold" if ours else "")
    too_few = bench.rounds.median(OURS[1]) < START_UP
    rounds = len(bench.rounds.seconds[OURS[0]])
    same = "the same feature vectors to the last bit"
    near = f"feature vectors differ by {bench.difference:.0e} of a feature's largest, at most"
    about = {
        "x": f"times as fast as h5py with NumPy, medians of {rounds} rounds",
        "abs sum": "np.abs(frames).sum()",
        "frames": f"{decimal(bench.nbytes)} as float32" + ", too few to measure" * too_few,
        "results": near if bench.difference else same,
        "peak memory": f"{decimal(bench.peaks['aggregate'])}; "
        f"{decimal(bench.peaks['python'])} of it is Python's own",
    }
    return Group(table, pairs(about))


def svm_bench_table(bench: svm.SvmBench) -> Group:
    """What ``gpuclf bench svm`` prints."""
    table = Table(box=box.SIMPLE)
    table.add_column("", no_wrap=True)
    for heading in ("seconds", "x gpuclf", "agree", "clips", "accuracy"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in bench.rounds.seconds:
        ours = name == svm.OURS
        table.add_row(
            name,
            f"{bench.rounds.median(name):.2f}",
            "" if ours else f"{bench.rounds.ratio(name, svm.OURS):.1f}",
            "" if ours else f"{100 * bench.agreement[name]:.2f} %",
            "" if ours else str(bench.clips[name]),
            f"{100 * bench.accuracy[name]:.1f} %",
            style="bold" if ours else "",
        )
    rounds = len(bench.rounds.seconds[svm.OURS])
    fitted = f"{bench.folds} folds" + (f" x {bench.values} values" if bench.values > 1 else "")
    some = f"{bench.library_folds} folds" if bench.library_folds > 1 else "1 fold"
    about = {
        "seconds": f"of {fitted}, from vectors to labels; medians of {rounds} rounds in turn",
        "libraries": f"fit {some} of the first value; their seconds are stretched to {fitted}",
        "agree": "share of test vectors that get gpuclf's label",
        "clips": "whose label is another one, in the fold where most are",
    }
    return Group(table, pairs(about))
