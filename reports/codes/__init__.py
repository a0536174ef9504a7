"""What the codes of notes and warnings mean: entries to explain, and codes in printed lines.

Whatever the tool notes beside a result has a code: `late-loop` beside a cell, `[few-cpus]` at the
end of a warning.  The entries stand in the TOML files beside this one, a file for each kind, once
for all: `concbench explain` prints them, and the documentation has a page of them.  Their Chinese
is that of this page: `nox -s docs -- update` makes zh-Hant.toml of it.  Standard library only: the
driver writes warnings, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

ENGLISH = "en"
KINDS = {
    "notes": "Notes beside a cell",
    "warnings": "Warnings of a run",
    "check": "Doubts of a check",
    "doctor": "Findings of the doctor",
}
"""The files, in the order in which they are shown, and their titles."""

_LAST = re.compile(r"\[([a-z]+(?:-[a-z]+)*)\]$", re.MULTILINE)


@dataclass(frozen=True)
class Explanation:
    """A code and, in Markdown: what it means, why it happens, what to do, and a line that has it.

    `kind` is one of KINDS.
    """

    code: str
    kind: str
    meaning: str
    cause: str
    remedy: str
    example: str


TRANSLATED = "meaning", "cause", "remedy"
"""What an entry has in each language; the example is what is printed."""


@cache
def entries(language: str = ENGLISH) -> dict[str, Explanation]:
    """All there are by their codes, kind by kind; within a kind as its file has them."""
    own = {} if language == ENGLISH else _file(language)
    return {
        code: Explanation(code, kind, **{**told, **own.get(code, {})})
        for kind in KINDS
        for code, told in _file(kind).items()
    }


def _file(name: str) -> dict[str, dict[str, str]]:
    import tomllib  # with the next 10 ms, which only an explanation need pay
    from importlib.resources import files

    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


def coded(code: str, text: str) -> str:
    """The text with its code at the end of its first line: `only 1 of 2 CPUs ... [few-cpus]`.

    A colon there goes, as the lines below it say what they are.
    """
    first, end, more = text.partition("\n")
    return f"{first.removesuffix(':')} [{code}]{end}{more}"


def codes_in(lines: Iterable[str]) -> list[str]:
    """The codes at the ends of printed lines, each once."""
    return list(dict.fromkeys(code for line in lines for code in _LAST.findall(line)))


def pointer(codes: Iterable[str]) -> str:
    """`see: concbench explain late-loop gil-on`, the line below what has codes; "" without any."""
    known = list(dict.fromkeys(codes))
    return f"see: concbench explain {' '.join(known)}" if known else ""
