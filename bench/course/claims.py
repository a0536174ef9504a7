"""What a lesson is made of beside its program: words in every language, claims and their checks.

Standard library only, as every lesson's process imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeAlias

from ..contracts import Plain

Way: TypeAlias = Callable[[], Any]
Ways: TypeAlias = Mapping[str, Way]


@dataclass(frozen=True)
class Words:
    """A text in English and in Traditional Chinese, as it is written in Taiwan."""

    en: str
    zh: str

    def plain(self) -> dict[str, str]:
        """The text by the tag of its language."""
        return {"en": self.en, "zh-Hant": self.zh}


@dataclass(frozen=True)
class Ratio:
    """One reading divided by another, round by round, is between `least` and `most`.

    `limit` is what theory allows; without a `most`, more than that is an error of measuring.
    """

    above: str
    below: str
    least: float | None = None
    most: float | None = None
    limit: float | None = None

    @property
    def readings(self) -> tuple[str, ...]:
        return self.above, self.below


@dataclass(frozen=True)
class Seen:
    """A reading is this value in every round."""

    reading: str
    value: Plain

    @property
    def readings(self) -> tuple[str, ...]:
        return (self.reading,)


@dataclass(frozen=True)
class Claim:
    """What a tutorial says, `claimed` with these numbers, and how that is checked.

    `instead` says what is so where it does not hold.
    """

    check: Ratio | Seen
    says: Words
    claimed: str = ""
    instead: Words | None = None

    def plain(self) -> dict[str, Plain]:
        """As JSON has it."""
        return {
            "says": self.says.plain(),
            "claimed": self.claimed,
            "instead": self.instead.plain() if self.instead else None,
            "check": {"kind": type(self.check).__name__.lower(), **asdict(self.check)},
        }


class Lesson(Protocol):
    """A frozen dataclass of this shape, in a file of its own.

    `number` is its place in the course, `scale` says how much is shorter than in the tutorials, and
    `why` explains what is seen.
    """

    number: int
    title: Words
    why: Words
    scale: Words

    @property
    def claims(self) -> Mapping[str, Claim]: ...
    def ways(self) -> Ways | AbstractContextManager[Ways]: ...


SCALE = Words(
    en="1 s of the tutorials is 50 ms here.",
    zh="教學文章裡的 1 秒，在這裡是 50 毫秒。",
)
NOTHING = Words(en="Nothing is scaled.", zh="沒有任何縮放。")
