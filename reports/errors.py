"""What a reader of stored runs may raise.

JSON that concbench wrote, read and checked: whatever is wrong with it is named in one line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError


class DamagedRun(ValueError):
    """A stored run is missing, damaged or not ours: names the file and what is wrong with it."""


class UnknownName(ValueError):
    """A column or a group that there is not: says which there are."""


Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]

Checked = TypeVar("Checked")


def known(path: Path, text: bytes, newest: int) -> dict[str, Any]:
    """The object in a file's text; refuses what has no schema number, or one above `newest`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedRun(f"{path} is not JSON: {error}") from None
    schema = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(schema, int):
        raise DamagedRun(f"{path} was not written by concbench: it has no schema number")
    if schema > newest:
        raise DamagedRun(
            f"{path} was written by a newer concbench (schema {schema}; this one reads {newest})"
        )
    return found


def checked(found: Mapping[str, Any], form: type[Checked], path: Path) -> Checked:
    """The object in the form of a dataclass; raises DamagedRun with the first thing wrong."""
    # Half characters, from a file system that knows no encoding, are no text to pydantic.
    clean = json.dumps(found, ensure_ascii=False).encode(errors="replace")
    hashable: Any = form  # mypy knows no class to be
    try:
        made: Checked = _adapter(hashable).validate_json(clean, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DamagedRun(f"{path}: {place}: {first['msg']}") from None
    return made


@cache
def _adapter(form: type[Any]) -> TypeAdapter[Any]:
    # 4 ms to make for a run's facts, 0.3 ms to use: a history reads hundreds.
    return TypeAdapter(form)
