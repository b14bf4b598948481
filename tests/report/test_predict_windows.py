"""Counts and first rows of labelled regions."""

from pathlib import Path

import numpy as np
from gpuclf.model.window_predictions import WindowPredictions
from gpuclf.report.predict_windows import MAX_ROWS, RegionSummary

from shown import shown


def predictions_of(count, recording="a.wav", **more):
    starts = np.arange(count, dtype=float)
    return WindowPredictions(
        recording=recording,
        name=Path(recording),
        labels=("wren", "[b]\n"),
        times=np.column_stack([starts, starts + 1]),
        predicted=np.arange(count) % 2,
        votes=np.eye(2, dtype=int)[np.arange(count) % 2],
        band=(0, 4000),
        **more,
    )


def summary_of(*predictions):
    summary = RegionSummary()
    for each in predictions:
        summary.add(each, each.regions())
    return summary


def test_counts_are_summed_over_recordings():
    silent = {"is silent": 2}
    first = predictions_of(3, unlabelled=silent)
    summary = summary_of(first, predictions_of(2, "b.wav", unlabelled=silent))
    assert summary.facts("out.csv") == {
        "file": "out.csv",
        "windows": "5 of 2 recordings",
        "no label, as the window is silent": "4 windows",
        "labelled": "5 regions: wren 3, [b]? 2",
    }


def test_there_may_be_no_region():
    summary, unlabelled = RegionSummary(), predictions_of(2)
    unlabelled.predicted[:] = -1
    summary.add(unlabelled, unlabelled.regions())
    assert summary.facts(None) == {"windows": "2 of 1 recording", "labelled": "0 regions"}


def test_damaged_recordings_are_kept():
    summary = summary_of(predictions_of(1), predictions_of(1, "b.wav", damage="is truncated"))
    assert summary.damaged == {"b.wav": "is truncated"}


def test_table_shows_the_first_regions_and_the_number_of_the_others():
    text = shown(summary_of(predictions_of(30), predictions_of(30, "b.wav")).table())
    assert text.count("a.wav") == 30 and text.count("b.wav") == MAX_ROWS - 30
    assert f"{60 - MAX_ROWS}, which --out writes" in text and "[b]?" in text
