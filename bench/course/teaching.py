"""The course from the driver: each lesson in a worker process of its own, with a time limit."""

from __future__ import annotations

import ast
import json
import platform
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from inspect import getsource
from pathlib import Path
from sys import modules
from typing import Any

from concbench.reports.run import keys

from ..driver.fixtures import HERE, running
from ..driver.lab import Workshop
from ..driver.workers import EquippedSide, Launch, Workers
from ..errors import ImportFailed, UsageError, alternatives
from ..machine import process
from ..machine.identity import cpus
from ..plan.plugins import loaded
from ..plan.settings import resolve
from ..processes.outputs import Failed, parsed
from ..spec import Cell, Spec
from ..store import runs
from . import lessons

ROUNDS = 7
FEWEST, MOST = 3, 1000
"""Rounds: fewer tell nothing."""
SECONDS, ROUND_SECONDS = 20.0, 4.0
"""Until a lesson is killed that does not come back: to begin, and for each of its rounds."""


@dataclass(frozen=True)
class Syllabus:
    """What is to be taught, `named` where not all there is; rounds, where not each lesson's own.

    A lesson is killed after `seconds`.  `second` is what a second of the tutorials becomes, where a
    lesson's own is too long.
    """

    names: tuple[str, ...]
    named: bool = False
    rounds: int | None = None
    seconds: float | None = None
    second: float | None = None


def syllabus(names: Sequence[str], rounds: int | None, timeout: str | None) -> Syllabus:
    """The lessons of these names, or all; UsageError for what there is not."""
    if rounds is not None and not FEWEST <= rounds <= MOST:
        raise UsageError(f"rounds must be from {FEWEST} to {MOST:,}, not {rounds}")
    seconds = resolve({"timeout": timeout}).timeout
    return Syllabus(chosen(names), bool(names), rounds, seconds)


def names() -> list[str]:
    """Of all lessons, by the alphabet; imports none."""
    found = (Path(one.name).stem for one in files(lessons).iterdir() if one.name.endswith(".py"))
    return sorted(name for name in found if not name.startswith("_"))


def chosen(wanted: Sequence[str]) -> tuple[str, ...]:
    """The lessons of these names, or all, in the order of the course; UsageError for another."""
    known = names()
    for name in wanted:
        if name not in known:
            raise UsageError(f"no lesson '{name}'{alternatives(name, known)}")
    return tuple(sorted(dict.fromkeys(wanted or known), key=_place))


def _place(name: str) -> tuple[float, str]:
    try:
        return loaded(spec(name)).number, name
    except (ImportFailed, UsageError, AttributeError):  # it will be said where it is taught
        return float("inf"), name


def spec(name: str) -> Spec:
    """A lesson as a plug-in: `three_sleeps` is the class ThreeSleeps of its file."""
    return Spec(name, f"{lessons.__name__}.{name}:{name.title().replace('_', '')}")


def about() -> dict[str, Any]:
    """What is true of all lessons: the first part of the document."""
    return {
        "schema": keys.LESSONS_SCHEMA,
        "concbench": version("concbench"),
        "taught": runs.stamp(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "gil": process.gil(),
        "platform": platform.platform(),
        "cpus": cpus(),
    }


def taught(
    shop: Workshop, syllabus: Syllabus, watch: Callable[[str], object]
) -> Iterator[dict[str, Any]]:
    """Each lesson as it ends: its words, its code, its claims, and its readings or its failure.

    `watch("3/17 three_sleeps")` is called before each.
    """
    for place, name in enumerate(syllabus.names, 1):
        watch(f"{place}/{len(syllabus.names)} {name}")
        yield _lesson(shop, name, syllabus)


def _lesson(shop: Workshop, name: str, syllabus: Syllabus) -> dict[str, Any]:
    described: dict[str, Any] = {"name": name, "number": None, "title": None, "claims": {}}
    try:
        described |= describe(name)
        rounds = syllabus.rounds or described["rounds"]
        found = _run(shop, spec(name), rounds, syllabus)
    except Exception as error:  # whatever its file lacks or raises is this lesson's failure alone
        found = _failed(error)
    if isinstance(found, Failed):
        failure = {"message": found.message, "traceback": found.traceback}
        return {**described, "failure": failure, "readings": {}, "absent": {}}
    return {**described, "rounds": rounds, "failure": None, **found}


def _failed(error: Exception) -> Failed:
    """The first and the last line of what a file or a fixture raised: who, and what it said."""
    said = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
    first, *more = said.splitlines()
    trace = "".join(traceback.format_exception(error))
    return Failed("error", " ".join([first, *map(str.strip, more[-1:])]), trace)


def describe(name: str) -> dict[str, Any]:
    """What a lesson says and runs.  Raises UsageError where its file does not import."""
    kind = loaded(spec(name))
    words = {part: getattr(kind, part).plain() for part in ("title", "why", "scale")}
    claims = {key: claim.plain() for key, claim in kind().claims.items()}
    return {
        "name": name,
        "number": kind.number,
        **words,
        "code": program(modules[kind.__module__]),
        "claims": claims,
        "rounds": getattr(kind, "rounds", ROUNDS),
    }


def program(module: Any) -> str:
    """What of a lesson's file is shown: all above its class, with the imports that this uses."""
    source = getsource(module)
    body = ast.parse(source).body[1:]  # less the docstring
    end = next(at for at, node in enumerate(body) if _is_lesson(node))
    imports = [node for node in body[:end] if isinstance(node, ast.Import | ast.ImportFrom)]
    parts = [node for node in body[:end] if node not in imports]
    used = {one.id for node in parts for one in ast.walk(node) if isinstance(one, ast.Name)}
    needed = [one for node in imports if (one := _import(node, used))]
    return "\n".join([*needed, "", *_separated(source.splitlines(), parts)]).strip() + "\n"


def _is_lesson(node: ast.stmt) -> bool:
    decorators = node.decorator_list if isinstance(node, ast.ClassDef) else []
    return any(ast.unparse(one).startswith("dataclass") for one in decorators)


def _import(node: ast.Import | ast.ImportFrom, used: set[str]) -> str:
    """The import as far as it is used; empty where it is not."""
    names = [one for one in node.names if (one.asname or one.name).partition(".")[0] in used]
    node.names = names
    return ast.unparse(node) if names else ""


def _separated(lines: Sequence[str], parts: Sequence[ast.stmt]) -> Iterator[str]:
    """Their lines as they stand in the file, a blank line before each definition."""
    for node in parts:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(one.lineno for one in decorators)])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield ""
        yield from lines[first - 1 : node.end_lineno]


def _run(shop: Workshop, lesson: Spec, rounds: int, syllabus: Syllabus) -> dict[str, Any] | Failed:
    """Its readings and what is absent, from a worker that is killed when it is late."""
    seconds = syllabus.seconds or SECONDS + rounds * ROUND_SECONDS
    job = {"run": "concbench.course.trial:teach", "rounds": rounds, "second": syllabus.second}
    with running(shop.children, [lesson]) as fixtures:
        workers = Workers(shop.children, shop.folder, {"": EquippedSide(HERE, fixtures)}, seed=0)
        cell = Cell(lesson, lesson, 1)  # it has no strategy: it runs itself
        with workers.started(cell, job, Launch([], 0, seconds)) as worker:
            return parsed(worker.result(), _result)


def _result(text: str) -> dict[str, Any]:
    result = json.loads(text)
    return {key: dict(result[key]) for key in ("readings", "absent")}
