"""Emulation of CUDA streams and events in Python, to test the order of operations.

Work given to a stream is done as late as possible: when somebody waits for it. A stream that is
`eager` does its work at once, as far as the events it waits for allow. A copy takes its data when
it is done, not when it was asked for: so whoever writes too early into what is still to be copied,
or reads too early what is still to arrive, gets wrong numbers. This is not a GPU.
"""

from types import ModuleType

import numpy as np


class Stream:
    """Stream: operations that run in order."""

    def __init__(self, non_blocking=True):
        self.work, self.done = [], 0
        self.eager = False

    def give(self, work):
        self.work.append(work)
        if self.eager:
            self.run(len(self.work))

    def run(self, upto):
        while self.done < upto:
            work = self.work[self.done]
            self.done += 1
            work()

    def wait_event(self, event):
        self.give(event.snapshot())

    def synchronize(self):
        self.run(len(self.work))


class Event:
    """Event: a position in a stream."""

    def __init__(self, cuda):
        self.cuda, self.stream, self.place = cuda, None, 0

    def record(self, stream=None):
        self.stream = stream or self.cuda.get_current_stream()
        self.place = len(self.stream.work)

    def snapshot(self):
        stream, place = self.stream, self.place
        return lambda: None if stream is None else stream.run(place)

    def synchronize(self):
        self.snapshot()()


class DeviceArray:
    """Array that only operations of a stream read and write."""

    def __init__(self, numbers):
        self.numbers = numbers

    nbytes = property(lambda self: self.numbers.nbytes)

    def __getitem__(self, key):
        return DeviceArray(self.numbers[key])

    def reshape(self, *shape):
        return DeviceArray(self.numbers.reshape(*shape))

    def set(self, host, stream):
        def copy():
            self.numbers[...] = host

        stream.give(copy)


class CuFile:
    """File that is read into device arrays immediately."""

    def __init__(self, file, flags):
        assert flags == "r"
        self.file = file

    def pread(self, device, file_offset):
        def read():
            with open(self.file, "rb") as file:  # noqa: PTH123 (as kvikio is given)
                file.seek(file_offset)
                found = np.frombuffer(file.read(device.nbytes), np.uint8)
            device.numbers.reshape(-1).view(np.uint8)[: len(found)] = found
            return len(found)

        return Reading(read)


class Reading:
    """Future of kvikio."""

    def __init__(self, read):
        self.got = read()

    def get(self):
        return self.got


def fake_modules():
    """Create replacements of cupy, cupyx and kvikio with what staging buffers use."""
    cupy, cupyx, kvikio = ModuleType("cupy"), ModuleType("cupyx"), ModuleType("kvikio")
    cuda = ModuleType("cupy.cuda")
    current = Stream()
    cuda.streams = [current]

    def new_stream(non_blocking):
        cuda.streams.append(Stream())
        cuda.streams[-1].eager = cuda.eager_copies
        return cuda.streams[-1]

    cuda.eager_copies = False
    cuda.Stream = new_stream
    cuda.Event = lambda disable_timing: Event(cuda)
    cuda.get_current_stream = lambda: current
    cupy.cuda, cupy.float32 = cuda, np.float32
    cupy.empty = lambda count, dtype: DeviceArray(np.full(count, np.nan, dtype))
    cupyx.empty_pinned = lambda count, dtype: np.full(count, np.nan, dtype)
    kvikio.CuFile = CuFile
    kvikio.defaults = ModuleType("kvikio.defaults")
    kvikio.defaults.values = {"num_threads": 1}
    kvikio.defaults.get = kvikio.defaults.values.__getitem__
    kvikio.defaults.set = kvikio.defaults.values.__setitem__
    return {"cupy": cupy, "cupyx": cupyx, "kvikio": kvikio}
