"""The lessons that were taught as a reader gets them: in one language, with verdicts in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..text import shortened
from . import words
from .judgement import ABSENT, FAILS, HOLDS, OUTCOMES, UNKNOWN, Judgement, judge

FAILED = "failed"


@dataclass(frozen=True)
class JudgedClaim:
    """A claim, the outcome of its check, and in a `sentence` what was measured.

    `outcome` is one of OUTCOMES, `verdict` the same in the reader's language.
    """

    name: str
    says: str
    claimed: str
    check: Mapping[str, Any]
    outcome: str
    verdict: str
    sentence: str
    judged: Judgement | None = None


@dataclass(frozen=True)
class TaughtLesson:
    """One lesson; without claims where it failed, which `failure` explains."""

    name: str
    title: str
    why: str
    scale: str
    code: str
    claims: tuple[JudgedClaim, ...]
    readings: Mapping[str, Sequence[Any]]
    failure: str = ""

    @property
    def outcome(self) -> str:
        """`holds` where all claims do that were checked, `does not hold` where one does not."""
        found = {one.outcome for one in self.claims} - {ABSENT}
        if self.failure:
            return FAILED
        return FAILS if FAILS in found else UNKNOWN if UNKNOWN in found else HOLDS


@dataclass(frozen=True)
class TaughtCourse:
    """All lessons of a document in a language; `planned` is how many there should have been."""

    document: Mapping[str, Any]
    language: str
    planned: int
    lessons: tuple[TaughtLesson, ...] = field(init=False)

    def __post_init__(self) -> None:
        python = self.document["python"]
        taught = tuple(lesson(one, python, self.language) for one in self.document["lessons"])
        object.__setattr__(self, "lessons", taught)

    @property
    def say(self) -> Mapping[str, str]:
        """The words of its language."""
        return words.TEXTS[self.language]

    @property
    def failed(self) -> int:
        """Lessons that did not come to an end."""
        return sum(bool(one.failure) for one in self.lessons)

    @property
    def here(self) -> str:
        """`CPython 3.11.9, GIL on, 2 CPUs`."""
        gil = self.say["GIL off" if self.document["gil"] is False else "GIL on"]
        return self.say["here"].format(**{**self.document, "gil": gil})

    @property
    def summary(self) -> str:
        """`17 lessons, 61 claims: holds 52, does not hold 8, not checked 1`."""
        say = self.say
        counts = Counter(claim.outcome for one in self.lessons for claim in one.claims)
        told = {key: counts[key] for key in OUTCOMES if counts[key]}
        if self.failed:
            told[FAILED] = self.failed
        one = say["one lesson" if len(self.lessons) == 1 else "lessons"]
        sizes = one.format(count=len(self.lessons)), say["claims"].format(count=counts.total())
        each = [f"{say[key]} {count}" for key, count in told.items()]
        return say["colon"].join(filter(None, map(say["comma"].join, (sizes, each))))

    @property
    def interrupted(self) -> str:
        """How many lessons are done, where that is not all."""
        done = len(self.lessons)
        text = self.say["interrupted"].format(done=done, lessons=self.planned)
        return text if done < self.planned else ""

    def plain(self) -> dict[str, Any]:
        """The document with the verdicts, and what is text in this language: SCHEMA.md's form."""
        pairs = zip(self.document["lessons"], self.lessons, strict=True)
        return {
            **self.document,
            "language": self.language,
            "planned": self.planned,
            "lessons": [_plain(raw, taught) for raw, taught in pairs],
        }


def lesson(document: Mapping[str, Any], python: str, language: str) -> TaughtLesson:
    """One lesson of the document, judged."""
    failure = document["failure"]
    about = {"name": document["name"], "python": python}
    checked = {} if failure else document["claims"]
    texts = {key: (document.get(key) or {}).get(language, "") for key in ("title", "why", "scale")}
    return TaughtLesson(
        name=document["name"],
        **texts,
        code=document.get("code", ""),
        claims=tuple(
            _claim(name, claim, document, about, language) for name, claim in checked.items()
        ),
        readings=document["readings"],
        failure=shortened(failure["message"]) if failure else "",
    )


def _claim(
    name: str,
    claim: Mapping[str, Any],
    document: Mapping[str, Any],
    about: Mapping[str, str],
    language: str,
) -> JudgedClaim:
    say = words.TEXTS[language]
    told = name, claim["says"][language], claim["claimed"], claim["check"]
    if why := document["absent"].get(name):
        sentence = say["not checked here"].format(why=why[language])
        return JudgedClaim(*told, ABSENT, say[ABSENT], sentence)
    judged = judge(claim["check"], document["readings"])
    sentence = words.sentence(claim, judged, about, language)
    return JudgedClaim(*told, judged.outcome, say[judged.outcome], sentence, judged)


def _plain(raw: Mapping[str, Any], taught: TaughtLesson) -> dict[str, Any]:
    """The lesson with one text in the place of those in every language."""
    numbers = ("rounds", "estimate", "low", "high", "agreeing")
    return {
        **raw,
        "title": taught.title,
        "why": taught.why,
        "scale": taught.scale,
        "outcome": taught.outcome,
        "claims": [
            {
                "name": one.name,
                "says": one.says,
                "claimed": one.claimed,
                "check": one.check,
                "outcome": one.outcome,
                "verdict": one.verdict,
                "sentence": one.sentence,
                **{key: getattr(one.judged, key, None) for key in numbers},
            }
            for one in taught.claims
        ],
    }
