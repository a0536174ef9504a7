"""Outputs and charts in the pages, made from stored runs whenever the site is built.

The runs stand in docs/runs, a folder each: what a page shows is what the program prints now.
"""

from __future__ import annotations

import ast
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from rich.console import Console
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from concbench.reports import charts, read
from concbench.reports.analysis import behaviour, header, tables
from concbench.reports.gate.results import FILE, Check, Result
from concbench.reports.render import gate, summary, terminal
from concbench.reports.run.stored import Stored

RUNS = Path(__file__).parents[1] / "runs"
WIDTH = 100


@cache
def stored(name: str) -> Stored:
    """A run of docs/runs."""
    return read(RUNS / name)


def printed(show: Callable[[Console], object]) -> str:
    """What this prints on a terminal of 100 columns."""
    page = io.StringIO()
    show(Console(file=page, width=WIDTH, highlight=False))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()).strip("\n")


def shown(name: str, workload: str = "") -> str:
    """What `concbench show` prints of a run, or of one workload in it."""
    run = stored(name)
    if not workload:
        return printed(lambda console: summary.show(run, console))
    blocks = [block for block in tables.blocks(run) if block.name == workload]

    def show(console: Console) -> None:
        for line in header.lines(run, [block.rows for block in blocks]):
            terminal.say(console, line)
        summary.show_tables(blocks, console)

    return printed(show)


class _OfRun(SphinxDirective, ABC):
    """One whose first argument is a run's name: the page is built anew when that changes."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        for path in sorted((RUNS / name).rglob("*.json")):
            self.env.note_dependency(str(path))
        return self.made(name)

    @abstractmethod
    def made(self, name: str) -> list[nodes.Node]:
        """What stands in the page, from the run of that name."""

    def text(self, words: str, language: str = "text") -> nodes.Node:
        """A block of output, which no catalogue translates."""
        block = nodes.literal_block(words, words, classes=["output"], translatable=False)
        block["language"] = language
        self.set_source_info(block)
        return block


class Shown(_OfRun):
    """`{shown} RUN`: the table, with `:workload:` of one alone."""

    option_spec: ClassVar[dict[str, Any]] = {"workload": directives.unchanged}

    def made(self, name: str) -> list[nodes.Node]:
        return [self.text(shown(name, self.options.get("workload", "")))]


class Sides(_OfRun):
    """`{sides} RUN`: how its later sides compare with the first."""

    def made(self, name: str) -> list[nodes.Node]:
        tables = summary.sides(stored(name))
        return [self.text(printed(lambda console: terminal.show(tables, console)))]


class Checked(_OfRun):
    """`{checked} RUN`: what a check said."""

    def made(self, name: str) -> list[nodes.Node]:
        document = json.loads((RUNS / name / FILE).read_text(encoding="utf-8"))
        del document["schema"]
        answers = tuple(Result(**one) for one in document.pop("answers"))
        lists = {key: tuple(map(_tuple, one)) for key, one in document.items() if _is_list(one)}
        check = Check(**{**document, **lists, "answers": answers})
        return [self.text("\n".join(gate.lines(check, WIDTH)))]


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _tuple(one: Any) -> Any:
    return tuple(one) if _is_list(one) else one


class Picture(_OfRun):
    """`{chart} RUN KEY [WORKLOAD]`: a chart, in the page itself and in its colours."""

    required_arguments = 2
    optional_arguments = 1

    def made(self, name: str) -> list[nodes.Node]:
        key, *workload = self.arguments[1:]
        names = [block.name for block in tables.blocks(stored(name))]
        block = names.index(workload[0]) if workload else None
        found = [
            one
            for one in charts.draw(stored(name), key)
            if one.svg and (block is None or one.block == block)
        ]
        if not found:
            raise self.error(f"the run {name} has no chart {key}")
        title = f"<figcaption><b>{escape(found[0].title)}</b></figcaption>"
        picture = f'<figure class="chart">{title}<div class="scroll">{found[0].svg}</div></figure>'
        return [nodes.raw("", picture, format="html")]


class Session(_OfRun):
    """`{session} RUN`: Python that has the run as `run`, and what its last line gives."""

    has_content = True

    def made(self, name: str) -> list[nodes.Node]:
        code = "\n".join(self.content)
        *before, last = ast.parse(code).body
        names: dict[str, Any] = {"run": stored(name)}
        exec(compile(ast.Module(before, []), name, "exec"), names)
        value = eval(compile(ast.Expression(last.value), name, "eval"), names)  # type: ignore[attr-defined]
        return [self.text(code, "python"), self.text(str(value))]


class Answers(SphinxDirective):
    """`{behaviour}`: how strategies behave, as `concbench behaviour --save` kept it."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(RUNS / "behaviour.json"))
        answers = behaviour.read(RUNS)
        if answers is None:
            raise self.error("docs/runs has no behaviour.json")
        return self.parse_text_to_nodes(summary.behaviour_document(answers))


DIRECTIVES = {
    "shown": Shown,
    "sides": Sides,
    "checked": Checked,
    "chart": Picture,
    "session": Session,
    "behaviour": Answers,
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
