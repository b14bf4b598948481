"""An audit finds the leaks that a file was made to have, and no others."""

import json
from dataclasses import replace

import gpuclf
import numpy as np
import pytest
from gpuclf.config.experiment import Experiment
from gpuclf.config.search_grid import parse_space
from gpuclf.errors import InputError

from clips import Reported

SPACE = parse_space(["C=1,10", "n_vectors=1,2"])
QUICK = {"split": "stratified-kfold", "folds": 4, "repeats": 2, "n_vectors": 2, "C": 10}


def write(
    path, *, sources=12, takes=1, of_source=0.0, of_clip=0.0, of_class=0.0, seed=0, **columns
):
    """Clips whose frames have a colour of their source, of the clip, of the class; and noise."""
    rng = np.random.default_rng(seed)
    n, clips, y, groups = 12, [], [], []
    for label in range(3):
        shift = of_class * rng.normal(size=n)
        for source in range(sources):
            colour = of_source * rng.normal(size=n)
            for _ in range(takes):
                own = of_clip * rng.normal(size=n)
                frames = rng.normal(size=(20, n)) + shift + colour + own
                clips.append(frames.astype(np.float32))
                y.append(label)
                groups.append(f"{label}-{source}")
    gpuclf.write_clips(path, {"Z": clips}, ["a", "b", "c"], y, groups=groups, **columns)
    return Experiment(file=str(path), rectify=False, kernel="rbf", **QUICK)


def audit(experiment, **options):
    found = gpuclf.audit(experiment, SPACE, inner=2, backend="cpu", **options)
    return found, {leak.name: leak for leak in found.leaks}


def test_takes_of_one_source_on_both_sides_are_worth_much(tmp_path):
    """Each source sounds like itself, whatever its class: only who has heard it can tell."""
    _, leaks = audit(write(tmp_path / "f", sources=8, takes=3, of_source=3.0))
    group = leaks["parting groups"]
    assert group.worth.low > 0.3 and group.leaky > 0.8 and group.honest < 0.6
    assert group.worth.mean == pytest.approx(group.leaky - group.honest)
    assert group.worth.clusters == 24
    assert abs(leaks["scaling over all clips"].worth.mean) < 0.2


def test_vectors_of_one_clip_on_both_sides_are_worth_much(tmp_path):
    _, leaks = audit(write(tmp_path / "f", sources=24, of_clip=3.0))
    assert leaks["splitting a clip's vectors"].worth.low > 0.2
    assert leaks["splitting a clip's vectors"].unit == "vectors"
    # Every clip is a group of its own: parting groups is parting nothing.
    assert leaks["parting groups"].worth.low <= 0 <= leaks["parting groups"].worth.high


def test_easy_clips_leak_nothing(tmp_path):
    _, leaks = audit(write(tmp_path / "f", of_class=3.0))
    for leak in leaks.values():
        assert leak.honest > 0.95 and abs(leak.worth.mean) < 0.05


def test_the_honest_way_is_evaluates(tmp_path):
    experiment = write(tmp_path / "f", sources=8, takes=2, of_class=0.5, of_source=1.0)
    found, leaks = audit(experiment)
    alone = gpuclf.evaluate(experiment, backend="cpu")
    np.testing.assert_array_equal(found.honest.scores, alone.scores)
    assert leaks["parting groups"].honest == pytest.approx(alone.accuracy, abs=0.01)
    assert leaks["choosing on the test clips"].worth.mean >= -0.05


def test_folds_of_the_file_are_replaced_where_groups_are_parted(tmp_path):
    folds = np.tile(np.repeat(np.arange(4), 6), 3)
    experiment = write(tmp_path / "f", sources=8, takes=3, of_source=3.0, folds=folds)
    found, leaks = audit(replace(experiment, split="predefined"))
    assert found.honest.scores.shape == (1, 4)
    assert leaks["parting groups"].worth.low > 0.3


def test_without_groups_their_leak_is_not_measured(grid_file):
    experiment = Experiment(file=str(grid_file), **{**QUICK, "folds": 3})
    found, leaks = audit(experiment)
    assert "parting groups" not in leaks and found.missing == {
        "parting groups": "no groups are given"
    }
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [leak["leak"] for leak in content["leaks"]] == list(leaks)
    assert 0 < found.seconds["fit"] < found.seconds["total"]


def test_what_too_few_folds_cannot_tell_is_missing_or_has_no_interval(tmp_path):
    """One fold tests one group: other clips are tested where groups are parted."""
    experiment = write(tmp_path / "f", sources=6, takes=2, of_class=1.0)
    few = {"split": "shuffle", "folds": 1, "repeats": 1, "test_size": 0.05}
    found, leaks = audit(experiment.replace(**few))
    assert found.missing["parting groups"] == "no clip was tested both ways"
    assert np.isnan(leaks["scaling over all clips"].worth.low)
    [scaling, *_] = json.loads(json.dumps(found.to_dict(), allow_nan=False))["leaks"]
    assert scaling["clusters"] == 1 and scaling["low"] is None


def test_no_interval_leaves_what_a_difference_of_shares_may_be(tmp_path):
    experiment = write(tmp_path / "f", sources=8, takes=3, of_source=3.0)
    few = {"split": "shuffle", "folds": 1, "repeats": 2, "test_size": 0.1}
    for leak in audit(experiment.replace(**few))[0].leaks:
        assert not (leak.worth.low < -1 or leak.worth.high > 1)


def test_folds_are_told_of_as_one_run(grid_file):
    told = Reported()
    experiment = Experiment(file=str(grid_file), **{**QUICK, "folds": 3, "repeats": 1})
    audit(experiment, progress=told)
    total = 3 * 4 + 4 * (3 * (1 + 2) + 2)
    assert told.counts("folds") == [(number, total) for number in range(1, total + 1)]
    assert not told.of("problems")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "thesis"}, "protocol: got 'thesis', expected inductive: an audit begins"),
        ({"majority_voting": False}, "majority_voting: got False, expected True"),
        ({"permute_labels": True}, "permute_labels: got True, expected False"),
    ],
)
def test_an_audit_begins_with_what_is_honest(grid_file, options, message):
    with pytest.raises(InputError, match=message):
        audit(Experiment(file=str(grid_file), **options))
