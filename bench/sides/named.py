"""From what a user writes to a side that is ready: `git:main`, `python:3.12`, `env:KEY=VALUE`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from ..children import Children
from ..errors import UsageError, suggestion
from . import environments, interpreters, revisions
from .side import WORKING_TREE, Side

FORMS = "git:REV, python:PATH, python:3.12, env:KEY=VALUE, strategy:NAME or 'working tree'"


def sides(children: Children, texts: Sequence[str], scratch: Path) -> tuple[Side, ...]:
    """The sides of these names, built where they were not; `scratch` is a folder of the run's.

    Raises UsageError for a text that means nothing, two of the same name, or one that cannot be
    built.
    """
    for text in texts:
        check(text)
        if texts.count(text) > 1:
            raise UsageError(f"side '{text}' is given twice")
    filters = [text.startswith("strategy:") for text in texts]
    if any(filters) and not all(filters):
        raise UsageError(
            "strategy:NAME is a choice of cells: compare it with another strategy:NAME"
        )
    return tuple(
        _BUILD[_kind(text)](children, text.partition(":")[2].strip(), scratch / str(place))
        for place, text in enumerate(texts)
    )


def check(text: str) -> None:
    """Raise UsageError unless the text has the form of a side."""
    kind, colon, rest = text.partition(":")
    if text == WORKING_TREE:
        return
    if kind not in _BUILD or not colon or not rest.strip():
        raise UsageError(f"no side '{text}'{suggestion(kind, _BUILD)} (write {FORMS})")
    if kind == "env":
        _variables(rest)


def _kind(text: str) -> str:
    return WORKING_TREE if text == WORKING_TREE else text.partition(":")[0]


def _working_tree(children: Children, rest: str, scratch: Path) -> Side:
    return Side(WORKING_TREE)


def _git(children: Children, rest: str, scratch: Path) -> Side:
    repository = revisions.repository(children, Path.cwd())
    found = revisions.built(children, repository, rest)
    return Side(
        f"git:{rest}",
        found.commit[:7] if not found.commit.startswith(rest) else "",
        python=found.python,
        folder=found.tree / repository.inside,
        root=(repository.root, found.tree),
        own=environments.own_packages(children, found.python, scratch),
    )


def _python(children: Children, rest: str, scratch: Path) -> Side:
    found = interpreters.ready(children, rest)
    return Side(
        f"python:{rest}",
        "" if found.version == rest else found.version,
        python=found.python,
        own=environments.own_packages(children, found.python, scratch),
    )


def _env(children: Children, rest: str, scratch: Path) -> Side:
    return Side(f"env:{rest}", variables=_variables(rest))


def _variables(text: str) -> dict[str, str]:
    try:
        words = [word.partition("=") for word in shlex.split(text)]
    except ValueError as error:  # a quote that is not closed
        raise UsageError(f"side 'env:{text}': {error}") from None
    for key, equals, _ in words:
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", key):
            raise UsageError(f"side 'env:{text}' must be env:KEY=VALUE, or several with spaces")
    return {key: value for key, _, value in words}


def _strategy(children: Children, rest: str, scratch: Path) -> Side:
    return Side(f"strategy:{rest}", strategies=(rest,))


_BUILD: dict[str, Callable[[Children, str, Path], Side]] = {
    WORKING_TREE: _working_tree,
    "git": _git,
    "python": _python,
    "env": _env,
    "strategy": _strategy,
}
