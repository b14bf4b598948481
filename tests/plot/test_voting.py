"""Figure of vote shares."""

import numpy as np
from gpuclf import plot
from gpuclf.metrics import calibration

from shown import axes, scored


def test_bars_count_correct_and_incorrect_clips():
    result = scored(n_classes=4, repeats=2, apart=0.7)
    ax = plot.votes(result, axes())
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert np.sum(heights) == result.confusion.sum()
    assert np.sum(heights[0]) == np.trace(result.confusion)
    np.testing.assert_array_equal(np.sum(heights, axis=0), result.calibration.count)


def test_accuracy_is_shown_above_each_bar():
    class Result:
        calibration = calibration(
            np.array([0, 1, 1]), np.array([0, 1, 0]), np.array([1.0, 0.55, 0.55])
        )

    ax = plot.votes(Result(), axes())
    assert [text.get_text() for text in ax.texts] == ["50 %", "100 %"]
    assert ax.get_xlim() == (50, 100)
