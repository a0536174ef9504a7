"""Text of others in our files: an error's message, a file's name, whatever a received run holds.

It may hold half characters (a file system's name that is no UTF-8), control characters that a
terminal obeys, and megabytes.  Standard library only: the driver imports it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

STORED = 2000
"""Characters of a message that a run's files hold; of a traceback twice as many."""
SHOWN = 1000
"""Characters of any text that a terminal, a chart or a cell of a table shows."""

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab and line end, and half characters."""


def legible(text: str) -> str:
    r"""The text with such characters escaped: `caf\udce9`, `\x1b[31m`."""
    return _OBEYED.sub(lambda match: ascii(match[0])[1:-1], text)


def all_legible(value: Any) -> Any:
    """A JSON value with all texts in it legible, keys too."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, dict):
        return {all_legible(key): all_legible(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [all_legible(one) for one in value]
    return value


def shortened(text: str, most: int = SHOWN, where: str = "") -> str:
    """The text, or its begin and end in `most` characters; `where` says where all of it is."""
    if len(text) <= most:
        return text
    mark = f" ... [{len(text):,} characters{f': {where}' if where else ''}] ... "
    begin = max(0, most - len(mark)) * 3 // 4
    end = max(1, most - len(mark) - begin)
    return text[:begin] + mark + text[-end:]


_BRACKETS = re.compile(r"\[[^\[\]]*\][+,;:/_.-]*|[^\[]+|\[")
_JOINTS = re.compile(r"\[?[^\[+,;:/_\].-]+[+,;:/_\].-]*|.", re.DOTALL)


def parts(name: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """The parts between which a name may fold: `asyncio+`, `to_`, `thread`, `[workers=16]`.

    What stands in brackets stays together where that fits by itself.
    """
    for part in _BRACKETS.findall(name):
        whole = part.startswith("[") and fits(part)
        yield from [part] if whole else _JOINTS.findall(part)
