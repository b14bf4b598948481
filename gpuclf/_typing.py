"""Array types."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = Any  # a NumPy or CuPy array; there is no common type
AnyArray = npt.NDArray[Any]  # a NumPy array of any dtype
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Frames = npt.NDArray[np.float32]  # (frames, n), and other float32 data
