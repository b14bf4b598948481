import threading

import numpy as np
import pytest
from gpuclf.data.store import open_features
from gpuclf.stream import stream


def test_blocks_arrive_on_the_device_in_order(grid_file, backend):
    with open_features(grid_file) as store:
        blocks = list(stream(store["Z"], backend, block_bytes=3000))
        host = [block.frames for block in store["Z"].blocks(3000)]
    assert len(blocks) == len(host) > 3
    for there, here in zip(blocks, host, strict=True):
        assert isinstance(there.frames, type(backend.xp.zeros(1)))
        np.testing.assert_array_equal(backend.to_host(there.frames), here)


def test_stopping_early_leaves_no_thread(grid_file, backend):
    with open_features(grid_file) as store:
        with pytest.raises(KeyboardInterrupt):
            for _ in (blocks := stream(store["Z"], backend, block_bytes=1)):
                blocks.close()
                raise KeyboardInterrupt
        assert not [t for t in threading.enumerate() if t.name.startswith("gpuclf-reader")]
