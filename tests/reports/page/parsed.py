"""A page as a browser would take it apart, without a browser."""

from __future__ import annotations

from html.parser import HTMLParser


class Parsed(HTMLParser):
    """The tags of a page with their attributes, and its text but for style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.drawn: set[str] = set()
        self.outside: list[str] = []
        self._silent, self._chart = False, False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attributes}))
        self._silent = tag in ("style", "script")
        self._chart = self._chart or tag == "svg"
        if self._chart:
            self.drawn.add(tag)
        elif tag != "wbr":  # where a long name may fold
            self.outside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._silent = False
        self._chart = self._chart and tag != "svg"

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]
