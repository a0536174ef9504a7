"""A stored run as a notebook shows it: tables, verdicts and one chart; and its frames."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from . import cells, header, names, notes, table, text, verdict
from .cells import Row
from .stored import Stored
from .table import Line

if TYPE_CHECKING:
    import pandas as pd

    from .charts import Chart


@dataclass(frozen=True, repr=False)
class Run:
    """A stored run: a notebook shows it, and `print` prints what `concbench show` does."""

    stored: Stored

    @property
    def folder(self) -> Path:
        """Where it is stored."""
        return self.stored.folder

    def values(self) -> pd.DataFrame:
        """One row a measured value: `reports.frames.values`."""
        from . import frames

        return frames.values(self.stored)

    def processes(self) -> pd.DataFrame:
        """One row a worker process: `reports.frames.processes`."""
        from . import frames

        return frames.processes(self.stored)

    def cells(self) -> pd.DataFrame:
        """One row a cell, what the table shows: `reports.frames.cells`."""
        from . import frames

        return frames.cells(self.stored)

    def differences(self) -> pd.DataFrame:
        """One row a pair of strategies: `reports.frames.differences`."""
        from . import frames

        return frames.differences(self.stored)

    def __str__(self) -> str:
        from rich.console import Console

        from . import summary

        page = io.StringIO()
        summary.show(self.stored, Console(file=page, width=100, highlight=False))
        return page.getvalue().rstrip("\n")

    def __repr__(self) -> str:
        told = [verdict.sentence(name, rows, names.strategies(rows)) for name, rows in self._named]
        where = f"run {self.stored.run.id} in {self.folder}"
        return "\n".join(text.printable(said, "utf-8") for said in (*told, where))

    def _repr_html_(self) -> str:
        about = map(_text, header.lines(self.stored, [rows for _, rows in self._named]))
        parts = [f"<p>{'<br>'.join(about)}</p>"]
        parts += [part for name, rows in self._named for part in _block(name, rows)]
        if chart := self._chart:  # no colours of ours around it: a notebook may be light or dark
            parts.append(f'<div style="overflow-x: auto">{chart.svg}</div>')
        return "\n".join(["<div>", *parts, "</div>"])

    def _repr_markdown_(self) -> str:
        from .exports import md

        said = md.rendered(self.stored)
        if chart := self._chart:
            from .charts.svg import standalone

            data = base64.b64encode(standalone(chart.svg).encode()).decode()
            said += f"\n![{md.escaped(chart.title)}](data:image/svg+xml;base64,{data})\n"
        return said

    @property
    def _named(self) -> list[tuple[str, list[Row]]]:
        tables = [cells.block(self.stored, planned) for planned in self.stored.blocks().values()]
        return list(zip(names.blocks(tables), tables, strict=True))

    @property
    def _chart(self) -> Chart | None:
        """Speed-ups of the one workload, or the grid of several; None where there is neither."""
        from .charts import draw

        key = "speedup" if len(self.stored.blocks()) == 1 else "grid"
        return next((chart for chart in draw(self.stored, key) if chart.svg), None)


def _block(name: str, rows: Sequence[Row]) -> Iterator[str]:
    known, told = names.strategies(rows), notes.explained(rows)
    yield f"<p><strong>{_text(verdict.sentence(name, rows, known))}</strong></p>"
    measured = [row for row in rows if row.batch_seconds is not None]
    if measured:
        yield _table([Line(row, known[row.id], notes.marks(row, told), "") for row in measured])
    left = (row for row in rows if row.batch_seconds is None)
    yield from _list(": ".join(filter(None, (known[r.id], r.status, r.reason))) for r in left)
    yield from _list(
        ": ".join(filter(None, (note.mark, note.note, note.sentence))) for note in told
    )


def _table(lines: Sequence[Line]) -> str:
    noted = any(line.marks for line in lines)
    columns = [column for column in table.COLUMNS if noted or column.title != "notes"]
    sides = ["left" if column.left else "right" for column in columns]
    head = _fields("th", [column.title for column in columns], sides)
    body = (_fields("td", [column.said(line) for column in columns], sides) for line in lines)
    return f"<table><thead>{head}</thead><tbody>{''.join(body)}</tbody></table>"


def _fields(tag: str, said: Sequence[str], sides: Sequence[str]) -> str:
    each = (
        f'<{tag} style="text-align: {side}; padding: 0.2em 0.6em">{_text(one)}</{tag}>'
        for one, side in zip(said, sides, strict=True)
    )
    return f"<tr>{''.join(each)}</tr>"


def _list(items: Iterable[str]) -> Iterator[str]:
    told = "".join(f"<li>{_text(item)}</li>" for item in items)
    if told:
        yield f"<ul>{told}</ul>"


def _text(said: str) -> str:
    return escape(text.printable(said, "utf-8"))
