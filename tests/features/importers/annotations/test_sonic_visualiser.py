"""Layers of Sonic Visualiser."""

import pytest
from gpuclf.errors import InputError
from gpuclf.features.importers.annotations.event import Event
from gpuclf.features.importers.annotations.sonic_visualiser import read_export, read_layer

LAYER = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE sonic-visualiser>
<sv>
  <data>
    <model id="1" name="" sampleRate="44100" start="0" end="882000" type="sparse" dimensions="3"
      resolution="1" notifyOnAdd="true" dataset="0" subtype="region" minimum="0" maximum="1" />
    <dataset id="0" dimensions="3">
      <point frame="44100" value="0" duration="22050" label="wren &amp; lark" />
      <point frame="88200" value="0" label="" />
    </dataset>
  </data>
  <display>
    <layer id="2" type="regions" name="Regions" model="1" colourName="Purple" />
  </display>
</sv>
"""


def test_points_of_a_layer_are_read_in_seconds(tmp_path):
    (tmp_path / "a.svl").write_text(LAYER)
    assert read_layer(tmp_path / "a.svl") == [Event(1, 1.5, "wren & lark"), Event(2, 2, "")]


@pytest.mark.parametrize(
    "text",
    [
        *("", LAYER[:300], LAYER.replace('sampleRate="44100"', 'sampleRate="0"')),
        *(LAYER.replace('frame="44100"', ""), LAYER.replace('dataset="0"', "")),
    ],
)
def test_damaged_layers_raise(tmp_path, text):
    (tmp_path / "a.svl").write_text(text)
    with pytest.raises(InputError, match=r"a.svl: got no layer .*, expected a layer file of Sonic"):
        read_layer(tmp_path / "a.svl")


def exported(tmp_path, text, label=None):
    (tmp_path / "a.csv").write_text(text)
    return read_export(tmp_path / "a.csv", label)


def test_regions_without_a_header_are_read(tmp_path):
    text = ' 1.500000000,0,0.250000000,"wren, far"\n 2.000000000,1,0.500000000\n'
    assert exported(tmp_path, text) == [Event(1.5, 1.75, "wren, far"), Event(2, 2.5, "")]


def test_regions_and_boxes_with_a_header_are_read(tmp_path):
    regions = "TIME,VALUE,DURATION,LABEL\n1.5,0,0.25,wren\n"
    assert exported(tmp_path, regions) == [Event(1.5, 1.75, "wren")]
    boxes = "START,END,EXTENT START,EXTENT END,LABEL\n1.5,1.75,100,900,wren\n"
    assert exported(tmp_path, boxes) == [Event(1.5, 1.75, "wren")]


def test_an_empty_export_has_no_regions(tmp_path):
    assert exported(tmp_path, "") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FRAME,VALUE,DURATION,LABEL\n1,0,9,x\n", "line 1: got 'FRAME', expected a time in sec"),
        ("START,LABEL\n1,x\n", "line 1: got the columns START, LABEL, expected TIME or START, and"),
        ("1.5,1.75,100,900,wren\n", "line 1: got cells: 5, expected 4 .*; export the layer with a"),
        ("1.5,0,soon,wren\n", "line 1: got 'soon', expected a time in seconds"),
    ],
)
def test_other_tables_raise(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        exported(tmp_path, text)
