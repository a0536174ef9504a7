"""The reference, from the program itself: commands, options, plug-ins and notes as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import typer
from pydantic import BaseModel
from sphinx.application import Sphinx

from concbench.cli import listing
from concbench.cli.commands import app
from concbench.plan import settings
from concbench.plan.plugins import describe
from concbench.reports.codes import KINDS, entries


def group() -> Any:
    """The program's command line, as click has it or what Typer took over of it."""
    return typer.main.get_command(app)


def commands() -> Iterator[str]:
    """A section for each command, with an entry for each option that can be linked to."""
    for name, command in sorted(group().commands.items()):
        usage = " ".join(["concbench", name, *command.collect_usage_pieces(typer.Context(command))])
        yield f"## {name}\n\n{command.help}\n\n```sh\n{usage}\n```\n"
        yield f"```{{program}} concbench {name}\n```\n"
        yield from map(_option, command.params)


def _option(one: Any) -> str:
    value = "" if getattr(one, "is_flag", False) else f" {one.metavar or str(one.name).upper()}"
    names = [f"{name}{value}" for name in one.opts]
    if one.param_type_name == "argument":
        names = [str(one.metavar or one.name).upper()]
    return f"```{{option}} {', '.join(names)}\n{literal(one.help or '')}\n```\n"


def literal(text: str) -> str:
    """Help as Markdown: what is a sign there stays one."""
    return "".join(f"\\{sign}" if sign in r"*_[]<>$" else sign for sign in text)


def configuration() -> Iterator[str]:
    """The keys of [tool.concbench], with what they may be and what they are without."""
    both = [one for name in ("check", "run") for one in group().commands[name].params]
    helps = {one.name: one.help for one in both}
    yield from _keys(settings.Settings, helps)


def gate() -> Iterator[str]:
    """The keys of [tool.concbench.gate]."""
    check = group().commands["check"].params
    yield from _keys(settings.Gate, {one.name: one.help for one in check})


def _keys(model: type[BaseModel], helps: Mapping[str | None, str | None]) -> Iterator[str]:
    yield "| key | may be | without it | means |\n|---|---|---|---|\n"
    for name, field in model.model_fields.items():
        if name != "gate":
            kind = _kind(name, field.annotation)
            default = "" if field.default in (None, (), "") else f"`{_shown(field.default)}`"
            about = literal(helps.get(name) or "").replace("|", r"\|")
            yield f"| `{name}` | {kind} | {default} | {about} |\n"


def _kind(name: str, annotation: Any) -> str:
    if name in settings.RANGES:
        return settings.RANGES[name].replace("**", "^")
    texts = str(annotation)
    for mark, kind in (("bool", "bool"), ("tuple", "tuple"), ("Path", "path")):
        if mark in texts:
            return settings.KINDS[kind]
    if "Literal" in texts:
        return " or ".join(re.findall(r"'(\w+)'", texts))
    return settings.KINDS["string"]


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plugins() -> list[str]:
    both = {"workloads": describe("workloads"), "strategies": describe("strategies")}
    return listing.FORMS["markdown"](both).split("\n\n")


def notes() -> Iterator[str]:
    """A section for each kind, and in it one for each code: meaning, cause, remedy, example."""
    every = list(entries().values())
    for kind, title in KINDS.items():
        yield f"## {title}\n"
        for one in every:
            if one.kind == kind:
                yield f"### {one.code}\n\n{one.meaning}\n"
                yield f"```{{code-block}} text\n:class: line\n\n{one.example}\n```\n"
                yield f"Cause\n: {one.cause}\n\nWhat to do\n: {one.remedy}\n"


PARTS: dict[str, Callable[[], str]] = {
    "commands": lambda: "\n".join(commands()),
    "configuration": lambda: "".join(configuration()),
    "gate": lambda: "".join(gate()),
    "workloads": lambda: _plugins()[0],
    "strategies": lambda: _plugins()[1],
    "notes": lambda: "\n".join(notes()),
}


MARK = re.compile(r"```\{generated\} (\w+)\n```\n")


def generate(_: Sphinx, __: str, source: list[str]) -> None:
    """Put the parts into a page where it says so, before Sphinx reads it."""
    source[0] = MARK.sub(lambda at: PARTS[at[1]](), source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Have each page's text."""
    app.connect("source-read", generate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
