"""The kinds of values that options have, from whatever a file or a command line gives."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "": 1.0}
PROBES = ("memory", "latency", "lag", "trace")
DEFAULT_PROBES = PROBES[:3]
ALL, NONE = "all", "none"


def duration(given: object) -> object:
    """Seconds from `60s`, `10m`, `1h`, `500ms` or a bare number."""
    if not isinstance(given, str):
        return number(given)
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", given)
    if not match or match[2] not in UNITS:
        raise ValueError("a duration such as 60s, 10m or 1h")
    return float(match[1]) * UNITS[match[2]]


def several(given: object) -> object:
    """A list of one from a text."""
    return (given,) if isinstance(given, str) else given


def number(given: object) -> object:
    """No truth value: pydantic takes `true` as 1."""
    if isinstance(given, bool):
        raise ValueError("a number")
    return given


def probes(given: object) -> object:
    """Probes, each once and in our order, from names that may also be parted by commas.

    `none` stays a name: an empty list is an option that was left out.
    """
    texts = several(given)
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise ValueError(_PROBES)
    names = {name.strip() for text in texts for name in text.split(",")} - {""}
    if not names or not names <= {*PROBES, ALL, NONE} or (NONE in names and len(names) > 1):
        raise ValueError(_PROBES)
    if NONE in names:
        return (NONE,)
    return tuple(name for name in PROBES if name in names or ALL in names)


_PROBES = f"some of {', '.join(PROBES)}, or {ALL}, or {NONE}"

Number = Annotated[int, BeforeValidator(number)]
Seconds = Annotated[float, BeforeValidator(duration)]
Texts = Annotated[tuple[str, ...], BeforeValidator(several)]
Probes = Annotated[tuple[str, ...], BeforeValidator(probes)]


def wanted(key: str, error: Any) -> str:
    """What an option must be, by the error that pydantic raised for its value."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return RANGES[key]
    return KINDS.get(error["type"].partition("_")[0], str(error["msg"]))


RANGES = {
    "tasks": "between 1 and 10,000,000",
    "workers": "between 1 and 100,000",
    "budget": "between 1s and 24h",
    "rounds": "between 1 and 100,000",
    "timeout": "above 0 and at most 24h",
    "seed": "between 0 and 2**64 - 1",
}
KINDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number of seconds, or a duration such as 60s",
    "string": "a text",
    "tuple": "a list of texts",
    "literal": "fork, spawn or forkserver",
    "path": "a path",
    "finite": "a finite number",
}
