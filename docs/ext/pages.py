"""Pages from data that stands elsewhere: lessons, the action's inputs, the other language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lessons
import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]


class ActionInputs(SphinxDirective):
    """`{action-inputs}`: the table of action.yml's inputs."""

    def run(self) -> list[nodes.Node]:
        path = ROOT / "action.yml"
        self.env.note_dependency(str(path))
        inputs = yaml.safe_load(path.read_text(encoding="utf-8"))["inputs"]
        rows = [
            f"| `{name}` | {one['description']} | `{one['default']}` |"
            for name, one in inputs.items()
        ]
        rows = [row.replace("| `` |", "| |") for row in rows]
        text = "\n".join(["| input | means | without it |", "|---|---|---|", *rows])
        return self.parse_text_to_nodes(text)


class Lessons(SphinxDirective):
    """`{lessons}`: a link to the page of each lesson."""

    def run(self) -> list[nodes.Node]:
        lines = "\n".join(f"../lessons/{one.name}" for one in lessons.course("en").lessons)
        return self.parse_text_to_nodes(f"```{{toctree}}\n:maxdepth: 1\n\n{lines}\n```")


def lesson(app: Sphinx, page: str, source: list[str]) -> None:
    """Put a lesson into its page, in the language of the edition."""
    folder, _, name = page.rpartition("/")
    if folder == "lessons":
        language = "zh-Hant" if app.config.language == "zh_Hant" else "en"
        source[0] = lessons.page(lessons.course(language), name)


def other_language(app: Sphinx, page: str, _: str, context: dict[str, Any], __: object) -> None:
    """Tell a page's template where the same page is in the other language."""
    up = "../" * page.count("/")
    chinese = app.config.language == "zh_Hant"
    context["other_language"] = {
        "href": f"{up}../{page}.html" if chinese else f"{up}zh_Hant/{page}.html",
        "name": "English" if chinese else "繁體中文",
        "code": "en" if chinese else "zh-Hant",
    }


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, and what templates are told."""
    app.add_directive("action-inputs", ActionInputs)
    app.add_directive("lessons", Lessons)
    app.connect("source-read", lesson)
    app.connect("html-page-context", other_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
