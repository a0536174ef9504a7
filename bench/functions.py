"""A bare function `f(i, *, key=default)` as a workload.  Standard library only."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

from .contracts import AsyncCall, Call
from .errors import UsageError

FIRST = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def workload_type(function: Callable[..., Any]) -> type[Any]:
    """A dataclass whose fields are the function's keyword-only parameters.

    A coroutine function gets the form for event loops, any other the blocking one.  Raises
    UsageError unless the function takes the task number and has a default for all the rest.
    """
    name = getattr(function, "__name__", type(function).__name__)
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or parameters[0].kind not in FIRST:
        raise UsageError(f"{name} must take the task number first: def {name}(i, *, key=default)")
    fields = []
    for parameter in parameters[1:]:
        if parameter.kind is not parameter.KEYWORD_ONLY or parameter.default is parameter.empty:
            raise UsageError(
                f"{name}: parameter '{parameter.name}' must be keyword-only with a default: "
                f"def {name}(i, *, {parameter.name}=...)"
            )
        fields.append((parameter.name, Any, dataclasses.field(default=parameter.default)))
    if inspect.iscoroutinefunction(function):
        form = {"aopen": _aopen(function), "loops": getattr(function, "loops", ("asyncio",))}
    else:
        form = {"open": _open(function)}
    told = {"__doc__": function.__doc__} if function.__doc__ else {}
    return dataclasses.make_dataclass(name, fields, namespace={**form, **told}, frozen=True)


def _open(function: Callable[..., Any]) -> Callable[[Any], Any]:
    @contextmanager
    def opened(self: Any) -> Iterator[Call]:
        yield partial(function, **vars(self))

    return opened


def _aopen(function: Callable[..., Any]) -> Callable[[Any], Any]:
    @asynccontextmanager
    async def aopen(self: Any) -> AsyncIterator[AsyncCall]:
        yield partial(function, **vars(self))

    return aopen
