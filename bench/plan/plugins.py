"""Finds workloads and strategies: built in, named by a file or module, or by an entry point."""

from __future__ import annotations

import dataclasses
import os
import traceback
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from .. import clients
from ..contracts import Plain
from ..errors import ImportFailed, UsageError, alternatives
from ..spec import Spec, load


@dataclass(frozen=True)
class Absent:
    """Stands for a plug-in that a pattern selects and that does not import: its cells say why."""

    why: str = field(default="", repr=False)

    def cannot_run(self) -> str:
        return self.why


Kind = Literal["workloads", "strategies"]


@dataclass(frozen=True)
class Description:
    """What `list` shows of a plug-in; `reason` says why it cannot run here, or is empty."""

    name: str
    target: str
    params: dict[str, Plain] = field(default_factory=dict)
    tasks: int | None = None
    workers: int | None = None
    reason: str = ""
    summary: str = ""
    about: str = ""
    """The whole docstring, in one line; the summary is its first sentence or two."""
    extra: str = ""
    """Of our distribution, that installs what it needs."""
    of_machine: tuple[str, ...] = ()
    """The parameters whose defaults depend on the machine."""


def names(kind: Kind) -> list[str]:
    """The built-in names and those of entry points; imports no plug-in."""
    return sorted({**_built_in(kind), **_entry_points(kind)})


def find(kind: Kind, text: str) -> Spec:
    """The plug-in that a name, `file.py:Name` or `module:Name` means, without parameters."""
    if ":" in text:
        place, _, name = text.rpartition(":")
        target = f"{Path(place).resolve()}:{name}" if place.endswith(".py") else text
        return Spec(name, target)
    known = {**_entry_points(kind), **_built_in(kind)}
    if text not in known:
        noun = "workload" if kind == "workloads" else "strategy"
        raise UsageError(f"no {noun} '{text}'{alternatives(text, known)} (or give file.py:Name)")
    return Spec(text, known[text])


def loaded(spec: Spec) -> type[Any]:
    """The dataclass behind a spec; ImportFailed says where it fails to import."""
    try:
        return load(spec.target)
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        file, line = last.filename, last.lineno
        if isinstance(error, SyntaxError):
            file, line = error.filename or "?", error.lineno
        what = f"{type(error).__name__}: {error} ({file}, line {line})"
        absent = isinstance(error, ModuleNotFoundError) and _is_of(error.name or "", spec.target)
        kind = UsageError if absent else ImportFailed
        failed = kind(f"{spec.target} does not import: {what}")
        failed.traceback = _own_traceback(error)
        raise failed from error


def _own_traceback(error: BaseException) -> str:
    """The traceback from the plug-in's first line on, without the frames that imported it."""
    about = traceback.TracebackException.from_exception(error)
    ours = f"{Path(__file__).parents[1]}{os.sep}"
    while about.stack and about.stack[0].filename.startswith((ours, "<frozen importlib")):
        about.stack.pop(0)
    return "".join(about.format())


def _is_of(module: str, target: str) -> bool:
    """Whether a target's module is that one or inside it."""
    return f"{target.partition(':')[0]}.".startswith(f"{module}.")


def parameters(plugin: type[Any]) -> dict[str, Plain]:
    """The parameters of a plug-in with their defaults; `...` where it has none.

    A field with `repr=False` comes from the fixture and is no parameter.
    """
    return {f.name: _default(f) for f in dataclasses.fields(plugin) if f.repr}


def implied(plugin: type[Any]) -> dict[str, Plain]:
    """The parameters with `metadata={"implied": True}`, which a name has only where they differ.

    So a plug-in can get another parameter while its cells keep their names and stay comparable.
    """
    return {f.name: _default(f) for f in dataclasses.fields(plugin) if f.metadata.get("implied")}


def describe(kind: Kind) -> list[Description]:
    """All there is, and why it cannot run here."""
    return [_describe(find(kind, name)) for name in names(kind)]


def _describe(spec: Spec) -> Description:
    try:
        plugin = loaded(spec)
    except UsageError as error:
        return Description(spec.name, spec.target, reason=str(error))
    params = parameters(plugin)
    doc = (plugin.__doc__ or "").strip()
    return Description(
        spec.name,
        spec.target,
        {key: None if value is ... else value for key, value in params.items()},
        getattr(plugin, "tasks", None),
        getattr(plugin, "workers", None),
        _reason(plugin, params),
        doc.partition("\n")[0],
        " ".join(doc.split()),
        getattr(plugin, "extra", ""),
        tuple(f.name for f in dataclasses.fields(plugin) if f.default_factory is not MISSING),
    )


def _reason(plugin: type[Any], params: Mapping[str, Plain]) -> str:
    """Why it cannot run with its defaults, and a 1 where it has none, even if that raises."""
    try:
        instance = plugin(**{key: 1 for key, value in params.items() if value is ...})
        return reason(instance) or clients.lacking(instance, clients.installed([instance]))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def reason(plugin: Any) -> str:
    """Why an instance cannot run here, or nothing."""
    cannot_run = getattr(plugin, "cannot_run", None)
    return (cannot_run() or "") if cannot_run else ""


def unfit(workload: Any, strategy: Any) -> str:
    """Why the two cannot run here, one of them or together, or nothing."""
    cannot_take = getattr(strategy, "cannot_take", None)
    apart = reason(workload) or reason(strategy)
    return apart or (cannot_take(workload) if cannot_take else None) or ""


def _default(f: dataclasses.Field[Any]) -> Plain:
    if f.default_factory is not MISSING:
        return f.default_factory()
    return ... if f.default is MISSING else f.default


def _built_in(kind: Kind) -> dict[str, str]:
    """Named after their files, their classes the same in capitals: one file adds a plug-in."""
    package = f"concbench.{kind}"
    entries = [Path(entry.name) for entry in files(package).iterdir()]
    stems = [one.stem for one in entries if one.suffix == ".py" and one.name[0] != "_"]
    # A strategy of two parts has a file named after both: asyncio_to_thread.
    name_of = (lambda stem: stem.replace("_", "+", 1)) if kind == "strategies" else str
    return {name_of(s): f"{package}.{s}:{s.title().replace('_', '')}" for s in stems}


def _entry_points(kind: Kind) -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=f"concbench.{kind}")}
