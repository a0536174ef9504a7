"""`concbench list`: what workloads and strategies there are, for a reader, machine or document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from . import options
from .exit import ending

if TYPE_CHECKING:
    from ..plan.plugins import Description

Plugins: TypeAlias = "Mapping[str, list[Description]]"
WIDE = 25


def list_(as_json: options.Json = False, markdown: options.Markdown = False) -> None:
    """Show the workloads and strategies there are, and why one cannot run here."""
    form = options.form(as_json, markdown)
    with ending():
        from ..plan.plugins import describe

        kinds: Plugins = {
            "workloads": describe("workloads"),
            "strategies": describe("strategies"),
        }
        print(FORMS[form](kinds))


def _text(plugins: Plugins) -> str:
    """With why one cannot run here."""
    return "\n".join(line for kind, those in plugins.items() for line in _lines(kind, those))


def _lines(kind: str, those: Iterable[Description]) -> Iterable[str]:
    yield f"{kind}:"
    for one in those:
        sizes = f"{one.tasks} tasks; " if one.tasks else ""
        params = [
            key if value is None else f"{key}={_plain(value)}" for key, value in one.params.items()
        ]
        yield f"  {one.name:{WIDE}}{sizes}{', '.join(params) or 'no parameters'}"
        yield f"  {'':{WIDE}}{one.summary}"
        if one.reason:
            yield f"  {'':{WIDE}}cannot run here: {one.reason}"


def _json(plugins: Plugins) -> str:
    import json

    plain = {kind: [vars(one) for one in those] for kind, those in plugins.items()}
    return json.dumps(plain, indent=1, default=str)


def _markdown(plugins: Plugins) -> str:
    """The same on every machine with the same plug-ins: no reasons, no default that it chooses."""
    workloads = [
        f"| `{one.name}` | {one.tasks or ''} | {_params(one)} | {_about(one)} |"
        for one in plugins["workloads"]
    ]
    strategies = [
        f"| `{one.name}` | {_params(one)} | {_about(one)} |" for one in plugins["strategies"]
    ]
    return "\n".join(
        [
            *("| workload | tasks | parameters | is about |", "|---|---|---|---|", *workloads, ""),
            *("| strategy | parameters | runs tasks by |", "|---|---|---|", *strategies),
        ]
    )


def _params(one: Description) -> str:
    return ", ".join(
        f"`{key}`" if value is None or key in one.of_machine else f"`{key}={_plain(value)}`"
        for key, value in one.params.items()
    )


def _about(one: Description) -> str:
    needed = f" (`pip install 'concbench[{one.extra}]'`)" if one.extra else ""
    return f"{one.about}{needed}".replace("|", r"\|")


def _plain(value: object) -> str:
    """As one writes it in brackets."""
    import json

    return value if isinstance(value, str) else json.dumps(value, default=str)


FORMS: Mapping[str, Callable[[Plugins], str]] = {
    "table": _text,
    "json": _json,
    "markdown": _markdown,
}
