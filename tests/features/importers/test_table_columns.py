"""Which column of a table is the clip, the label, the group, the fold, a time or a feature."""

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.table_columns import Column, ColumnChoice, assign_columns


def columns(text):
    """Return columns from their names; ``name*`` is text and ``name[3]`` a column of lists."""
    kinds = []
    for name in text.split(","):
        if name.endswith("*"):
            kinds.append(Column(name[:-1], "text"))
        elif name.endswith("]"):
            kinds.append(Column(name[:-3], "list", int(name[-2])))
        else:
            kinds.append(Column(name, "number", 1))
    return kinds


def summary(text, **choice):
    return assign_columns("t", columns(text), ColumnChoice(**choice)).summary()


def test_columns_with_usual_names_are_found_and_text_is_excluded():
    assert summary("filename*,genre*,fold,speaker*,start,end,mfcc_1,mfcc_2,note*") == [
        "clip: filename",
        "label: genre",
        "group: speaker",
        "fold: fold",
        "times: start, end",
        "features: mfcc_1, mfcc_2 (2)",
        "excluded: note",
    ]


def test_named_columns_are_used_instead_of_usual_ones():
    found = summary(
        "track*,label*,genre*,artist*,year,a,b",
        clip="track",
        label="genre",
        group="year",
    )
    assert found[:3] == ["clip: track", "label: genre", "group: year"]
    assert found[3:] == ["features: a, b (2)", "excluded: label, artist"]


def test_the_first_usual_name_wins_and_other_candidates_are_ambiguous():
    assert summary("clip*,file*,label*,a")[0] == "clip: clip"
    with pytest.raises(InputError, match="several columns that could be the clip: filename, path"):
        summary("filename*,path*,label*,a")
    with pytest.raises(InputError, match=r"could be the label.*--label-column to name one"):
        summary("clip*,class*,genre*,a")


def test_patterns_select_and_exclude_features_in_the_order_of_the_columns():
    table = "clip*,label*,mfcc_2,length,mfcc_1,rms"
    assert summary(table, features=("rms", "mfcc_*"))[2:] == [
        "features: mfcc_2, mfcc_1, rms (3)",
        "excluded: length",
    ]
    assert "features: mfcc_2, mfcc_1, rms (3)" in summary(table, exclude=("len*",))


def test_many_features_are_shortened_to_the_first_and_the_last():
    names = ",".join(f"f{number}" for number in range(200))
    assert summary(f"clip*,label*,{names}")[-1] == "features: f0, ..., f199 (200)"


def test_a_column_of_lists_excludes_single_numbers_unless_they_are_selected():
    table = "clip*,label*,score,embedding[9]"
    assert summary(table)[2:] == ["features: embedding (9)", "excluded: score"]
    assert summary(table, features=("*e*",))[2:] == ["features: score, embedding (10)"]
    with pytest.raises(InputError, match="several columns of lists: a, b, expected --features"):
        summary("clip*,label*,a[2],b[3]")


def test_a_part_of_a_column_has_a_role_after_a_colon():
    found = summary(r"a:b*,label*,x", clip="a:b", group=r"a:b:^\d+", fold=r"label:(\d)")
    assert found[0] == "clip: a:b"
    with pytest.raises(InputError, match=r"--clip-column: got '\(': .*, expected a regular expr"):
        summary("file*,label*,a", clip="file:(")


@pytest.mark.parametrize(
    ("text", "choice", "message"),
    [
        ("label*,a", {}, "no column of the clip, expected --clip-column to name one of label, a"),
        ("clip*,a", {}, "no column of the label, expected --label-column .* or --labels CSV"),
        ("clip*,label*", {}, "no feature columns"),
        ("clip*,label*,a", {"group": "site"}, r"'site', expected .* \(option --group-column\)"),
        ("clip*,label*,a", {"times": ("t",)}, r"'t', expected .*option --time-columns"),
        ("clip*,label*,a", {"features": ("b*",)}, "--features: got 'b.', expected a column of num"),
        ("clip*,label*,a", {"features": ("label",)}, "--features: got 'label'"),
        ("clip*,label*,a", {"exclude": ("b",)}, "--exclude: got 'b', expected a column"),
        ("clip*,label*,a,a", {}, "the column 'a' twice"),
        ("clip*,label*,id,a", {}, "the column 'id' among the features, expected .*--exclude it"),
    ],
)
def test_missing_columns_raise_with_the_columns_and_the_option(text, choice, message):
    with pytest.raises(InputError, match=message):
        summary(text, **choice)


def test_columns_in_messages_are_shortened():
    names = ",".join(f"f{number}" for number in range(500))
    with pytest.raises(InputError) as caught:
        summary(f"label*,{names}")
    assert len(str(caught.value)) < 200 and "and 493 more" in str(caught.value)
