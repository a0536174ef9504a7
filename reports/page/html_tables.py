"""Tables as the page shows them: a `Table`, and what HTML adds to its texts.

The table of a workload and the grid of a run are made here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .. import charts, numbers
from ..analysis import behaviour as behaviours
from ..analysis.behaviour import Behaviour
from ..analysis.cells import Row
from ..analysis.tables import COLUMNS, NAME, NOTES, RANK, USUAL, Column, Entry, Group
from ..run.probes import Probed
from ..table import Table, headings


@dataclass(frozen=True)
class ColumnStyle:
    """What HTML adds to a column.

    `key` identifies it for the script and `help` says what its heading means.  A `folded` one is
    hidden until a reader asks for it: the others fill a window.  Its texts are `names`, or it is
    `named` after a run, a side or a strategy: such a name may fold.  Rows are sorted by one that
    is `ascending`.
    """

    key: str
    help: str = ""
    folded: bool = False
    names: bool = False
    named: bool = False
    ascending: bool = False


@dataclass(frozen=True)
class FieldStyle:
    """What HTML adds to a field.

    `kind` are CSS classes; `colour` is that of a dot before a name; `share`, from 0 to 1, is the
    length of a bar or the strength of a shade; `detail` stands below the text; `reason` says why
    there is no value, to whoever points at the field or listens to it.
    """

    kind: str = ""
    colour: str = ""
    share: float | None = None
    detail: str = ""
    reason: str = ""


@dataclass(frozen=True)
class HtmlTable:
    """A table with the styles of its columns, and by row and column those of its fields.

    `anchor` is the id of the caption, `kind` the CSS class.  The script lets a reader sort the rows
    of a `sortable` one and hide its columns.
    """

    anchor: str
    table: Table
    columns: tuple[ColumnStyle, ...]
    styles: Mapping[tuple[int, int], FieldStyle] = field(default_factory=dict)
    kind: str = ""
    sortable: bool = True

    def style(self, row: int, column: int) -> FieldStyle:
        """What the template adds to a field."""
        return self.styles.get((row, column), FieldStyle())


_HELP = {
    RANK.title: "1 is the fastest; 2-4 where it is not certain yet; 1= where strategies are known "
    "to be equal within the margin.",
    NAME.title: "",
    "batch": "Time for all tasks once pool, loop and clients are up: what a long-lived service "
    "pays.",
    "\u00b1": "Half the 95 % interval of the batch time; its bounds where that is wide.",
    "speed-up": "How many times faster than the reference, paired by round, with its 95 % "
    "interval.",
    "tasks/s": "Tasks done in a second.",
    "of limit": "The share of the least time that any strategy could take on this machine.",
    "CPU/task": "CPU seconds of a task, user and system, of the whole process tree in the timed "
    "batches.",
    "memory": "Peak memory of the whole process tree (PSS), in an untimed pass.",
    "max lag": "Longest time the event loop was blocked, in an untimed pass.",
    "p99": "99 % of tasks finish within this, from start to end, in an untimed pass.",
    "start-up": "Opening the strategy in a fresh process, with the imports that it needs.",
    "one-shot": "Start-up, first batch and close: what a script pays.",
    "workers": "Tasks running at the same time.",
    "rounds": "Fresh worker processes that gave a time.",
    NOTES.title: "",
}
"""The columns of a workload's table, by the title that they have in all tables of runs."""
_COLUMNS = [next(one for one in COLUMNS if one.title == title) for title in _HELP]
_KEYS = {"tasks/s": "rate", "CPU/task": "cpu-task"}
_FOLDED = ("tasks/s", "workers")
_PROBES = {"memory": "memory", "max lag": "lag", "p99": "latency"}
"""What the untimed pass calls a column that comes from one."""


def workload_table(group: Group, probes: Mapping[int, Probed], anchor: str) -> HtmlTable | None:
    """The measured cells of a workload, a row each; None where there is none."""
    entries = _measured(group)
    if not entries:
        return None
    columns = _telling(entries)
    titles = [one.title for one in columns]
    table = Table(
        f"{group.name}: strategies, the fastest first",
        headings(titles, left=[at for at, one in enumerate(columns) if one.left]),
        tuple(tuple(one.text(entry) for one in columns) for entry in entries),
        folding=columns.index(NAME),
        values=tuple(
            tuple(one.value(entry) if one.has_value(entry) else None for one in columns)
            for entry in entries
        ),
    )
    added = [
        ColumnStyle(
            key=_KEYS.get(one.title, one.key),
            help=_HELP[one.title],
            folded=one.title in _FOLDED,
            ascending=one == RANK,
        )
        for one in columns
    ]
    styles = {
        (row, at): _style(one, entry, probes)
        for row, entry in enumerate(entries)
        for at, one in enumerate(columns)
    }
    return HtmlTable(anchor, table, tuple(added), styles)


def _measured(group: Group) -> list[Entry]:
    return [entry for entry in group.entries(USUAL) if entry.measured]


def _telling(entries: Sequence[Entry]) -> list[Column]:
    """The columns that say something of these entries; the rounds only where they differ."""
    same = len({entry.row.rounds for entry in entries}) == 1
    return [
        one
        for one in _COLUMNS
        if one in (RANK, NAME)
        or (any(map(one.has_value, entries)) and not (same and one.title == "rounds"))
    ]


def _style(column: Column, entry: Entry, probes: Mapping[int, Probed]) -> FieldStyle:
    if column == NAME:
        return FieldStyle(colour=charts.colour(entry.row.strategy))
    if column.title == "of limit" and entry.row.of_limit is not None:
        return FieldStyle("bar", share=share(entry.row.of_limit))
    return FieldStyle(reason=_reason(column, entry, probes))


def _reason(column: Column, entry: Entry, probes: Mapping[int, Probed]) -> str:
    """Why there is no value, where that is known."""
    if column.has_value(entry) or entry.row.id not in probes:
        return ""
    return probes[entry.row.id].absent.get(_PROBES.get(column.title, ""), "")


def reasons(group: Group, probes: Mapping[int, Probed]) -> list[tuple[str, str, str]]:
    """Why there are dashes, once for the same rows: titles of columns, the reason, and whose."""
    entries = _measured(group)
    titles: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in _COLUMNS:
        names: dict[str, list[str]] = {}
        for entry in entries:
            if reason := _reason(one, entry, probes):
                names.setdefault(reason, []).append(entry.name)
        for reason, whose in names.items():
            titles.setdefault((reason, tuple(whose)), []).append(one.title)
    return [
        (numbers.listed(each), reason, "all" if len(whose) == len(entries) else ", ".join(whose))
        for (reason, whose), each in titles.items()
    ]


def share(part: float) -> float:
    """The part of a whole as it is drawn: from 0 to 1."""
    return round(min(1.0, max(0.0, part)), 4)


def grid(groups: Sequence[Group], anchor: str) -> HtmlTable:
    """Workloads against strategies, in the order of the plan, shaded by the share of the limit."""
    planned = [sorted(group.names.items()) for group in groups]
    names = dict.fromkeys(name for pairs in planned for _, name in pairs)
    texts: list[tuple[str, ...]] = []
    styles: dict[tuple[int, int], FieldStyle] = {}
    for place, group in enumerate(groups):
        named = {group.names[row.id]: _square(row) for row in group.rows}
        squares = [named.get(name, _UNPLANNED) for name in names]
        texts.append((group.name, *(text for text, _ in squares)))
        styles |= {(place, at): style for at, (_, style) in enumerate(squares, start=1)}
    titles = ("workload", *names)
    table = Table("Speed-up, and share of the limit", headings(titles), tuple(texts))
    keys = tuple(ColumnStyle(title, named=True) for title in titles)
    return HtmlTable(anchor, table, keys, styles, kind="squares", sortable=False)


_UNPLANNED = "", FieldStyle("absent", reason="not planned")


def _square(row: Row) -> tuple[str, FieldStyle]:
    if row.batch_seconds is None:
        return "n/a", FieldStyle("absent", detail=Entry(row, "").reason)
    text = numbers.ratio(row.speedup) if row.speedup else numbers.duration(row.batch_seconds)
    if row.of_limit is None:
        return text, FieldStyle()
    detail = f"{numbers.percent(row.of_limit)} of limit"
    return text, FieldStyle(share=share(row.of_limit), detail=detail)


def behaviour_tables(behaviour: Behaviour) -> dict[str, HtmlTable]:
    """By group of questions the answers of each strategy."""
    return {
        table.title: HtmlTable(
            f"behaviour-{number}",
            replace(table, title=f"Each strategy\u2019s answers: {table.title}"),
            tuple(ColumnStyle(heading.text) for heading in table.headings),
            kind="compared",
        )
        for number, table in enumerate(behaviours.tables(behaviour), start=1)
    }
