"""Inputs of a function: task i takes the i-th, and after the last the first again.

They come from a file (its lines, or what its format says), from the paths that a pattern matches,
or from `inputs` beside the function, a list or a function that gives one.  Standard library only,
and little of it: every worker imports this.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import islice
from typing import Any

from .errors import UsageError

MOST = 1_000_000
FORMS = "lines of text, .json, .jsonl, .csv, .parquet, or a pattern of paths such as 'data/*.png'"


def beside(there: Any, name: str) -> Sequence[Any]:
    """What stands beside the function `name`: an iterable, or a function that gives one."""
    items = there() if callable(there) else there
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise UsageError(f"{name}: `inputs` beside it must be a list, not {items!r}")
    return _checked(items, f"`inputs` beside {name}")


def read(source: str) -> Sequence[Any]:
    """The inputs that a file or a pattern names; UsageError names what is wrong with it."""
    return _read(source, os.getcwd())


@cache
def _read(source: str, folder: str) -> Sequence[Any]:
    """The same in this working directory, once a process."""
    if any(sign in source for sign in "*?[") and not os.path.exists(source):
        from glob import glob

        return _checked(sorted(glob(source, recursive=True)), source)
    form = os.path.splitext(source)[1].lower()
    try:
        return _checked(_READERS.get(form, _lines)(source), source)
    except UnicodeDecodeError:
        raise UsageError(f"{source} is not text (inputs are {FORMS})") from None
    except OSError as error:
        raise UsageError(f"cannot read the inputs {source}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"the inputs {source} cannot be read: {error}") from None


def _checked(items: Iterable[Any], source: str) -> Sequence[Any]:
    several = list(islice(items, MOST + 1))
    if not several:
        raise UsageError(f"{source} has no inputs")
    if len(several) > MOST:
        raise UsageError(f"{source} has more than {MOST:,} inputs")
    return several


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8") as stream:
        return [line for line in stream.read().splitlines() if line.strip()]


def _json(path: str) -> list[Any]:
    with open(path, encoding="utf-8") as stream:
        items = json.load(stream)
    if not isinstance(items, list):
        raise ValueError(f"it holds a {type(items).__name__}")
    return items


def _json_lines(path: str) -> list[Any]:
    return [json.loads(line) for line in _lines(path)]


def _csv(path: str) -> list[dict[str, str]]:
    """A dict for each row, by the names in the first."""
    import csv

    with open(path, encoding="utf-8", newline="") as stream:
        try:
            return list(csv.DictReader(stream))
        except csv.Error as error:
            raise ValueError(error) from None


def _parquet(path: str) -> list[dict[str, Any]]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise UsageError(f"{path} needs pyarrow: pip install 'concbench[parquet]'") from None
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


_READERS: dict[str, Callable[[str], list[Any]]] = {
    ".json": _json,
    ".jsonl": _json_lines,
    ".csv": _csv,
    ".parquet": _parquet,
}


def taking(call: Callable[[Any], Any], items: Sequence[Any]) -> Callable[[int], Any]:
    """The call of a task's input as one of its number."""
    count = len(items)

    def of_number(i: int) -> Any:
        return call(items[i % count])

    return of_number


def taking_awaited(call: Callable[[Any], Any], items: Sequence[Any]) -> Callable[[int], Any]:
    """The same of a coroutine function."""
    count = len(items)

    async def of_number(i: int) -> Any:
        return await call(items[i % count])

    return of_number
