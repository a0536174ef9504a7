"""Plug-ins and cells as plain data: a bare function becomes a workload, a target what it names.

Standard library only, and little of it (no pathlib): every child process imports this.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from typing import Any

from . import inputs
from .contracts import AsyncCall, Call, Plain
from .errors import UsageError, suggestion

AROUND = ("before_batch", "after_batch")
"""What a workload may have, or may stand beside a function: called untimed around each batch."""
PRIVATE = "_concbench_"
"""How the names of modules begin that are files of the user's."""
INPUTS, NUMBER = "inputs", "i"
"""What stands beside a function that takes inputs, unless its parameter says that it numbers tasks;
and what a cell's parameter is called that names a file of them."""


def workload_type(function: Callable[..., Any]) -> type[Any]:
    """A dataclass whose fields are the function's keyword-only parameters.

    A coroutine function gets the form for event loops, any other the blocking one.  It takes the
    task number, or where there are inputs one of them.  Raises UsageError unless it has a default
    for all the rest.
    """
    name = getattr(function, "__name__", type(function).__name__)
    number, *parameters = _parameters(function, name)
    fields: list[Any] = [(one.name, Any, field(default=one.default)) for one in parameters]
    near = None if number.name == NUMBER else _beside(function, INPUTS)
    own = any(one.name == INPUTS for one in parameters)
    if not own:
        fields.append((INPUTS, str, field(default="", metadata={"implied": True})))

    def several(self: Any) -> Sequence[Any] | None:
        given = "" if own else getattr(self, INPUTS)
        if given:
            return inputs.read(given)
        return None if near is None else inputs.beside(near, name)

    def call(self: Any, taking: Callable[..., Any]) -> Any:
        params = {key: one for key, one in vars(self).items() if own or key != INPUTS}
        bound, items = partial(function, **params), several(self)
        return bound if items is None else taking(bound, items)

    def opened(self: Any) -> Iterator[Call]:
        yield call(self, inputs.taking)

    async def aopened(self: Any) -> AsyncIterator[AsyncCall]:
        yield call(self, inputs.taking_awaited)

    form: dict[str, Any] = {"open": contextmanager(opened)}
    if inspect.iscoroutinefunction(function):
        loops = getattr(function, "loops", ("asyncio",))
        form = {"aopen": asynccontextmanager(aopened), "loops": loops}
    form["task_inputs"] = several
    about: dict[str, Any] = {"__doc__": function.__doc__} if function.__doc__ else {}
    for one in ("normal", "same", *AROUND):
        near_it = _beside(function, one)
        # Work may have that name, too, and takes one task.
        if callable(near_it) and (one != "same" or len(inspect.signature(near_it).parameters) == 2):
            form[one] = staticmethod(near_it)
    return dataclasses.make_dataclass(name, fields, namespace={**form, **about}, frozen=True)


def _parameters(function: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    """That which takes the task, and keyword-only ones with defaults; UsageError for others."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(
            f"{name} is a generator function: calling it does none of its work, and a task has one "
            "result: return what it yields as a list"
        )
    parameters = list(inspect.signature(function).parameters.values())
    first = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not parameters or parameters[0].kind not in first:
        raise UsageError(f"{name} must take the task number first: def {name}(i, *, key=default)")
    for parameter in parameters[1:]:
        if parameter.kind is not parameter.KEYWORD_ONLY or parameter.default is parameter.empty:
            right = f"keyword-only with a default: def {name}(i, *, {parameter.name}=...)"
            raise UsageError(f"{name}: parameter '{parameter.name}' must be {right}")
    return parameters


def task_inputs(workload: Any) -> Sequence[Any] | None:
    """The inputs of a function's tasks; None of a workload whose tasks are numbered."""
    own = getattr(workload, "task_inputs", None)
    items: Sequence[Any] | None = own() if callable(own) else None
    return items


def _beside(function: Callable[..., Any], name: str) -> Any:
    """What its module has by this name, or nothing; a function only where it is of that module."""
    module = sys.modules.get(getattr(function, "__module__", ""))
    there = getattr(module, name, None)
    own = getattr(there, "__module__", None) == getattr(module, "__name__", "")
    return there if own or not (callable(there) or inspect.ismodule(there)) else None


@dataclass(frozen=True)
class Spec:
    """A plug-in and its parameters.

    `target` is `module:Name`, `/absolute/file.py:Name` or, from a notebook,
    `/absolute/file.cloudpickle:Name`; `params` are part of the result's name, defaults written out;
    `given` comes from the fixture (a port) and is no part of the name; `unusual` are the parameters
    that would be no part of it with their defaults; `clients` has the import name and the
    distribution of each client whose names are not the one that the workload gives.
    """

    name: str
    target: str
    params: dict[str, Plain] = field(default_factory=dict)
    given: dict[str, Plain] = field(default_factory=dict)
    unusual: list[str] = field(default_factory=list)
    clients: dict[str, list[str]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name with its parameters, less those that are None: `io_sleep[seconds=0.01]`."""
        known = {key: value for key, value in self.params.items() if value is not None}
        inner = ",".join(f"{key}={plain(value)}" for key, value in known.items())
        return f"{self.name}[{inner}]" if inner else self.name

    def build(self) -> Any:
        """The workload or strategy itself; UsageError names the parameters there are."""
        kind = load(self.target)
        known = [f.name for f in dataclasses.fields(kind)]
        for key in {**self.params, **self.given}:
            if key not in known:
                raise no_parameter(self.name, key, known)
        return kind(**self.params, **self.given)


@dataclass(frozen=True)
class Cell:
    """One workload, one strategy, all their parameters."""

    workload: Spec
    strategy: Spec
    tasks: int

    @property
    def name(self) -> str:
        """The benchmark's name in every file."""
        return f"{self.workload.label} x {self.tasks} / {self.strategy.label}"


def plain(value: Plain) -> str:
    """A parameter as the command line takes it: text that can be printed bare, the rest as JSON."""
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def no_parameter(name: str, key: str, known: list[str]) -> UsageError:
    choices = ", ".join(known) or "none"
    hint = suggestion(key, known)
    return UsageError(f"{name} has no parameter '{key}' (it has: {choices}){hint}")


def load(target: str) -> type[Any]:
    """The dataclass behind a target; a bare function becomes a workload type.

    Raises UsageError when the file or name is missing or is neither; what the file itself raises
    while it is imported comes through.
    """
    place, _, name = target.rpartition(":")
    module = _module(place)
    try:
        work = getattr(module, name)
    except AttributeError:
        public = sorted(key for key in vars(module) if not key.startswith("_"))
        raise UsageError(f"{place} has no '{name}'{suggestion(name, public)}") from None
    kind = f"of type {type(work).__name__}"
    if isinstance(work, type):
        if dataclasses.is_dataclass(work):
            return work
        kind = f"the class {work.__name__}"
    elif callable(work):
        return workload_type(work)
    raise UsageError(f"{target} is neither a function nor a dataclass but {kind}")


def _module(place: str) -> Any:
    if place.endswith(".py"):
        return _file(place)
    if place.endswith(".cloudpickle"):
        from .pickled import read  # few need it

        return read(place)
    # Last on the path, so that nothing there can stand in front of an installed package.
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)
    return importlib.import_module(place)


def _file(path: str) -> Any:
    name = f"{PRIVATE}{sha256(os.fsencode(path)).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    if not os.path.isfile(path):
        raise UsageError(f"there is no file {path}")
    if os.path.dirname(path) not in sys.path:
        sys.path.append(os.path.dirname(path))  # its neighbours; last, as above
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # a path that ends in .py has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs: dataclasses look up their module by name
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def missing(extra: str, *libraries: str) -> str | None:
    """Why what needs these libraries cannot run here, or None; imports none of them."""
    for library in libraries or (extra,):
        if find_spec(library) is None:
            return f"{library} is not installed: pip install 'concbench[{extra}]'"
    return None
