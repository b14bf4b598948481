"""Texts of predictions."""

from gpuclf.report.predict import accuracy_facts, overlap_facts

from shown import predicted

ESTIMATE = "gpuclf evaluate f.hdf5"


def test_training_clips_are_counted_and_not_scored():
    made = predicted("rrb", true="rbb", in_training=[True, False, False])
    assert overlap_facts(made) == {"used for training": "1 of 3 clips (not scored)"}
    assert accuracy_facts(made, ESTIMATE) == {
        "accuracy on clips": "50.0 % (2 clips; always predicting 'b': 100.0 %)"
    }


def test_without_labels_nothing_is_said_of_scores():
    made = predicted("rb", in_training=[True, False])
    assert overlap_facts(made) == {"used for training": "1 of 2 clips"}
    assert accuracy_facts(made, ESTIMATE) == {}


def test_training_clips_alone_have_no_accuracy_but_a_command_that_estimates_it():
    made = predicted("rb", true="rb", in_training=[True, True])
    assert accuracy_facts(made, ESTIMATE) == {
        "no accuracy": f"no clip is new to the model; for an honest estimate: {ESTIMATE}"
    }


def test_unknown_training_clips_are_reported_and_scored():
    made = predicted("rb", true="rb", in_training=None)
    [(name, text)] = overlap_facts(made).items()
    assert name == "training clips unknown" and text.endswith("recognised and not scored")
    assert accuracy_facts(made, ESTIMATE) == {
        "accuracy on clips": "100.0 % (2 clips; always predicting 'b': 50.0 %)"
    }


def test_equal_ids_of_other_vectors_are_reported():
    made = predicted("rb", true="rb", in_training=[False, False], same_id=[True, False])
    assert overlap_facts(made) == {
        "used for training": "0 of 2 clips",
        "same id as a training clip, other feature vectors": "1 clip: other clips, or the same "
        "extracted with other settings",
    }


def test_new_clips_of_training_groups_are_named_and_scored_separately():
    groups = [None, "Abba", "Bach", "Bach", None]
    made = predicted("rrbbb", true="rrrrr", in_training=[True] + [False] * 4, groups=groups)
    facts = overlap_facts(made)
    assert facts["new clips of training groups"] == "3 of 2 groups: Abba and 1 more"
    assert accuracy_facts(made, ESTIMATE) == {
        "accuracy on clips": "25.0 % (4 clips; always predicting 'r': 100.0 %)",
        "accuracy on clips of new groups": "0.0 % (1 clip)",
    }


def test_without_a_clip_of_a_new_group_the_estimate_is_named():
    made = predicted("r", true="r", in_training=[False], groups=["Abba"])
    assert accuracy_facts(made, ESTIMATE)["accuracy on clips of new groups"].endswith(ESTIMATE)


def test_accuracy_on_imbalanced_classes_stands_beside_that_of_the_most_frequent_class():
    made = predicted("rrrrrrrb", true="rrrrrrbr", in_training=[False] * 8)
    assert accuracy_facts(made, ESTIMATE) == {
        "accuracy on clips": "75.0 % (8 clips; always predicting 'r': 87.5 %)",
        "balanced accuracy on clips": "42.9 % (always predicting one class: 50.0 %)",
    }


def test_classes_that_the_model_cannot_predict_are_named():
    made = predicted("rrbb", true="rxbx", in_training=[False] * 4)
    facts = accuracy_facts(made, ESTIMATE)
    assert facts["classes unknown to the model"] == "2 clips, scored as errors: x"
