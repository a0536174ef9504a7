"""Pages made from data that stands elsewhere: lessons, the inputs of the action, the other language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def lesson_names() -> list[str]:
    """The lessons there are; none where the program has none yet."""
    return []


class Lessons(SphinxDirective):
    """`{lessons}`: a link to the page of each lesson."""

    def run(self) -> list[nodes.Node]:
        names = lesson_names()
        if not names:
            return []
        lines = "\n".join(f"../lessons/{name}" for name in names)
        return self.parse_text_to_nodes(f"```{{toctree}}\n:maxdepth: 1\n\n{lines}\n```")


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
    app.connect("html-page-context", other_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
