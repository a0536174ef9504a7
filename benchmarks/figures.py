"""A figure with its limit, and whether it is met."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """What was measured, in `unit`, with its 95 % interval where there is one."""

    what: str
    value: float
    unit: str
    limit: float
    at_least: bool = False
    low: float | None = None
    high: float | None = None
    beside: str = ""

    @property
    def verdict(self) -> str:
        """`met`, or by how much it is missed; and whether the interval leaves a doubt."""
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        doubt = ", not sure" if len({self._misses(bound) > 0 for bound in bounds}) > 1 else ""
        missed = self._misses(self.value)
        said = f"missed by {_number(missed)} {self.unit}" if missed > 0 else "met"
        return said + doubt

    def _misses(self, value: float) -> float:
        return self.limit - value if self.at_least else value - self.limit

    @property
    def row(self) -> tuple[str, ...]:
        sign = ">=" if self.at_least else "<="
        between = ""
        if self.low is not None and self.high is not None:
            between = f"[{_number(self.low)}, {_number(self.high)}]"
        measured = f"{_number(self.value)} {self.unit}"
        limit = f"{sign} {_number(self.limit)} {self.unit}"
        return self.what, measured, between, limit, self.verdict, self.beside


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(title: str, figures: Iterable[Figure]) -> None:
    """Print a table of figures."""
    columns = ("figure", "measured", "95 % interval", "limit", "verdict", "beside")
    show_rows(title, columns, [figure.row for figure in figures])


def show_rows(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", box=None)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if 0 < number < 4 else "left")
    for row in rows:
        table.add_row(*row)
    console = Console(width=None if Console().is_terminal else 132, markup=False)
    console.print(table)
    console.print()


def share(flags: Iterable[bool]) -> tuple[float, float, float]:
    """Percent that are true, with Wilson's 95 % interval (1927)."""
    found = list(flags)
    count, part, z = len(found), sum(found) / len(found), 1.96
    middle = (part + z * z / 2 / count) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(part * (1 - part) / count + (z / 2 / count) ** 2)
    return 100 * part, 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)
