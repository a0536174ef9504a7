"""Files that a failing disk, an editor or a stranger might leave in the place of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

Path_ = tuple[Any, ...]

VALUES = st.one_of(
    st.sampled_from(
        [
            *(None, True, -1, 0, 2**31, 10**400, -(10**30), 99),
            *(1e300, 5e-324, -0.0, float("inf"), float("nan"), 1e-16),
            *(
                "",
                "\x00\x1b[31m",
                "a\udce9",
                "\u202e",
                "x" * 5000,
                "../../etc/passwd",
                "samples.json",
            ),
            *([], {}, [[]], [None], {"": None}, {"a": {"b": []}}, [0] * 500),
        ]
    ),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
)
"""What stands where something else was."""


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The way to every value within a JSON value."""
    yield path
    if isinstance(value, dict):
        for key, one in value.items():
            yield from places(one, (*path, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from places(one, (*path, at))


def changed(document: Any, path: Path_, change: Callable[[Any, Any], None]) -> Any:
    """A copy with `change(container, key)` done to the value at the end of the path."""
    if not path:
        return document
    whole = copy.deepcopy(document)
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])
    return whole


def _remove(container: Any, key: Any) -> None:
    del container[key]


def _double(container: Any, key: Any) -> None:
    if isinstance(container, list):
        container.insert(key, copy.deepcopy(container[key]))
    else:
        container[f"{key} "] = container[key]


@st.composite
def documents(draw: st.DrawFn, document: Any) -> Any:
    """A JSON value with one to three values replaced, removed or there twice."""
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(document))))
        how = draw(st.sampled_from(["replace", "replace", "remove", "double"]))
        if how == "replace":
            value = draw(VALUES)

            def change(container: Any, key: Any, value: Any = value) -> None:
                container[key] = value

            document = changed(document, path, change) if path else value
        else:
            document = changed(document, path, _remove if how == "remove" else _double)
    return document


@st.composite
def bytes_of(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes cut off, with some of them others, or with something in between."""
    at = draw(st.integers(0, len(data)))
    how = draw(st.sampled_from(["cut", "overwrite", "insert"]))
    if how == "cut":
        return data[:at]
    strange = draw(st.binary(min_size=1, max_size=8))
    return data[:at] + strange + data[at + (len(strange) if how == "overwrite" else 0) :]


def texts(text: str) -> st.SearchStrategy[bytes]:
    """A JSON text with other values in it, or with other bytes."""
    others = documents(json.loads(text)).map(lambda one: json.dumps(one).encode())
    return st.one_of(others, others, bytes_of(text.encode()))


@st.composite
def journals(draw: st.DrawFn, text: str) -> bytes:
    """Lines of JSON with one of them changed, gone, twice, elsewhere, or with other bytes."""
    lines = text.splitlines()
    at = draw(st.integers(0, len(lines) - 1))
    how = draw(st.sampled_from(["change", "change", "remove", "double", "move", "bytes"]))
    if how == "bytes":
        return draw(bytes_of(text.encode()))
    if how == "change":
        lines[at] = json.dumps(draw(documents(json.loads(lines[at]))))
    elif how == "remove":
        del lines[at]
    else:
        place = draw(st.integers(0, len(lines) - 1))
        line = lines[at] if how == "double" else lines.pop(at)
        lines.insert(place, line)
    return "".join(f"{line}\n" for line in lines).encode()
