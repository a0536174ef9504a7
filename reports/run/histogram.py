"""Counts of durations in slots 1 % wide: an HdrHistogram in pure Python.

The text of one is HdrHistogram's, base64 of the compressed V2 form, which tools of other languages
read: https://github.com/HdrHistogram/HdrHistogram.  Its Python package is left out because it needs
a compiler where it has no wheel, and turns the GIL on.  Standard library only.
"""

from __future__ import annotations

import binascii
import math
import struct
import zlib
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ..errors import DamagedRun

LOWEST, HIGHEST, DIGITS = 1, 3_600_000_000_000, 2
"""Nanoseconds from 1 to an hour, to two significant digits, which is 1 %."""
STEPS = 10
"""Each point of a curve goes 1 / (2 * STEPS) of the way that is left to 100 %."""
_DEEPEST = 100 - 1e-9  # beyond it a step is too small for a float, and a curve had no end
Points: TypeAlias = list[tuple[float, float]]

_BITS = 8  # 256 slots tell 1 % apart: the least power of two from 2 * 10 ** DIGITS on
_HALF = 1 << _BITS - 1
_SLOTS = (HIGHEST.bit_length() - _BITS + 2) * _HALF
_ENVELOPE, _COMPRESSED = struct.Struct(">II"), 0x1C849314  # cookie, length
_HEADER, _PLAIN = struct.Struct(">IIIIqqd"), 0x1C849313
_LONGEST = 1 << 20
"""Bytes of a payload: each slot has at most 9."""


@dataclass(frozen=True)
class Histogram:
    """How many durations, in whole nanoseconds, there are in each slot."""

    slots: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.slots.total()

    def add(self, duration: int, count: int = 1) -> None:
        """Count a duration; one beyond the range counts at its end."""
        self.slots[_slot(min(max(duration, LOWEST), HIGHEST))] += count

    def percentile(self, percent: float) -> int:
        """The least duration that is not below this many percent (nearest rank), or up to 1 % more.

        Raises ValueError of an empty one.
        """
        rank = max(1, min(self.total, math.ceil(percent * self.total / 100)))
        for slot, count in self._rising():
            if count >= rank:
                return _end(slot)
        raise ValueError("an empty histogram has no percentiles")

    def curve(self) -> Points:
        """The percentiles, from 0 to 100, and their seconds, both rising; nothing of an empty one.

        Denser towards 100, as a chart of a tail wants them.
        """
        points: Points = []
        level, total = 0.0, self.total
        for slot, count in self._rising():
            seconds = _end(slot) / 1e9
            if count == total:
                return [*points, (level, seconds), (100.0, seconds)]
            while level <= min(100 * count / total, _DEEPEST):
                points.append((level, seconds))
                level += (100 - level) / (2 * STEPS)
        return []

    def text(self) -> str:
        counts = b"".join(_words(sorted(self.slots.items())))
        header = _HEADER.pack(_PLAIN, len(counts), 0, DIGITS, LOWEST, HIGHEST, 1.0)
        body = zlib.compress(header + counts)
        return b64encode(_ENVELOPE.pack(_COMPRESSED, len(body)) + body).decode("ascii")

    def _rising(self) -> Iterator[tuple[int, int]]:
        """The slots from the lowest up, each with how many durations there are up to its end."""
        until = 0
        for slot, count in sorted(self.slots.items()):
            until += count
            yield slot, until


def read(text: str) -> Histogram:
    """The histogram of a text.  Raises DamagedRun when it is none."""
    try:
        return Histogram(Counter(dict(_counts(_payload(text)))))
    except (ValueError, binascii.Error, struct.error, zlib.error) as error:
        raise DamagedRun(f"not a histogram: {error}") from None


def _slot(duration: int) -> int:
    shift = max(0, duration.bit_length() - _BITS)
    return shift * _HALF + (duration >> shift)


def _end(slot: int) -> int:
    """The longest duration of a slot."""
    shift = max(0, slot // _HALF - 1)
    return ((slot - shift * _HALF + 1) << shift) - 1


def _payload(text: str) -> bytes:
    decoded = b64decode(text, validate=True)
    cookie, length = _ENVELOPE.unpack_from(decoded)
    body = decoded[_ENVELOPE.size :]
    if cookie != _COMPRESSED:
        raise ValueError(f"it starts with {cookie:#x}")
    if length != len(body):
        raise ValueError(f"{len(body)} of {length} bytes")
    inflater = zlib.decompressobj()
    payload = inflater.decompress(body, _LONGEST)
    if not inflater.eof:
        raise ValueError("its compressed part has no end")
    return payload


def _counts(payload: bytes) -> Iterator[tuple[int, int]]:
    """Slots with what is counted in them: a number below 0 is a run of so many empty slots."""
    cookie, length, offset, digits, lowest, highest, _ = _HEADER.unpack_from(payload)
    if (cookie, offset, digits, lowest, highest) != (_PLAIN, 0, DIGITS, LOWEST, HIGHEST):
        raise ValueError(f"{digits} digits of {lowest} to {highest}, not {DIGITS} of an hour")
    if length != len(payload) - _HEADER.size:
        raise ValueError(f"{len(payload) - _HEADER.size} of {length} bytes of counts")
    slot = 0
    for number in _numbers(payload[_HEADER.size :]):
        if number > 0:
            yield slot, number
        slot += max(1, -number)
        if slot > _SLOTS:
            raise ValueError("a duration beyond an hour")


def _words(counts: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Counts in the order of their slots, as numbers of ZigZag and LEB128."""
    following = 0
    for slot, count in counts:
        if slot > following:
            yield _word(2 * (slot - following) - 1)
        yield _word(2 * count)
        following = slot + 1


def _word(number: int) -> bytes:
    """Seven bits a byte from the lowest on; the ninth byte has eight."""
    word = bytearray()
    while number > 0x7F and len(word) < 8:
        word.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*word, number])


def _numbers(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        number = shift = 0
        while True:
            if at == len(data):
                raise ValueError("its last count has no end")
            byte, at = data[at], at + 1
            if shift == 56 or byte < 0x80:
                number |= byte << shift
                break
            number |= (byte & 0x7F) << shift
            shift += 7
        yield number >> 1 ^ -(number & 1)
