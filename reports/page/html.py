"""From what the page says to HTML: the template, its style and its script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ..analysis.behaviour import Behaviour
from ..history.series import Series
from ..run.stored import Stored
from ..text import STORED, shortened
from . import differences, figures, html_tables, sections

_STYLES = ("page.css", "parts.css", "media.css")  # in this order: later rules win
_HARMLESS = "\n\t\u00a0\u200d"  # lines of a traceback, spaces, and what joins an emoji
_JOINTS = re.compile(r"(?<=[+_\-\[\]=.,:;/])")  # where a name may fold


def page(
    runs: Sequence[Stored], history: Sequence[Series] = (), behaviour: Behaviour | None = None
) -> str:
    """The page of these runs, at least one.

    Below a single one are its history and how strategies behave.
    """
    return rendered(
        "page.html",
        _STYLES,
        runs=[sections.run(stored, place, len(runs)) for place, stored in enumerate(runs)],
        comparison=differences.compared(runs) if len(runs) > 1 else None,
        history=figures.history(history),
        behaviour=behaviour if len(runs) == 1 else None,
        behaviour_tables=html_tables.behaviour_tables(behaviour) if behaviour else {},
        script=Markup(_file("page.js")),
        script_hash=_sha256(_file("page.js")),
    )


def rendered(template: str, styles: Sequence[str], **values: Any) -> str:
    """A page from its template, with these style sheets in it."""
    style = Markup("\n".join(map(_file, styles)))
    return _environment().get_template(template).render(style=style, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("concbench.reports.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"foldable": _foldable, "attributes": _attributes}
    return environment


@cache
def _file(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown(value: Any) -> Any:
    is_text = isinstance(value, str) and not hasattr(value, "__html__")
    return _printable(shortened(value, 4 * STORED) if is_text else value)


def _printable(value: Any) -> Any:
    # Control signs, and marks that turn the direction of text, are displayed, not obeyed.
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return "".join(
        sign if sign.isprintable() or sign in _HARMLESS else ascii(sign)[1:-1] for sign in value
    )


def _foldable(name: str) -> Markup:
    """The name with the places marked where a line may end."""
    return Markup("<wbr>").join(escape(_printable(part)) for part in _JOINTS.split(name) if part)


def _attributes(values: Mapping[str, Any]) -> Markup:
    """The attributes of a tag, without those that are None."""
    texts = {key: _printable(value) for key, value in values.items() if value is not None}
    return Markup("").join(Markup(' {}="{}"').format(*item) for item in texts.items())
