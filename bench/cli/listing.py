"""`concbench list`: what workloads and strategies there are, for a reader, machine or document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from ..plan.plugins import Described, describe

Plugins = Mapping[str, list[Described]]
WIDE = 25


def listing(form: str) -> None:
    """Print every plug-in as a `table`, as `json` or as `markdown`."""
    found = {"workloads": describe("workloads"), "strategies": describe("strategies")}
    print(FORMS[form](found))


def _text(found: Plugins) -> str:
    """With why one cannot run here."""
    return "\n".join(line for kind, those in found.items() for line in _lines(kind, those))


def _lines(kind: str, those: Iterable[Described]) -> Iterable[str]:
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


def _json(found: Plugins) -> str:
    return json.dumps(
        {kind: [vars(one) for one in those] for kind, those in found.items()}, indent=1, default=str
    )


def _markdown(found: Plugins) -> str:
    """The same on every machine with the same plug-ins: no reasons, no default that it chooses."""
    workloads = [
        f"| `{one.name}` | {one.tasks or ''} | {_told(one)} | {_about(one)} |"
        for one in found["workloads"]
    ]
    strategies = [f"| `{one.name}` | {_told(one)} | {_about(one)} |" for one in found["strategies"]]
    return "\n".join(
        [
            *("| workload | tasks | parameters | is about |", "|---|---|---|---|", *workloads, ""),
            *("| strategy | parameters | runs tasks by |", "|---|---|---|", *strategies),
        ]
    )


def _told(one: Described) -> str:
    return ", ".join(
        f"`{key}`" if value is None or key in one.of_machine else f"`{key}={_plain(value)}`"
        for key, value in one.params.items()
    )


def _about(one: Described) -> str:
    needed = f" (`pip install 'concbench[{one.extra}]'`)" if one.extra else ""
    return f"{one.about}{needed}".replace("|", r"\|")


def _plain(value: object) -> str:
    """As one writes it in brackets."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


FORMS: Mapping[str, Callable[[Plugins], str]] = {
    "table": _text,
    "json": _json,
    "markdown": _markdown,
}
