"""The catalogues of the Chinese edition: brought up to date, and what is missing in them.

Babel, which Sphinx has with it, does both.  A page of WHOLE is translated to its last sentence, and
a test holds that; of the others a catalogue has what somebody translated, such as titles.  Lessons
have their words in both languages, and no catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

LANGUAGE = "zh_Hant"
HEADER = rf"""# The Chinese edition: see "Write documentation" in CONTRIBUTING.md.
msgid ""
msgstr ""
"Language: {LANGUAGE}\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
"""Of each catalogue: without a date, so that a file changes where a sentence does."""
FOLDER = Path(__file__).parents[1] / "locale" / LANGUAGE / "LC_MESSAGES"
WHOLE = ("index", "tutorials/*", "reference/glossary", "reference/notes")


def update(templates: Path) -> None:
    """Bring the catalogues up to date with the templates of `sphinx -b gettext`.

    A sentence that changed keeps its old translation, marked as fuzzy until somebody looked at it.
    """
    for page, template in pages(templates):
        path = FOLDER / f"{page}.po"
        there = read(path) if path.exists() else Catalog(locale=LANGUAGE)
        there.update(template, no_fuzzy_matching=not _is_whole(page))
        there.obsolete.clear()
        if not _is_whole(page):
            for message in [one for one in there if one.id and not one.string]:
                there.delete(message.id)
        if _is_whole(page) or len(there):
            write(path, there)
        else:
            path.unlink(missing_ok=True)


def write(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue, in the order of its page."""
    file = BytesIO()
    write_po(file, catalogue, width=100, omit_header=True, include_lineno=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(HEADER.encode() + file.getvalue().lstrip())


def missing(templates: Path) -> Iterator[str]:
    """A line for each sentence of a page of WHOLE that has no translation, or an old one."""
    for page, template in pages(templates):
        path = FOLDER / f"{page}.po"
        if not _is_whole(page):
            continue
        there = read(path) if path.exists() else Catalog()
        for message in template:
            found = there.get(message.id)
            if message.id and (found is None or not found.string or found.fuzzy):
                why = "fuzzy" if found is not None and found.fuzzy else "not translated"
                yield f"{page}: {why}: {message.id}"


def pages(templates: Path) -> Iterator[tuple[str, Catalog]]:
    """Each page with the catalogue of its sentences."""
    for path in sorted(templates.rglob("*.pot")):
        if path.parent.name != "lessons":
            yield path.relative_to(templates).with_suffix("").as_posix(), read(path)


def _is_whole(page: str) -> bool:
    return any(fnmatch(page, pattern) for pattern in WHOLE)


def read(path: Path) -> Catalog:
    """A catalogue or a file of templates."""
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)
