"""A leakage audit detects the leaks that a file is made to have, and no others."""

import json
from dataclasses import replace

import gpuclf
import numpy as np
import pytest
from gpuclf.config.experiment import Experiment
from gpuclf.config.search_grid import parse_space
from gpuclf.errors import InputError
from gpuclf.tuning.strategy import Strategy

from clips import Reported

SPACE = parse_space(["C=1,10", "n_vectors=1,2"])
QUICK = {"split": "stratified-kfold", "folds": 4, "repeats": 2, "n_vectors": 2, "C": 10}


def write(
    path,
    *,
    sources=12,
    takes=1,
    of_source=0.0,
    of_clip=0.0,
    of_class=0.0,
    with_groups=True,
    **columns,
):
    """Write clips whose frames are a sum of class, source and clip offsets and noise."""
    rng = np.random.default_rng(0)
    n, clips, y, groups = 12, [], [], []
    for label in range(3):
        class_offset = of_class * rng.normal(size=n)
        for source in range(sources):
            source_offset = of_source * rng.normal(size=n)
            for _ in range(takes):
                clip_offset = of_clip * rng.normal(size=n)
                frames = rng.normal(size=(20, n)) + class_offset + source_offset + clip_offset
                clips.append(frames.astype(np.float32))
                y.append(label)
                groups.append(f"{label}-{source}")
    groups = groups if with_groups else None
    gpuclf.write_clips(path, {"Z": clips}, ["a", "b", "c"], y, groups=groups, **columns)
    return Experiment(file=str(path), rectify=False, kernel="rbf", **QUICK)


def audit(experiment, **options):
    inner = None if experiment.split == "predefined" else 2
    result = gpuclf.audit(experiment, SPACE, inner=inner, backend="cpu", **options)
    return result, {leak.name: leak for leak in result.leaks}


def test_splitting_the_takes_of_a_source_has_a_large_effect(tmp_path):
    """The class of a source can be predicted only if its other takes are in the training set."""
    _, leaks = audit(write(tmp_path / "f", sources=8, takes=3, of_source=3.0))
    group = leaks["splitting groups"]
    assert group.difference.low > 0.3 and group.leaky > 0.8 and group.honest < 0.6
    assert group.difference.mean == pytest.approx(group.leaky - group.honest)
    assert group.leaky <= leaks["splitting a clip's vectors"].leaky  # which splits groups as well
    assert group.difference.clusters == 24
    assert abs(leaks["scaling over all clips"].difference.mean) < 0.2


def test_splitting_the_vectors_of_a_clip_has_a_large_effect(tmp_path):
    _, leaks = audit(write(tmp_path / "f", sources=24, of_clip=3.0))
    assert leaks["splitting a clip's vectors"].difference.low > 0.2
    # Every clip is its own group: splitting groups has no effect.
    assert (
        leaks["splitting groups"].difference.low <= 0 <= leaks["splitting groups"].difference.high
    )


def test_the_data_frame_has_a_row_per_leak(tmp_path):
    result, leaks = audit(write(tmp_path / "f", of_class=1.0))
    frame = result.to_frame().set_index("leak")
    assert list(frame.index) == list(leaks)
    for name, leak in leaks.items():
        row = frame.loc[name]
        assert (row["base"], row["leaky"], row["honest"]) == (leak.base, leak.leaky, leak.honest)
        expected = (leak.difference.mean, leak.difference.low, leak.difference.high)
        assert (row["difference"], row["low"], row["high"]) == expected


def test_no_leak_has_an_effect_on_easy_clips(tmp_path):
    _, leaks = audit(write(tmp_path / "f", of_class=3.0))
    for leak in leaks.values():
        assert leak.honest > 0.95 and abs(leak.difference.mean) < 0.05


@pytest.mark.parametrize("split", ["stratified-kfold", "shuffle", "predefined"])
def test_all_leaks_of_the_experiment_have_the_accuracy_of_evaluate_as_their_base(tmp_path, split):
    folds = np.tile(np.repeat(np.arange(4), 4), 3)
    experiment = write(
        tmp_path / "f", sources=8, takes=2, of_class=0.5, of_source=1.0, folds=folds
    ).replace(split=split, test_size=0.25)
    result, leaks = audit(experiment)
    alone = gpuclf.evaluate(experiment, backend="cpu")
    np.testing.assert_array_equal(result.honest.scores, alone.scores)
    selection = leaks.pop("selection on the test clips")
    assert {leak.honest for leak in leaks.values()} == {alone.accuracy}
    assert len(leaks) == 3 and not any(leak.has_own_base for leak in leaks.values())
    assert selection.base == "nested search" and selection.difference.mean >= -0.05
    for leak in result.leaks:
        assert leak.difference.mean == pytest.approx(leak.leaky - leak.honest)
        assert leak.difference.low <= leak.difference.mean <= leak.difference.high


def test_imbalanced_classes_are_audited_by_balanced_accuracy(tmp_path):
    """The metric that leads the result of evaluate."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [32, 12])
    clips = [rng.normal(size=(20, 6)).astype(np.float32) + 0.3 * label for label in y]
    gpuclf.write_clips(tmp_path / "f", {"Z": clips}, ["common", "rare"], y)
    experiment = Experiment(file=str(tmp_path / "f"), rectify=False, **QUICK)
    result, leaks = audit(experiment)
    alone = gpuclf.evaluate(experiment, backend="cpu")
    assert result.metric == "balanced_accuracy" == alone.verdict.metric
    assert leaks["scaling over all clips"].honest == alone.verdict.value
    assert leaks["selection on the test clips"].honest == result.search.result.verdict.value


def test_leak_of_selection_has_the_accuracy_of_search_as_its_base(tmp_path):
    experiment = write(tmp_path / "f", of_class=0.5, of_source=1.0)
    result, leaks = audit(experiment)
    search = gpuclf.search(experiment, SPACE, strategy=Strategy(inner=2), backend="cpu")
    leak = leaks["selection on the test clips"]
    assert leak.honest == pytest.approx(search.result.accuracy)
    assert leak.leaky == pytest.approx(search.flat.accuracy)
    assert result.bases["nested search"] == search.result.accuracy


def test_splitting_vectors_has_no_effect_if_clips_do_not_resemble_themselves(tmp_path):
    """All votes of a clip count in each repeat, also where the test sets are random."""
    experiment = write(tmp_path / "f", sources=40, of_class=0.35).replace(
        split="shuffle", test_size=0.1, folds=10, repeats=2, n_vectors=4
    )
    result, leaks = audit(experiment)
    assert result.splits["splitting a clip's vectors"] == "kfold"
    assert abs(leaks["splitting a clip's vectors"].difference.mean) < 0.06


def test_predefined_folds_are_replaced_where_groups_are_split(tmp_path):
    folds = np.tile(np.repeat(np.arange(4), 6), 3)
    experiment = write(tmp_path / "f", sources=8, takes=3, of_source=3.0, folds=folds)
    result, leaks = audit(replace(experiment, split="predefined"))
    assert result.honest.scores.shape == (1, 4)
    assert leaks["splitting groups"].difference.low > 0.3


def test_ignoring_predefined_folds_without_groups_is_a_leak_of_its_own(tmp_path):
    folds = np.tile(np.repeat(np.arange(4), 6), 3)
    experiment = write(
        tmp_path / "f", sources=8, takes=3, of_source=3.0, folds=folds, with_groups=False
    )
    _, leaks = audit(experiment.replace(split="predefined"))
    assert leaks["ignoring the predefined folds"].difference.low > 0.3
    assert "splitting groups" not in leaks


def test_splitting_groups_is_not_measured_without_groups(grid_file):
    experiment = Experiment(file=str(grid_file), **{**QUICK, "folds": 3})
    result, leaks = audit(experiment)
    assert "splitting groups" not in leaks and result.missing == {
        "splitting groups": "no groups are given"
    }
    content = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert [leak["leak"] for leak in content["leaks"]] == list(leaks)
    assert 0 < result.seconds["fit"] < result.seconds["total"]


def test_a_single_tested_group_gives_undefined_intervals(tmp_path):
    experiment = write(tmp_path / "f", sources=6, takes=2, of_class=1.0)
    few = {"split": "shuffle", "folds": 1, "repeats": 1, "test_size": 0.05}
    result, leaks = audit(experiment.replace(**few))
    assert np.isnan(leaks["scaling over all clips"].difference.low)
    [scaling, *_] = json.loads(json.dumps(result.to_dict(), allow_nan=False))["leaks"]
    assert scaling["clusters"] == 1 and scaling["low"] is None


def test_intervals_are_within_the_bounds_of_a_difference_of_fractions(tmp_path):
    experiment = write(tmp_path / "f", sources=8, takes=3, of_source=3.0)
    few = {"split": "shuffle", "folds": 1, "repeats": 2, "test_size": 0.1}
    for leak in audit(experiment.replace(**few))[0].leaks:
        assert not (leak.difference.low < -1 or leak.difference.high > 1)


def test_folds_of_all_parts_are_reported_as_one_stage(grid_file):
    reported = Reported()
    experiment = Experiment(file=str(grid_file), **{**QUICK, "folds": 3, "repeats": 1})
    audit(experiment, progress=reported)
    total = 3 * 3 + 4 * (3 * (1 + 2) + 2)
    assert reported.counts("folds") == [(number, total) for number in range(1, total + 1)]
    assert not reported.of("problems")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "thesis"}, "protocol: got 'thesis', expected inductive: an audit compares"),
        ({"majority_voting": False}, "majority_voting: got False, expected True"),
        ({"permute_labels": True}, "permute_labels: got True, expected False"),
    ],
)
def test_experiment_with_a_leak_raises(grid_file, options, message):
    with pytest.raises(InputError, match=message):
        audit(Experiment(file=str(grid_file), **options))
