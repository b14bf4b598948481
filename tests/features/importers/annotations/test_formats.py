"""The format of an annotation file."""

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.event import Event
from gpuclf.features.importers.annotations.formats import read_events

RAVEN = "Selection\tBegin Time (s)\tEnd Time (s)\tAnnotation\n1\t0.5\t2\tx\n"
JAMS = (
    '{"annotations": [{"namespace": "s", "data": [{"time": 0.5, "duration": 1.5, "value": "x"}]}]}'
)
LAYER = (
    '<sv><data><model sampleRate="10" dataset="0"/><dataset id="0">'
    '<point frame="5" duration="15" label="x"/></dataset></data></sv>'
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("a.txt", RAVEN), ("a.TXT", "0.5\t2\tx\n"), ("a.tsv", "0.5\t2\tx\n")),
        *(("a.jams", JAMS), ("a.svl", LAYER), ("a.csv", "0.5,0,1.5,x\n")),
    ],
)
def test_each_format_is_recognised_and_gives_the_same_event(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_events(tmp_path / name) == [Event(0.5, 2.0, "x")]


def test_other_suffixes_raise(tmp_path):
    (tmp_path / "a.eaf").touch()
    with pytest.raises(
        InputError, match=r"got the suffix '.eaf', expected a file ending in one of"
    ):
        read_events(tmp_path / "a.eaf")
