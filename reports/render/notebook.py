"""A stored run as a notebook shows it: tables, verdicts and one chart; and its frames."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from .. import numbers
from ..analysis import columns as known
from ..analysis import comparison, groups, header, verdict
from ..analysis.columns import USUAL, Line, View, wanted
from ..analysis.comparison import METHOD, Against, sided
from ..analysis.groups import Group
from ..run.stored import Stored

if TYPE_CHECKING:
    import pandas as pd

    from ..charts import Chart


@dataclass(frozen=True, repr=False)
class Run:
    """A stored run: a notebook shows it, and `print` prints what `concbench show` does."""

    stored: Stored
    view: View = USUAL

    def shown(
        self,
        columns: str | Sequence[str] | None = None,
        sort: str | None = None,
        group_by: str | None = None,
    ) -> Run:
        """The same run, its tables shown otherwise: as `concbench show` does with these options.

        Raises `reports.errors.UnknownName` for a column or a group that there is not.
        """
        return replace(self, view=wanted(columns, sort, group_by, groups.params(self.stored)))

    @property
    def folder(self) -> Path:
        """Where it is stored."""
        return self.stored.folder

    def values(self) -> pd.DataFrame:
        """One row a measured value: `reports.analysis.frames.values`."""
        from ..analysis import frames

        return frames.values(self.stored)

    def processes(self) -> pd.DataFrame:
        """One row a worker process: `reports.analysis.frames.processes`."""
        from ..analysis import frames

        return frames.processes(self.stored)

    def cells(self) -> pd.DataFrame:
        """One row a cell, what the table shows: `reports.analysis.frames.cells`."""
        from ..analysis import frames

        return frames.cells(self.stored)

    def metrics(self) -> pd.DataFrame:
        """One row a cell and what its workload counts: `reports.analysis.frames.metrics`."""
        from ..analysis import frames

        return frames.metrics(self.stored)

    def differences(self) -> pd.DataFrame:
        """One row a pair of strategies: `reports.analysis.frames.differences`."""
        from ..analysis import frames

        return frames.differences(self.stored)

    def sides(self) -> pd.DataFrame:
        """One row a cell on two sides: `reports.analysis.frames.sides`."""
        from ..analysis import frames

        return frames.sides(self.stored)

    def __str__(self) -> str:
        from rich.console import Console

        from . import summary

        page = io.StringIO()
        summary.show(self.stored, Console(file=page, width=100, highlight=False), self.view)
        return page.getvalue().rstrip("\n")

    def __repr__(self) -> str:
        told = [verdict.sentence(one.name, one.rows, one.names) for one in self._blocks]
        where = f"run {self.stored.run.id} in {self.folder}"
        return "\n".join(numbers.printable(said, "utf-8") for said in (*told, where))

    def _repr_html_(self) -> str:
        blocks = self._blocks
        about = map(_text, header.lines(self.stored, [block.rows for block in blocks]))
        parts = [f"<p>{'<br>'.join(about)}</p>"]
        tables = groups.grouped(blocks, self.view.group_by)
        seen = groups.comparable(self.view, tables)
        naming = groups.naming(tables)
        parts += [part for group in tables for part in _group(group, seen, naming)]
        parts += [part for one in sided(self.stored) for part in _against(one)]
        if chart := self._chart:  # no colours of ours around it: a notebook may be light or dark
            parts.append(f'<div style="overflow-x: auto">{chart.svg}</div>')
        return "\n".join(["<div>", *parts, "</div>"])

    def _repr_markdown_(self) -> str:
        from ..exports import md

        said = md.rendered(self.stored)
        if chart := self._chart:
            from ..charts.svg import standalone

            data = base64.b64encode(standalone(chart.svg).encode()).decode()
            said += f"\n![{md.escaped(chart.title)}](data:image/svg+xml;base64,{data})\n"
        return said

    @property
    def _blocks(self) -> list[Group]:
        return groups.blocks(self.stored)

    @property
    def _chart(self) -> Chart | None:
        """Speed-ups of the one workload, or the grid of several; None where there is neither."""
        from ..charts import draw

        key = "speedup" if len(self.stored.blocks()) == 1 else "grid"
        return next((chart for chart in draw(self.stored, key) if chart.svg), None)


def _group(group: Group, view: View, naming: str) -> Iterator[str]:
    lines = group.lines(view)
    told = groups.explained(lines)
    title = group.name
    if group.block:
        title = verdict.sentence(group.name, group.rows, group.names)
    yield f"<p><strong>{_text(title)}</strong></p>"
    measured = [line for line in lines if line.row.batch_seconds is not None]
    if measured:
        yield _table(measured, view, naming)
    left = lines[len(measured) :]
    yield from _list(
        ": ".join(filter(None, (one.name, one.row.status, one.row.reason))) for one in left
    )
    yield from _list(": ".join(filter(None, (note.mark, note.full))) for note in told)


def _table(lines: Sequence[Line], view: View, naming: str) -> str:
    columns = known.telling(view.columns, lines)
    sides = ["left" if column.left else "right" for column in columns]
    titles = [naming if column == known.NAME else column.title for column in columns]
    head = _fields("th", titles, sides)
    body = (_fields("td", [column.said(line) for column in columns], sides) for line in lines)
    return f"<table><thead>{head}</thead><tbody>{''.join(body)}</tbody></table>"


def _against(one: Against) -> Iterator[str]:
    yield f"<p><strong>{_text(one.said)}</strong></p>"
    if one.pairs:
        places = ["left", "right", "right", "right", "left"]
        head = _fields("th", one.headings, places)
        said = map(comparison.fields, map(comparison.short, one.found))
        body = "".join(_fields("td", fields, places) for fields in said)
        yield f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    yield from _list([*comparison.meanings(one.found), METHOD])


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
    return escape(numbers.printable(said, "utf-8"))
