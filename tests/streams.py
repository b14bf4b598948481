"""Emulation of CUDA streams and events in Python, to test the order of operations.

Work given to a stream is done as late as possible: when somebody waits for it. A stream that is
`eager` does its work at once, as far as the events it waits for allow. A copy takes its data when
it is done, not when it was asked for: so whoever writes too early into what is still to be copied,
or reads too early what is still to arrive, gets wrong numbers. This is not a GPU.
"""

from typing import ClassVar

import numpy as np

import device_costs


class Stream:
    """Stream: operations that run in order."""

    made: ClassVar = []  # since `restart`
    current: ClassVar = []  # innermost last
    eager_by_default = False

    def __init__(self, null=False, non_blocking=False):
        self.work, self.finished = [], 0
        self.eager = Stream.eager_by_default
        Stream.made.append(self)

    def __enter__(self):
        """Make this the current stream, whose arrays are computed at once."""
        self.run(len(self.work))
        self.eager = True
        Stream.current.append(self)
        return self

    def __exit__(self, *error):
        Stream.current.pop()

    def give(self, work):
        self.work.append(work)
        if self.eager:
            self.run(len(self.work))

    def run(self, upto):
        while self.finished < upto:
            work = self.work[self.finished]
            self.finished += 1
            work()

    def record(self, event):
        event.record(self)
        return event

    def wait_event(self, event):
        self.give(event.snapshot())

    def synchronize(self):
        device_costs.synchronisation("stream")
        self.run(len(self.work))

    @property
    def done(self):
        return self.finished == len(self.work)


class Event:
    """Event: a position in a stream."""

    def __init__(self, block=False, disable_timing=False):
        self.stream, self.place = None, 0

    def record(self, stream=None):
        self.stream = stream or Stream.current[-1]
        self.place = len(self.stream.work)

    def snapshot(self):
        stream, place = self.stream, self.place
        return lambda: None if stream is None else stream.run(place)

    def synchronize(self):
        device_costs.synchronisation("event")
        self.snapshot()()

    @property
    def done(self):
        return self.stream is None or self.stream.finished >= self.place


def restart():
    """Forget all streams; the default stream works at once."""
    Stream.made, Stream.current, Stream.eager_by_default = [], [], False
    with Stream() as default:
        pass
    Stream.current.append(default)


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
            device._hidden.reshape(-1).view(np.uint8)[: len(found)] = found
            return len(found)

        return Reading(read)


class Reading:
    """Future of kvikio."""

    def __init__(self, read):
        self.got = read()

    def get(self):
        return self.got


class KvikioDefaults:
    """Settings of kvikio: the module ``kvikio.defaults``."""

    def __init__(self):
        self.values = {"num_threads": 1}
        self.get, self.set = self.values.__getitem__, self.values.__setitem__
