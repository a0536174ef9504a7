"""`concbench list`, `init` and `explain`: what there is, a start of your own, what codes mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from typer import Argument

from ..errors import UsageError, suggestion
from . import options
from .exit import ending
from .lessons import Language, spoken

if TYPE_CHECKING:
    from ..plan.plugins import Description

Plugins: TypeAlias = "Mapping[str, list[Description]]"
WIDE = 25


def list_(as_json: options.Json = False, markdown: options.Markdown = False) -> None:
    """List workloads and strategies, and why one cannot run here."""
    form = options.form(as_json, markdown)
    with ending():
        from ..plan.plugins import describe

        kinds: Plugins = {"workloads": describe("workloads"), "strategies": describe("strategies")}
        print(FORMS[form](kinds))


def _text(plugins: Plugins) -> str:
    """With why one cannot run here."""
    lines = []
    for kind, those in plugins.items():
        lines.append(f"{kind}:")
        for one in those:
            sizes = f"{one.tasks} tasks; " if one.tasks else ""
            params = ", ".join(_param(*param) for param in one.params.items()) or "no parameters"
            lines += [f"  {one.name:{WIDE}}{sizes}{params}", f"  {'':{WIDE}}{one.summary}"]
            if one.reason:
                lines.append(f"  {'':{WIDE}}cannot run here: {one.reason}")
    return "\n".join(lines)


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
    lines = ["| workload | tasks | parameters | is about |", "|---|---|---|---|", *workloads, ""]
    lines += ["| strategy | parameters | runs tasks by |", "|---|---|---|", *strategies]
    return "\n".join(lines)


def _params(one: Description) -> str:
    return ", ".join(
        f"`{_param(key, None if key in one.of_machine else value)}`"
        for key, value in one.params.items()
    )


def _about(one: Description) -> str:
    needed = f" (`pip install 'concbench[{one.extra}]'`)" if one.extra else ""
    return f"{one.about}{needed}".replace("|", r"\|")


def _param(key: str, value: object) -> str:
    """As one writes it in brackets; None is no value."""
    import json

    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return key if value is None else f"{key}={text}"


def _codes(incomplete: str) -> list[str]:
    from concbench.reports.codes import entries

    return [code for code in entries() if code.startswith(incomplete)]


Codes = Annotated[
    list[str] | None,
    Argument(
        metavar="CODE",
        help="Codes of notes and warnings, as printed (default: list all).",
        autocompletion=_codes,
    ),
]


CHINESE = {
    "meaning": "意義",
    "cause": "原因",
    "remedy": "怎麼辦",
    "example": "範例",
    "Notes beside a cell": "組合旁的註記",
    "Warnings of a run": "執行時的警告",
    "Doubts of a check": "檢查的疑點",
    "Findings of the doctor": "doctor 的發現",
}
"""What stands around explanations; the titles are those of their page."""
WORDS = {"en": {english: english for english in CHINESE}, "zh-Hant": CHINESE}


def explain(codes: Codes = None, language: Language = None) -> None:
    """Explain notes and warnings by their codes: cause and remedy."""
    with ending():
        from concbench.reports.codes import KINDS, entries

        words = WORDS[spoken(language)]
        there = entries(spoken(language))
        wanted = [code.strip("[]") for code in codes or ()]
        for code in wanted:
            if code not in there:
                hint = suggestion(code, there) or ": `concbench explain` lists all codes"
                raise UsageError(f"no code '{code}'{hint}")
        lines: list[str] = []
        for code in wanted:
            parts = ("meaning", "cause", "remedy", "example")
            lines += ["", code, *_columns({words[key]: getattr(there[code], key) for key in parts})]
        widest = max(map(len, there))
        for kind, title in {} if wanted else KINDS.items():
            told = {one.code: one.meaning for one in there.values() if one.kind == kind}
            lines += ["", f"{words[title]}:", *_columns(told, widest)]
        print(*lines[1:], sep="\n")


def _columns(texts: Mapping[str, str], least: int = 0) -> Iterator[str]:
    """Names with their texts beside them, folded; a Chinese sign is two columns wide."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    from .stored import WIDTH, console

    wide = max(least, *map(cell_len, texts))
    for name, text in texts.items():
        lines = [line.plain.rstrip() for line in Text(text).wrap(console(), WIDTH - wide - 6)]
        folded = re.sub(r"\n([。，、；：）])", r"\1\n", "\n".join(lines))  # none begins with a stop
        for line in folded.splitlines():
            yield f"  {set_cell_size(name, wide)}  {line}"
            name = ""


FORMS = {"table": _text, "json": _json, "markdown": _markdown}

Folder = Annotated[Path, Argument(metavar="FOLDER", help="The project folder (default: this one).")]


def init(folder: Folder = Path()) -> None:
    """Add an example workload, options and nox sessions."""
    with ending():
        from .. import init as project

        additions = project.extend(folder)
        for path, what in additions.items():
            print(f"wrote {folder / path}: {what}")
        requirement = project.requirement()
        if requirement.startswith("concbench @ file:"):  # which means nothing on another machine
            print(f"noxfile.py installs {requirement}")
            print("  change this to a URL that others can install from")
        inside = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
        session = additions[project.NOXFILE].partition(",")[0]
        run, nox = f"{inside}concbench run", f"{inside}nox -s {session}"
        print(f"next:\n  {run:28} which model is fastest, and how sure is that?")
        print(f"  {nox:28} the same in its own environment, with an HTML page")
