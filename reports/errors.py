"""Errors that a reader of stored runs may raise, and JSON read so that they name what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from . import text
from .files import limited

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class OneSentence(ValueError):
    """A mistake that its message says in full: IPython shows that in place of a stack."""

    def _render_traceback_(self) -> list[str]:
        return [f"concbench: {self}"]


class DamagedRun(OneSentence):
    """A stored run is missing, damaged or not ours: names the file and what is wrong with it."""


class UnknownName(OneSentence):
    """There is no such column or group: says which there are."""


MALFORMED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a parser trips over, each in its own way, where a text has another shape than it thought."""


@contextmanager
def runs_of(path: Path) -> Iterator[None]:
    """Inside, runs of a file are read: raises DamagedRun for one that is not ours, or damaged."""
    try:
        yield
    except DamagedRun:
        raise
    except KeyError as error:
        raise DamagedRun(f"{path} was not written by concbench: a run has no {error}") from None
    except MALFORMED as error:
        raise DamagedRun(f"{path} has a damaged run: {error}") from None


Checked = TypeVar("Checked")
_SHARE = 0.4
"""Of the limit: checking a document takes it three times."""
_ESCAPED = re.compile(r"\\(u(00[0189]|007f|d[89a-f])|[bfr])")
"""Where JSON in ASCII may hold what is not legible."""


def load(path: Path, newest: int) -> dict[str, Any] | None:
    """The object in a file, None without one; refuses no schema number, or one above `newest`."""
    try:
        document = json.loads(limited(path, _SHARE))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DamagedRun(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DamagedRun(f"{path} is not JSON: {error}") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(schema, int):
        raise DamagedRun(f"{path} was not written by concbench: it has no schema number")
    if schema > newest:
        raise DamagedRun(
            f"{path} was written by a newer concbench (schema {schema}; this one reads {newest})"
        )
    return document


def validate(document: Mapping[str, Any], form: type[Checked], path: Path) -> Checked:
    """The object in the form of a dataclass; raises DamagedRun with the first thing wrong."""
    from pydantic import ValidationError  # late: who writes a run imports its schema, too

    hashable: Any = form  # mypy knows no class to be
    for one in fields(hashable):  # pydantic would keep the whole document with each
        required = one.default is MISSING and one.default_factory is MISSING
        if required and one.name not in document:
            raise DamagedRun(f"{path}: {one.name}: Field required")
    try:
        # No report obeys a control character, and half ones are no text to pydantic.
        clean = json.dumps(document)
        if _ESCAPED.search(clean):
            clean = json.dumps(text.all_legible(document))
        instance: Checked = _adapter(hashable).validate_json(clean, strict=True)
    except RecursionError as error:
        raise DamagedRun(f"{path} is nested too deep: {error}") from None
    except ValidationError as error:
        # Without the input, which is the whole document wherever a key is missing.
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise DamagedRun(f"{path}: {place}: {first['msg']}") from None
    return instance


@cache
def _adapter(form: type[Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    # 4 ms to make for a run's facts, 0.3 ms to use: a history reads hundreds.
    return TypeAdapter(form)
