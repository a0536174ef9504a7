"""From what matplotlib writes to what a page can hold.

matplotlib writes a document: a prolog, metadata, a style sheet that would reach over the whole
page, and an id for every group.  Inside a page only drawing is wanted.
"""

from __future__ import annotations

import re
from html import escape

from .style import FAMILY, INK, PAPER

# Verdana is as wide as the font that the text was measured with.
_FONTS = f"font-family: '{FAMILY}', Verdana, sans-serif"
_MARKUP = re.compile(r"<[^<>]+>")  # in text both signs are escaped


def inline(
    raw: str, title: str, description: str, salt: str, cut: float = 0.0, below: float = 0.0
) -> str:
    """A drawing for a page: transparent, in `currentColor`, with words for a screen reader.

    So many points are cut off above, where its heading is, and below as many as are blank.
    """
    (size,) = re.findall(r'width="([\d.]+)pt" height="([\d.]+)pt"', raw[: raw.index("<g ")])
    width, height = float(size[0]), float(size[1]) - cut - below
    box = f"0 {cut:.6g} {width:.6g} {height:.6g}"
    drawing = _MARKUP.sub(_tidy, raw[raw.index('<g id="figure_1">') : raw.rindex("</svg>")])
    name = f"c{salt}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}t {name}d" '
        f'viewBox="{box}" width="{width / 0.75:g}" height="{height / 0.75:g}" '
        f'style="{_FONTS}" stroke-linejoin="round">'
        f'<title id="{name}t">{escape(title)}</title>'
        f'<desc id="{name}d">{escape(description)}</desc>{_compact(drawing)}</svg>'
    )


def standalone(drawing: str) -> str:
    """The same as a file of its own: black on a white card, wherever it is shown."""
    top = drawing.partition('viewBox="0 ')[2].partition(" ")[0]
    card = f'<rect y="{top}" width="100%" height="100%" fill="{PAPER}"/>'
    inked = _MARKUP.sub(lambda match: match[0].replace("currentColor", INK), drawing)
    return inked.replace("</desc>", f"</desc>{card}", 1) + "\n"


def _tidy(match: re.Match[str]) -> str:
    tag = match[0]
    if tag.startswith("<g id="):
        return "" if tag.endswith("/>") else "<g>"  # no one refers to a group
    if tag.startswith("<text"):
        tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)
        tag = re.sub(r' transform="rotate\(-0 [^"]*"', "", tag)
    # A hundredth of a point is less than any screen or printer shows.
    tag = re.sub(r"(\d\.\d\d)\d+", r"\1", tag)
    tag = re.sub(r"(\d)\.0+(?![\d])|(\.\d)0(?!\d)", r"\1\2", tag)
    tag = re.sub(r' d="([^"]*)"', lambda path: f' d="{_shorten(path[1])}"', tag)
    return tag.replace(INK, "currentColor").replace("xlink:href", "href").replace("; ", ";")


def _shorten(path: str) -> str:
    """The same path; straight ahead and straight down need one number each."""
    parts, before = [], ("", "")
    for letter, rest in re.findall(r"([MLHVCSQTAZz])([^MLHVCSQTAZz]*)", path):
        numbers = tuple(rest.split())
        short = f"{letter}{' '.join(numbers)}"
        if letter == "L" and numbers[1] == before[1]:
            short = f"H{numbers[0]}"
        elif letter == "L" and numbers[0] == before[0]:
            short = f"V{numbers[1]}"
        parts.append(short)
        before = (numbers[-2], numbers[-1]) if numbers else ("", "")
    return "".join(parts)


def _compact(drawing: str) -> str:
    """Without the line ends and indents between tags, and without groups that group nothing."""
    flat = re.sub(r">\s*\n\s*<", "><", drawing).strip()
    holding: list[bool] = []

    def needed(match: re.Match[str]) -> str:
        if match[0] != "</g>":
            holding.append(match[0] != "<g>")
            return match[0] if holding[-1] else ""
        return "</g>" if holding.pop() else ""

    return re.sub(r"<g(?: [^<>]*)?>|</g>", needed, flat)
