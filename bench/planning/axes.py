"""Parameters as text: `key=1,2,4`, `key=1:64:x2`, `NAME[key=value,...]`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ..contracts import Plain
from ..errors import UsageError

MANY = 1000
"""Values of one axis; more is a slip of the fingers."""


@dataclass(frozen=True)
class Axis:
    """One parameter and the texts of its values."""

    key: str
    texts: tuple[str, ...]


def axis(text: str) -> Axis:
    """Read `key=1,2,4`, `key=1:64:x2` (each the double of the last) or `key=1:9:2` (steps)."""
    key, equals, values = text.partition("=")
    if not (equals and key.strip() and values.strip()):
        raise UsageError(f"cannot read parameter '{text}': write key=1,2,4 or key=1:64:x2")
    texts: list[str] = []
    for part in values.split(","):
        texts += _range(part.strip(), text) if part.count(":") == 2 else [part.strip()]
    return Axis(key.strip(), tuple(dict.fromkeys(texts)))


def _range(part: str, whole: str) -> list[str]:
    match = re.fullmatch(r"([\d._]+):([\d._]+):(x?)([\d._]+)", part)
    if not match:
        return [part]  # a text with colons, such as an address
    first, last, times, by = _number(match[1]), _number(match[2]), match[3], _number(match[4])
    if (by <= 1 if times else by <= 0) or (times and first <= 0):
        raise UsageError(f"'{whole}' never ends: a range goes up, as in 1:64:x2 or 1:9:2")
    values: list[str] = []
    while first <= last:
        values.append(f"{first:g}" if isinstance(first, float) else str(first))
        first = first * by if times else first + by
        if len(values) > MANY:
            raise UsageError(f"'{whole}' has more than {MANY} values")
    if not values:
        raise UsageError(f"'{whole}' is empty: {match[1]} is above {match[2]}")
    return values


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return float(text)


def named(text: str) -> tuple[str, dict[str, str]]:
    """Split `NAME[key=value,...]` into the name and its parameters."""
    match = re.fullmatch(r"([^\[\]]+)(?:\[(.*)\])?", text.strip())
    if not match:
        raise UsageError(f"cannot read '{text}': write NAME or NAME[key=value,...]")
    params: dict[str, str] = {}
    for part in filter(None, (match[2] or "").split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"cannot read '{part}' in '{text}': write NAME[key=value,...]")
        params[key.strip()] = value.strip()
    return match[1], params


def value(text: str, default: Plain, owner: str, key: str) -> Plain:
    """The text as a value of the default's type; UsageError says what it should have been."""
    try:
        return _typed(text, default)
    except ValueError:
        kind = "a whole number" if default is ... else _KINDS.get(type(default), "a JSON value")
        raise UsageError(f"{owner}: '{key}' must be {kind}, not '{text}'") from None


_KINDS = {bool: "true or false", int: "a whole number", float: "a number"}


def _typed(text: str, default: Plain) -> Plain:
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise ValueError(text)
        return text.lower() == "true"
    if default is ... or isinstance(default, int):
        return int(text)
    if isinstance(default, float):
        return float(text)
    if isinstance(default, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
