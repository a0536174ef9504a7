"""A stored run as a notebook shows it: tables, verdicts and one chart; and its frames."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from .. import numbers
from ..analysis import header, tables
from ..analysis.tables import USUAL, Group, View, wanted
from ..run.stored import Stored
from ..table import Table, escaped, without_empty
from . import summary

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

        Raises `concbench.reports.errors.UnknownName` for a column or a group that there is not.
        """
        return replace(self, view=wanted(columns, sort, group_by, tables.params(self.stored)))

    @property
    def folder(self) -> Path:
        """Where it is stored."""
        return self.stored.folder

    @property
    def failed(self) -> list[str]:
        """A line for each cell that failed: `mine x 64 / threading failed: ValueError: ...`."""
        return [
            f"{f'{cell.side}: ' if cell.side else ''}{cell.name} failed: {cell.reason}"
            for cell in self.stored.run.cells
            if cell.status == "failed"
        ]

    def values(self) -> pd.DataFrame:
        """One row a measured value: `concbench.reports.analysis.frames.values`."""
        from ..analysis import frames

        return frames.values(self.stored)

    def processes(self) -> pd.DataFrame:
        """One row a worker process: `concbench.reports.analysis.frames.processes`."""
        from ..analysis import frames

        return frames.processes(self.stored)

    def cells(self) -> pd.DataFrame:
        """One row a cell, what the table shows: `concbench.reports.analysis.frames.cells`."""
        from ..analysis import frames

        return frames.cells(self.stored)

    def metrics(self) -> pd.DataFrame:
        """One row a cell with what its workload counts: `concbench.reports.analysis.frames`."""
        from ..analysis import frames

        return frames.metrics(self.stored)

    def differences(self) -> pd.DataFrame:
        """One row a pair of strategies: `concbench.reports.analysis.frames.differences`."""
        from ..analysis import frames

        return frames.differences(self.stored)

    def sides(self) -> pd.DataFrame:
        """One row a cell on two sides: `concbench.reports.analysis.frames.sides`."""
        from ..analysis import frames

        return frames.sides(self.stored)

    def __str__(self) -> str:
        from rich.console import Console

        page = io.StringIO()
        summary.show(self.stored, Console(file=page, width=100, highlight=False), self.view)
        return page.getvalue().rstrip("\n")

    def __repr__(self) -> str:
        lines = [f"{one.name}: {one.conclusion.sentence}" for one in self._blocks]
        lines += [*self.failed, f"run {self.stored.run.id} in {self.folder}"]
        return "\n".join(numbers.printable(line, "utf-8") for line in lines)

    def _repr_html_(self) -> str:
        about = map(_text, header.lines(self.stored, [block.rows for block in self._blocks]))
        parts = [f"<p><strong>{_text(line)}</strong></p>" for line in self.failed]
        parts.append(f"<p>{'<br>'.join(about)}</p>")
        for table in summary.run_tables(self._blocks, self.view):
            parts += [line for one in without_empty([table]) for line in html(one)]
        if legend := tables.legend(self._blocks):
            parts.append(f"<p>{_text(legend)}</p>")
        for table in summary.sides(self.stored):
            parts += html(table)
        if see := summary.see_also(self.stored, self._blocks):
            parts.append(f"<p>{_text(see)}</p>")
        if chart := self._chart:  # no colours of ours around it: a notebook may be light or dark
            parts.append(f'<div style="overflow-x: auto">{chart.svg}</div>')
        return "\n".join(["<div>", *parts, "</div>"])

    def _repr_markdown_(self) -> str:
        text = summary.document(self.stored)
        if chart := self._chart:
            from ..charts.svg import standalone

            data = base64.b64encode(standalone(chart.svg).encode()).decode()
            text += f"\n![{escaped(chart.title)}](data:image/svg+xml;base64,{data})\n"
        return text

    @property
    def _blocks(self) -> list[Group]:
        return tables.blocks(self.stored)

    @property
    def _chart(self) -> Chart | None:
        """Speed-ups of the one workload, or the grid of several; None where there is neither."""
        from ..charts import draw

        key = "speedup" if len(self.stored.blocks()) == 1 else "grid"
        return next((chart for chart in draw(self.stored, key) if chart.svg), None)


def html(table: Table) -> Iterator[str]:
    """The table as a notebook shows it, with no colours of its own."""
    yield f"<p><strong>{_text(table.conclusion or table.title)}</strong></p>"
    if table.rows:
        head = _row("th", table, [heading.text for heading in table.headings])
        body = "".join(_row("td", table, row) for row in table.rows)
        yield f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    for pairs in (table.absent, table.notes):
        items = [": ".join(filter(None, pair)) for pair in pairs]
        if items:
            yield f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in items)}</ul>"


def _row(tag: str, table: Table, texts: Sequence[str]) -> str:
    each = (
        f'<{tag} style="text-align: {"left" if heading.left else "right"}; '
        f'padding: 0.2em 0.6em">{_text(text)}</{tag}>'
        for heading, text in zip(table.headings, texts, strict=True)
    )
    return f"<tr>{''.join(each)}</tr>"


def _text(text: str) -> str:
    return escape(numbers.printable(text, "utf-8"))
