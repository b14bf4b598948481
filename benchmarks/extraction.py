"""Measure the speed of `gpuclf extract` on two cores, and its memory.

    python benchmarks/extraction.py speed FOLDER [ROUNDS] [OPTIONS OF extract ...]
    python benchmarks/extraction.py spectra FOLDER [ROUNDS] [BACKEND]
    python benchmarks/extraction.py memory COUNT [COUNT ...]

``speed`` takes a folder of recordings with a sub-folder per class. Each round runs extract with one
worker, extract with two workers, and a loop over soundfile, soxr and librosa on one core
that computes the default features and writes nothing. The script prints the medians over rounds and
the ratios within rounds, for the whole command and for decoding and spectra alone.

``spectra`` computes mel and mfcc of the decoded recordings in one thread, by librosa and by gpuclf
on a backend (default: cpu). The script prints medians per recording, the ratio within rounds, and
the largest differences of the backend from librosa and from the CPU.

``memory`` creates COUNT recordings of half a second, extracts them in a separate process with two
workers, and prints the maximum resident set sizes of the process and of its largest worker, sampled
every 0.1 s.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from rounds import time_interleaved

THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
LOOP = """
import sys, pathlib, librosa, numpy as np, soundfile, soxr
from gpuclf.audio.formats import SUFFIXES
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.suffix.lower() in SUFFIXES:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        sound = soxr.resample(sound.mean(axis=1), rate, 22050)
        if len(sound) >= 2048 and np.abs(sound).max() > 1e-5:
            mel = librosa.power_to_db(librosa.feature.melspectrogram(y=sound), top_db=80)
            np.concatenate([mel, librosa.feature.delta(mel, mode="nearest")])
"""


def extraction(folder, output, workers, *options):
    """Return the command that extracts a folder."""
    command = [sys.executable, "-m", "gpuclf", "extract", str(folder), str(output)]
    return [*command, "--workers", str(workers), *options]


def seconds(command):
    """Run a command; tell how long it took, and how long extracting alone did, if it says so."""
    begun = time.perf_counter()
    done = subprocess.run(
        command, check=True, env=os.environ | THREADS, capture_output=True, text=True
    )
    spent = time.perf_counter() - begun
    told = re.search(r"extract ([0-9.]+) s", done.stdout)
    return spent, float(told[1]) if told else spent


def measure_speed(folder, rounds, *options):
    """Print the medians of interleaved rounds; the first, which warms the disk, does not count."""
    with tempfile.TemporaryDirectory() as there:
        output = Path(there, "f.hdf5")
        ways = {
            "one worker": extraction(folder, output, 1, *options),
            "two workers": extraction(folder, output, 2, *options),
            "plain loop": [sys.executable, "-c", LOOP, str(folder)],
        }
        took = {way: [] for way in ways}
        for number in range(rounds + 1):
            for way, command in ways.items():
                spent = seconds(command)
                if number:
                    took[way].append(spent)
            if number:
                told = ", ".join(f"{way} {all_[-1][0]:.2f} s" for way, all_ in took.items())
                print(f"round {number}: {told}, load {os.getloadavg()[0]:.1f}", flush=True)
    for place, part in enumerate(("whole command", "extracting alone")):
        of = {way: [both[place] for both in all_] for way, all_ in took.items()}
        medians = ", ".join(f"{way} {statistics.median(all_):.2f} s" for way, all_ in of.items())
        print(f"{part}, medians: {medians}")
        for way in ("one worker", "plain loop"):
            ratios = [a / b for a, b in zip(of[way], of["two workers"], strict=True)]
            least, most = min(ratios), max(ratios)
            print(
                f"  {way} / two workers: {statistics.median(ratios):.2f}, {least:.2f} to {most:.2f}"
            )


def measure_spectra(folder, rounds, name):
    """Print the time of the spectra per recording, and their differences from librosa's."""
    import numpy as np
    from gpuclf.audio.decoding import read_recording
    from gpuclf.audio.formats import SUFFIXES
    from gpuclf.audio.mel import MelAnalysis
    from gpuclf.audio.settings import Extraction
    from gpuclf.backend import resolve
    from threadpoolctl import threadpool_limits

    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    both = Extraction(features="mel,mfcc")
    sounds = [read_recording(path, both.sr).sound for path in paths]
    host = MelAnalysis(both, resolve("cpu"))
    device = host if name == "cpu" else MelAnalysis(both, resolve(name))
    ways = {
        "librosa": lambda: [by_librosa(sound) for sound in sounds],
        name: lambda: [device.frames(sound) for sound in sounds],
    }
    with threadpool_limits(1):
        took = time_interleaved(ways, rounds)
        for way in ways:
            print(f"{way}: {1000 * took.median(way) / len(sounds):.2f} ms per recording")
        print(f"librosa / {name}: {took.ratio('librosa', name):.2f}")
        references = {"librosa": by_librosa, **({} if device is host else {"cpu": host.frames})}
        for reference, compute in references.items():
            largest = dict.fromkeys(both.features, 0.0)
            for sound in sounds:
                own, other = device.frames(sound), compute(sound)
                for key in largest:
                    largest[key] = max(largest[key], float(np.abs(own[key] - other[key]).max()))
            told = ", ".join(f"{key} {value:.1e}" for key, value in largest.items())
            print(f"largest difference of {name} from {reference}: {told}")


def by_librosa(sound):
    """Return mel and mfcc with deltas of a signal at 22,050 Hz."""
    import librosa
    import numpy as np

    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=sound), top_db=80)
    sets = {"mel": mel, "mfcc": librosa.feature.mfcc(S=mel)}
    return {
        name: np.concatenate([values, librosa.feature.delta(values, mode="nearest")]).T
        for name, values in sets.items()
    }


def watch(process, peaks):
    """Keep the most memory that a process and the largest of its children held."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        try:
            peaks[0] = max(peaks[0], process.memory_info().rss)
            for child in process.children(recursive=True):
                peaks[1] = max(peaks[1], child.memory_info().rss)
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.1)


def measure_memory(counts):
    """Print the peaks of extractions of more and more recordings."""
    import numpy as np
    import soundfile

    with tempfile.TemporaryDirectory() as there:
        folder, made, rng = Path(there, "in"), 0, np.random.default_rng(0)
        for label in "ab":
            (folder / label).mkdir(parents=True)
        for count in sorted(counts):
            for number in range(made, count):
                path = folder / "ab"[number % 2] / f"{number}.wav"
                soundfile.write(path, rng.normal(scale=0.1, size=11025), 22050)
            made = count
            begun = time.perf_counter()
            output = Path(there, "f.hdf5")
            process = subprocess.Popen(extraction(folder, output, 2), stdout=subprocess.DEVNULL)
            peaks = [0, 0]
            watcher = threading.Thread(target=watch, args=(psutil.Process(process.pid), peaks))
            watcher.start()
            if process.wait():
                sys.exit(process.returncode)
            watcher.join()
            mine, worker = (f"{peak / 2**20:.0f} MiB" for peak in peaks)
            spent = time.perf_counter() - begun
            size = output.stat().st_size / 2**20
            print(
                f"{count} recordings, output {size:.0f} MiB: process {mine}, largest worker "
                f"{worker}, {spent:.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    what, first, *more = sys.argv[1:]
    if what in ("speed", "spectra"):
        rounds = int(more.pop(0)) if more and more[0].isdigit() else 5
        if what == "speed":
            measure_speed(Path(first), rounds, *more)
        else:
            measure_spectra(Path(first), rounds, more[0] if more else "cpu")
    else:
        measure_memory([int(first), *map(int, more)])
