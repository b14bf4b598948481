"""Windows of a recording that an ONNX model receives."""

import json
from dataclasses import replace

import pytest
from gpuclf.audio.embedding import Embedding
from gpuclf.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

EMBEDDING = Embedding(
    model="/m.onnx",
    digest="0",
    input="wave",
    output="embedding",
    name="embedding",
    sr=4000,
    window=100,
    window_hop=100,
    frames_per_window=1,
)


@pytest.mark.parametrize(
    ("samples", "starts"),
    [
        (100, [0]),
        (300, [0, 100, 200]),
        (249, [0, 100]),
        (250, [0, 100, 200]),
        (10, [0]),
    ],
)
def test_last_window_is_padded_if_half_of_it_is_sound_and_the_first_always(samples, starts):
    assert list(EMBEDDING.starts(samples)) == starts


@given(samples=st.integers(1, 2000), window=st.integers(1, 300), hop=st.integers(1, 400))
def test_one_window_at_most_is_padded_and_only_for_sound_that_no_other_has(samples, window, hop):
    starts = replace(EMBEDDING, window=window, window_hop=hop).starts(samples)
    padded = [start for start in starts if start + window > samples]
    assert list(starts) == [k * hop for k in range(len(starts))] and len(starts) > 0
    if padded and len(starts) > 1:
        assert padded == [starts[-1]]
        assert samples - padded[0] >= window / 2
        assert starts[-2] + window < samples
    following = len(starts) * hop
    assert following + window > samples  # no whole window is left out


def test_time_of_a_frame_is_that_of_its_window_or_its_part():
    assert EMBEDDING.step("embedding") == 100
    assert replace(EMBEDDING, window_hop=50).step("embedding") == 50
    assert replace(EMBEDDING, frames_per_window=4).step("embedding") == 25


def test_frames_of_a_recording_are_counted():
    assert EMBEDDING.count_frames("embedding", 250) == 3
    assert replace(EMBEDDING, frames_per_window=4).count_frames("embedding", 250) == 12


def test_several_frames_per_window_do_not_overlap():
    with pytest.raises(InputError, match=r"window_hop: got 0.0125 s, expected 0.025, the window: "):
        replace(EMBEDDING, frames_per_window=2, window_hop=50)


def test_name_must_be_one_of_a_feature_set():
    with pytest.raises(InputError, match="name: got '/a', expected a name without '/'"):
        replace(EMBEDDING, name="/a")


def test_parameters_survive_json():
    one = replace(EMBEDDING, constants=("sr=8000",), duration=2)
    assert Embedding.from_dict(json.loads(json.dumps(one.to_dict()))) == one
    with pytest.raises(InputError, match="extraction: got 'windows', expected window"):
        Embedding.from_dict({**one.to_dict(), "windows": 1})
