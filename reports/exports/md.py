"""A GitHub table for each workload, to paste into a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .. import cells, header, names, notes, table, text, verdict
from ..cells import Row
from ..stored import Stored
from ..table import Line


def rendered(stored: Stored) -> str:
    """The header, then verdict, table and notes of every workload."""
    tables = [cells.block(stored, planned) for planned in stored.blocks().values()]
    lines = [f"{escaped(said)}  " for said in header.lines(stored, tables)]
    for name, rows in zip(names.blocks(tables), tables, strict=True):
        lines += ["", *_block(name, rows)]
    return "\n".join(lines) + "\n"


def _block(name: str, rows: Sequence[Row]) -> Iterator[str]:
    known, told = names.strategies(rows), notes.explained(rows)
    yield f"**{escaped(verdict.sentence(name, rows, known))}**"
    yield ""
    measured = [row for row in rows if row.batch_seconds is not None]
    if measured:
        lines = [Line(row, known[row.id], notes.marks(row, told), "") for row in measured]
        columns = [one for one in table.COLUMNS if one.title != "notes" or told]
        yield _row(column.title for column in columns)
        yield _row("---" if column.left else "---:" for column in columns)
        for line in lines:
            yield _row(escaped(column.said(line)) for column in columns)
    left = [row for row in rows if row.batch_seconds is None]
    if left and measured:
        yield ""
    for row in left:
        reason = f": {row.reason}" if row.reason else ""
        yield f"- {escaped(f'{known[row.id]} {row.status}{reason}')}"
    if told:
        yield ""
    for note in told:
        said = f"{note.note}: {note.sentence}" if note.sentence else note.note
        yield f"- {note.mark}: {escaped(said)}"


def _row(fields: Iterator[str]) -> str:
    return f"| {' | '.join(fields)} |"


def escaped(said: str) -> str:
    """The text with all that Markdown, HTML or GitHub would take for its own made plain.

    No link, no picture, no mention that sends somebody a message.
    """
    line = text.printable(said, "utf-8").replace("&", "&amp;").replace("<", "&lt;")
    line = re.sub(r"([\\`*_{}\[\]|~#>$!])", r"\\\1", line)
    # What a list or a heading would begin with.
    line = re.sub(r"^(\s*\d+(?=[.)](?:\s|$))|\s*(?=[-+=]))", r"\1\\", line)
    # A backslash does not keep these from being looked for in the finished page: no width does.
    return re.sub(r"(?i)(@|:(?=//)|\bwww(?=\.))", r"\1&#8203;", line)
