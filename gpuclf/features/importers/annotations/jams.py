"""Annotations in JAMS, the JSON Annotated Music Specification.

The file is read as JSON: an annotation has a ``namespace`` and ``data``, a list of observations
with ``time``, ``duration`` and ``value``, or one list for each of these. The library jams would
install pandas, jsonschema and mir_eval for this. Observations with a text as their value, or with
an object that has a ``label`` (sound events), are labelled parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gpuclf.errors import InputError, first_line, one_of
from gpuclf.features.importers.annotations.event import Event, read_text


def read_jams(path: Path, label: str | None = None) -> list[Event]:
    """Return the labelled parts of one namespace of a file.

    Parameters
    ----------
    path : Path
        The file.
    label : str, optional
        Namespace, such as ``segment_open``; by default the only one with labelled parts.

    Raises
    ------
    InputError
        If the file is not JAMS, or several namespaces contain labelled parts.

    Examples
    --------
    >>> path = Path("a.jams")
    >>> data = [{"time": 0, "duration": 2.5, "value": "verse", "confidence": 1}]
    >>> _ = path.write_text(json.dumps({"annotations": [{"namespace": "segment", "data": data}]}))
    >>> read_jams(path)
    [Event(start=0.0, end=2.5, label='verse', recording=None)]
    """
    try:
        annotations = json.loads(read_text(path))["annotations"]
        events: dict[str, list[Event]] = {}
        for annotation in annotations:
            own = events.setdefault(annotation["namespace"], [])
            own += map(_event, _observations(annotation["data"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        got = f"no JAMS file ({type(error).__name__}: {first_line(error)})"
        raise InputError(str(path), got=got, expected="annotations with time and value") from error
    labelled = [name for name, own in events.items() if any(_is_part(each) for each in own)]
    if label is not None and label not in events:
        expected = one_of(events) if events else "a file with annotations"
        raise InputError(f"{path}, namespace", got=repr(label), expected=expected)
    if label is None and len(labelled) > 1:
        expected = f"{one_of(labelled)} (option --label-column)"
        raise InputError(f"{path}, namespace", got="several with labels", expected=expected)
    return events[label] if label else [each for name in labelled for each in events[name]]


def _is_part(event: Event) -> bool:
    return bool(event.label) and event.end > event.start


def _observations(data: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(data, Mapping):
        yield from data
        return
    for time, duration, value in zip(data["time"], data["duration"], data["value"], strict=True):
        yield {"time": time, "duration": duration, "value": value}


def _event(observation: Mapping[str, Any]) -> Event:
    value = observation["value"]
    if isinstance(value, Mapping):
        value = value.get("label")
    start = float(observation["time"])
    return Event(
        start, start + float(observation["duration"]), value if isinstance(value, str) else ""
    )
