"""Figure of predictions."""

import pytest
from gpuclf import plot

from shown import axes, predicted, texts


@pytest.mark.parametrize(
    ("true", "in_training", "counts"),
    [
        ("rbrb", [True, False, False, False], {"correct": [1, 0], "incorrect": [1, 1]}),
        (None, [True, False, False, False], {"new": [2, 1]}),
        (None, None, {"new": [2, 2]}),
        ("rrrr", [True] * 4, {}),
    ],
)
def test_bars_count_the_clips_of_each_class_and_kind(true, in_training, counts):
    made = predicted("rrbb", true=true, in_training=in_training)
    ax = made.plot(axes())
    widths = {bars.get_label(): [bar.get_width() for bar in bars] for bars in ax.containers}
    known = widths.pop("used for training, not scored", [0, 0])
    assert widths == counts
    assert sum(known) == sum(in_training or [])
    assert texts(ax) == [bars.get_label() for bars in ax.containers]


def test_classes_are_in_the_order_of_the_model():
    ax = plot.predictions(predicted("rb", in_training=None), axes())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b", "r"]
