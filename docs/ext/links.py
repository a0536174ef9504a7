"""The links of the built site: those inside must lead somewhere, those outside are listed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit


class _Page(HTMLParser):
    """The addresses that a page names, and the places in it that others may name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.places.add(value)
            elif name in ("href", "src") and value:
                self.links.add(value)


def check(folder: Path) -> tuple[list[str], list[str]]:
    """Links that lead nowhere, each with its page, and the addresses outside; both sorted."""
    page = cache(_Page)
    broken, outside = set(), set()
    for path in sorted(folder.rglob("*.html")):
        for link in page(path).links:
            address, place = urldefrag(link)
            if urlsplit(link).scheme in ("http", "https"):
                outside.add(link)
            elif urlsplit(link).scheme in ("data", "mailto", "javascript"):
                continue
            else:
                there = (path.parent / unquote(urlsplit(address).path)) if address else path
                if there.is_dir():
                    there /= "index.html"
                if not there.is_file() or _is_missing(there, place, page):
                    broken.add(f"{path.relative_to(folder)}: {link}")
    return sorted(broken), sorted(outside)


def _is_missing(there: Path, place: str, page: Callable[[Path], _Page]) -> bool:
    return bool(place) and there.suffix == ".html" and unquote(place) not in page(there).places


def clicks(folder: Path, first: str = "index.html") -> dict[str, int]:
    """How many clicks each page of an edition is away from its first."""
    away = {(folder / first).resolve(): 0}
    queue = list(away)
    for path in queue:
        for link in sorted(_Page(path).links):
            if urlsplit(link).scheme or link.startswith("#"):
                continue
            there = (path.parent / unquote(urlsplit(link).path)).resolve()
            if there.suffix == ".html" and there.is_file() and there not in away:
                away[there] = away[path] + 1
                queue.append(there)
    inside = (one for one in away if one.is_relative_to(folder.resolve()))
    return {one.relative_to(folder.resolve()).as_posix(): away[one] for one in inside}
