"""Whether two answers are the same: their texts are those of bench/answers.py.

Standard library only: the driver asks it, too.  Floats are equal within RTOL, as numpy and
`math.isclose` have it: a library for linear algebra promises no last digit, and threads sum up in
any order.
"""

from __future__ import annotations

import json
import math
from array import array
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

RTOL = 1e-9
ROUNDING = 1e-12
"""What logarithms and their sums add to a difference by themselves."""


def equal(first: str, second: str) -> bool:
    """Whether two texts are of the same results.

    Both have the sums of the logarithms of their floats, in 64 slots.  Where a slot is of one
    float, a difference of that logarithm is the float's relative one; where it is of more, no
    slot of equal results can differ by more than all its members together may.
    """
    one, other = first.split("~"), second.split("~")
    if one[0] == other[0]:
        return True
    if len(one) != 4 or len(other) != 4 or one[1:3] != other[1:3]:
        return False
    try:
        left, right = _sums(one[3]), _sums(other[3])
        count = int(one[2])
    except (ValueError, Error):  # no text of ours
        return False
    if len(left) != len(right) or not left:
        return False
    each = -(-count // len(left))
    most = RTOL * (1 if each == 1 else 2 * each) + ROUNDING * each
    return all(abs(a - b) <= most for a, b in zip(left, right, strict=True))


def _sums(text: str) -> array[float]:
    sums = array("d")
    sums.frombytes(b64decode(text, validate=True))
    return sums


def same(first: Iterable[str], second: Iterable[str]) -> bool:
    """Whether each answer of one set is among those of the other, and the other way round."""
    here, there = set(first), set(second)
    return all(any(equal(a, b) for b in there) for a in here) and all(
        any(equal(a, b) for a in here) for b in there
    )


def differ(first: Mapping[Any, Iterable[str]], second: Mapping[Any, Iterable[str]]) -> bool:
    """Whether answers to the same work, their key, are others; those of other work tell nothing."""
    return any(not same(first[work], second[work]) for work in first.keys() & second.keys())


def difference(first: Sequence[str], second: Sequence[str]) -> str:
    """`: task 0: [0]['a'] is 0.13, then 0.84`, of the first place where samples part, or nothing.

    Both have a text for each of the first results, cut off where that is long.
    """
    for i, (one, other) in enumerate(zip(first, second, strict=False)):
        if one == other:
            continue
        try:
            here = place(json.loads(one), json.loads(other))
        except ValueError:  # cut off, or no JSON
            return f": task {i}: {one}, then {other}"
        if here:
            return f": task {i}: {here}"
    return ""


def place(one: Any, other: Any, path: str = "") -> str:
    """`[0]['a'] is 0.13, then 0.84`, where two JSON values part, or nothing."""
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip_longest(one, other)
        places = (place(a, b, f"{path}[{i}]") for i, (a, b) in enumerate(pairs))
        return next(filter(None, places), "")
    if isinstance(one, dict) and isinstance(other, dict):
        names = dict.fromkeys([*one, *other])
        places = (place(one.get(key), other.get(key), f"{path}[{key!r}]") for key in names)
        return next(filter(None, places), "")
    if isinstance(one, float) and isinstance(other, float):
        equals = one == other or math.isclose(one, other, rel_tol=RTOL)
    else:
        equals = one == other and type(one) is type(other)
    was = json.dumps(one), json.dumps(other)
    return "" if equals else f"{path}{' is ' if path else ''}{was[0]}, then {was[1]}"
