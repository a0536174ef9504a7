"""A GitHub table for each workload, to paste into a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .. import numbers
from ..analysis import columns as known
from ..analysis import comparison, groups, header, verdict
from ..analysis.columns import USUAL
from ..analysis.comparison import METHOD, Against, sided
from ..analysis.groups import Group
from ..run.stored import Stored


def rendered(stored: Stored) -> str:
    """The header, then verdict, table and notes of every workload, and its sides compared."""
    blocks = groups.blocks(stored)
    said = header.lines(stored, [block.rows for block in blocks])
    lines = [f"{escaped(one)}  " for one in said]
    for block in blocks:
        lines += ["", *_block(block)]
    for one in sided(stored):
        lines += ["", *_against(one)]
    return "\n".join(lines) + "\n"


def _block(block: Group) -> Iterator[str]:
    lines = block.lines(USUAL)
    told = groups.explained(lines)
    yield f"**{escaped(verdict.sentence(block.name, block.rows, block.names))}**"
    yield ""
    measured = [line for line in lines if line.row.batch_seconds is not None]
    if measured:
        columns = known.telling(known.USUAL_COLUMNS, measured)
        yield _row(column.title for column in columns)
        yield _row("---" if column.left else "---:" for column in columns)
        for line in measured:
            yield _row(escaped(column.said(line)) for column in columns)
    left = lines[len(measured) :]
    if left and measured:
        yield ""
    for line in left:
        reason = f": {line.row.reason}" if line.row.reason else ""
        yield f"- {escaped(f'{line.name} {line.row.status}{reason}')}"
    if told:
        yield ""
    for note in told:
        yield f"- {note.mark}: {escaped(note.full)}"


def _against(one: Against) -> Iterator[str]:
    yield f"**{escaped(one.said)}**"
    yield ""
    if one.pairs:
        yield _row(escaped(title) for title in one.headings)
        yield _row(iter(("---", "---:", "---:", "---:", "---")))
    for row in map(comparison.short, one.found):
        yield _row(escaped(field) for field in comparison.fields(row))
    yield ""
    for said in (*comparison.meanings(one.found), METHOD):
        yield f"- {escaped(said)}"


def _row(fields: Iterator[str]) -> str:
    return f"| {' | '.join(fields)} |"


def escaped(said: str) -> str:
    """The text with all that Markdown, HTML or GitHub would take for its own made plain.

    No link, no picture, no mention that sends somebody a message.
    """
    line = numbers.printable(said, "utf-8").replace("&", "&amp;").replace("<", "&lt;")
    line = re.sub(r"([\\`*_{}\[\]|~#>$!])", r"\\\1", line)
    # What a list or a heading would begin with.
    line = re.sub(r"^(\s*\d+(?=[.)](?:\s|$))|\s*(?=[-+=]))", r"\1\\", line)
    # A backslash does not keep these from being looked for in the finished page: no width does.
    return re.sub(r"(?i)(@|:(?=//)|\bwww(?=\.))", r"\1&#8203;", line)
