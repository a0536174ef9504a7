"""From what matplotlib writes to what a page can hold.

matplotlib writes a document: a prolog, metadata, a style sheet that would reach over the whole
page, and an id for every group.  Inside a page only drawing is wanted.
"""

from __future__ import annotations

import re
from html import escape

from .style import INK, PAPER
from .words import FAMILY

# Verdana is as wide as the font that the text was measured with.
_FONTS = f"font-family: '{FAMILY}', Verdana, sans-serif"
_MARKUP = re.compile(r"<[^<>]+>")  # in text both signs are escaped


def inline(raw: str, title: str, described: str, salt: str) -> str:
    """A drawing for a page: transparent, in `currentColor`, with words for a screen reader."""
    size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', raw)
    width, height = (float(side) for side in size.groups()) if size else (0.0, 0.0)
    start = re.search(r"<g id=\"figure_1\">", raw)
    drawn = _MARKUP.sub(_tidied, raw[start.start() if start else 0 : raw.rindex("</svg>")])
    name = f"c{salt}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}t {name}d" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width / 0.75:g}" height="{height / 0.75:g}" '
        f'style="{_FONTS}" stroke-linejoin="round">'
        f'<title id="{name}t">{escape(title)}</title>'
        f'<desc id="{name}d">{escape(described)}</desc>{_joined(drawn)}</svg>'
    )


def standalone(drawn: str) -> str:
    """The same as a file of its own: black on a white card, wherever it is shown."""
    card = f'<rect width="100%" height="100%" fill="{PAPER}"/>'
    inked = _MARKUP.sub(lambda found: found[0].replace("currentColor", INK), drawn)
    return inked.replace("</desc>", f"</desc>{card}", 1) + "\n"


def _tidied(found: re.Match[str]) -> str:
    tag = found[0]
    if tag.startswith("<g id="):
        return "" if tag.endswith("/>") else "<g>"  # no one refers to a group
    if tag.startswith("<text"):
        tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)
        tag = re.sub(r' transform="rotate\(-0 [^"]*"', "", tag)
    # A hundredth of a point is less than any screen or printer shows.
    tag = re.sub(r"(\d\.\d\d)\d+", r"\1", tag)
    tag = re.sub(r"(\d)\.0+(?![\d])|(\.\d)0(?!\d)", r"\1\2", tag)
    tag = re.sub(r' d="([^"]*)"', lambda path: f' d="{_shortened(path[1])}"', tag)
    return tag.replace(INK, "currentColor").replace("xlink:href", "href").replace("; ", ";")


def _shortened(path: str) -> str:
    """The same path; straight ahead and straight down need one number each."""
    steps = re.findall(r"([MLHVCSQTAZz])([^MLHVCSQTAZz]*)", path)
    found, before = [], ("", "")
    for letter, numbers in steps:
        told = tuple(numbers.split())
        short = f"{letter}{' '.join(told)}"
        if letter == "L" and told[1] == before[1]:
            short = f"H{told[0]}"
        elif letter == "L" and told[0] == before[0]:
            short = f"V{told[1]}"
        found.append(short)
        before = (told[-2], told[-1]) if told else ("", "")
    return "".join(found)


def _joined(drawn: str) -> str:
    """Without the line ends and indents between tags, and without groups that group nothing."""
    flat = re.sub(r">\s*\n\s*<", "><", drawn).strip()
    kept: list[bool] = []

    def needed(found: re.Match[str]) -> str:
        if found[0] != "</g>":
            kept.append(found[0] != "<g>")
            return found[0] if kept[-1] else ""
        return "</g>" if kept.pop() else ""

    return re.sub(r"<g(?: [^<>]*)?>|</g>", needed, flat)
