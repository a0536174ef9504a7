"""Which plug-ins a run measures, and with which parameters, from text.

Names, wildcards, exclusions, `NAME[key=value,...]`, and sweeps: `key=1,2,4`, `key=1:64:x2`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..contracts import Plain
from ..errors import NothingSelected, UsageError, alternatives
from ..spec import Spec, no_parameter
from .plugins import Absent, Kind, find, loaded, names, parameters

RANGE = "1:64:x2 (1, 2, 4 ... 64) or 1:9:2 (1, 3, 5, 7, 9)"
MANY = 1000
"""Values of one axis; more is a typing error."""


@dataclass(frozen=True)
class Axis:
    """One parameter and the texts of its values."""

    key: str
    texts: tuple[str, ...]


def axis(text: str) -> Axis:
    """Read `key=1,2,4`, `key=1:64:x2` (each double the last) or `key=1:9:2` (steps)."""
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
        raise UsageError(f"'{whole}' never ends: a range is {RANGE}")
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
    except (KeyError, ValueError):
        kind = "a whole number" if default is ... else _KINDS.get(type(default), "a JSON value")
        told = f"; a range is {RANGE}" if text.count(":") == 2 else ""
        raise UsageError(f"{owner}: '{key}' must be {kind}, not '{text}'{told}") from None


_KINDS = {bool: "true or false", int: "a whole number", float: "a number"}


def _typed(text: str, default: Plain) -> Plain:
    if isinstance(default, bool):
        return {"true": True, "false": False}[text.lower()]
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


DEFAULTS: dict[Kind, tuple[str, ...]] = {
    "workloads": ("io_sleep", "http_get", "cpu_sum"),
    "strategies": (
        *("sequential", "threading", "multiprocessing"),
        *("asyncio", "asyncio+to_thread", "asyncio+processpool"),
    ),
}


@dataclass(frozen=True)
class Selection:
    """A plug-in with the parameters that its brackets fix, as text."""

    spec: Spec
    fixed: tuple[tuple[str, str], ...]

    @property
    def fields(self) -> dict[str, Plain]:
        """Its parameters with their defaults."""
        return parameters(loaded(self.spec))


def selected(kind: Kind, texts: Iterable[str]) -> Iterator[Selection]:
    """The plug-ins that the texts select; without one that adds, the defaults.

    Raises UsageError for a name, a parameter or an exclusion that means nothing.
    """
    wanted = [text for text in texts if not text.startswith("!")] or list(DEFAULTS[kind])
    unwanted = [text[1:] for text in texts if text.startswith("!")]
    choice: dict[tuple[object, ...], Selection] = {}
    for text in wanted:
        name, fixed = named(text)
        for spec in _matching(kind, name):
            plugin = loaded(spec)
            if plugin is Absent:  # nobody knows its parameters
                choice[spec.target, spec.name] = Selection(spec, ())
                continue
            known = list(parameters(plugin))
            for param in fixed:
                if param not in known:
                    raise no_parameter(spec.name, param, known)
            key = spec.target, *spec.given.values(), *fixed.items()
            choice[key] = Selection(spec, tuple(fixed.items()))
    there = [chosen.spec.name for chosen in choice.values()]
    for pattern in unwanted:
        if not any(_matches(pattern, name) for name in there):
            raise UsageError(f"'!{pattern}' excludes nothing{alternatives(pattern, there)}")
    for chosen in choice.values():
        if not any(_matches(pattern, chosen.spec.name) for pattern in unwanted):
            yield chosen


def specs(kind: Kind, text: str) -> list[Spec]:
    """The plug-ins that one text means, an exclusion none; imports no plug-in."""
    return [] if text.startswith("!") else _found(kind, named(text)[0])


def _matching(kind: Kind, name: str) -> list[Spec]:
    found = _found(kind, name)
    return [_present(spec) for spec in found] if _is_pattern(name) else found


def _found(kind: Kind, name: str) -> list[Spec]:
    if not _is_pattern(name):
        return [find(kind, name)]
    there = names(kind)
    found = [find(kind, one) for one in there if _matches(name, one)]
    if not found:
        raise NothingSelected(f"nothing matches '{name}'{alternatives(name, there)}")
    return found


def _is_pattern(name: str) -> bool:
    return "*" in name or "?" in name


def _present(spec: Spec) -> Spec:
    """The plug-in, or one that says why it does not import: a pattern may select others."""
    try:
        loaded(spec)
    except UsageError as error:
        return Spec(spec.name, f"{Absent.__module__}:{Absent.__name__}", given={"why": str(error)})
    return spec


def _matches(pattern: str, name: str) -> bool:
    # Not fnmatch: brackets hold parameters here, not a set of letters.
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, name) is not None
