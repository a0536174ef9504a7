"""Tables as the page shows them: a `Table`, and what HTML adds to its texts.

The table of a workload and the grid of a run are made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .. import charts, numbers
from ..analysis.behaviour import Behaviour, Question
from ..analysis.cells import Row
from ..analysis.tables import COLUMNS, NAME, NOTES, RANK, USUAL, Column, Entry, Group
from ..render.table import Heading, Table, Value
from ..run.probes import Probed


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


_PLAIN = FieldStyle()


@dataclass(frozen=True)
class HtmlField:
    """A field with its tag, the attributes of the tag, and whether it holds a name."""

    tag: str
    attributes: Mapping[str, Value]
    text: str
    name: bool
    style: FieldStyle


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

    @property
    def headings(self) -> Iterator[HtmlField]:
        """The headings of the columns."""
        for heading, column in zip(self.table.headings, self.columns, strict=True):
            attributes: dict[str, Value] = {
                "scope": "col",
                "data-key": column.key if self.sortable else None,
                "class": "name" if heading.left else None,
                "aria-sort": "ascending" if column.ascending else None,
                "data-folded": "" if column.folded else None,
                "title": column.help or None,
            }
            yield HtmlField("th", attributes, heading.text, column.named, _PLAIN)

    @property
    def rows(self) -> Iterator[list[HtmlField]]:
        """The fields of each row."""
        for place, row in enumerate(self.table.rows):
            values = self.table.values[place] if self.table.values else row
            yield [
                self._field(place, at, *both)
                for at, both in enumerate(zip(row, values, strict=True))
            ]

    def _field(self, row: int, column: int, text: str, value: Value) -> HtmlField:
        style = self.styles.get((row, column), _PLAIN)
        names = self.table.folding == column
        kinds = ["name"] if self.table.headings[column].left else []
        kinds += [style.kind] if style.kind else []
        attributes: dict[str, Value] = {
            "scope": "row" if names else None,
            "class": " ".join(kinds) or None,
            "style": None if style.share is None else f"--share: {style.share}",
            "title": style.reason or None,
            "data-value": ("" if value is None else value) if self.sortable else None,
        }
        tag = "th" if names else "td"
        return HtmlField(tag, attributes, text, names or self.columns[column].names, style)


@dataclass(frozen=True)
class Measure:
    """A column of a workload's table, by the title that it has in all tables of runs.

    `heading` and `key` are what the page calls it where that differs; `probe` is what the untimed
    pass calls it, where it comes from one.
    """

    title: str
    help: str = ""
    key: str = ""
    heading: str = ""
    probe: str = ""
    folded: bool = False

    @property
    def column(self) -> Column:
        """How its value is found and put into words."""
        return next(one for one in COLUMNS if one.title == self.title)

    @property
    def style(self) -> ColumnStyle:
        """What HTML adds to it; rows come by rank."""
        key = self.key or self.column.key
        return ColumnStyle(key, self.help, self.folded, ascending=self.title == RANK.title)


MEASURES = (
    Measure(RANK.title, "Strategies between which no difference was found share a rank."),
    Measure(NAME.title),
    Measure(
        "batch",
        "Time for all tasks once pool, loop and clients are up: what a long-lived service pays.",
    ),
    Measure(
        "+-95%",
        "Half the width of the 95 % interval of the batch time.",
        key="interval",
        heading="\u00b1 95 %",
    ),
    Measure(
        "speed-up",
        "How many times faster than the reference, paired by round, with its 95 % interval.",
    ),
    Measure("tasks/s", "Tasks done in a second.", key="rate", folded=True),
    Measure(
        "of limit", "The share of the least time that any strategy could take on this machine."
    ),
    Measure(
        "CPU/task",
        "CPU seconds of a task, user and system, of the whole process tree in the timed batches.",
        key="cpu-task",
    ),
    Measure(
        "memory",
        "Peak memory of the whole process tree (PSS), in an untimed pass.",
        probe="memory",
    ),
    Measure(
        "max lag",
        "The longest that the event loop came late to what was due, in an untimed pass.",
        probe="lag",
    ),
    Measure(
        "p99",
        "Of 100 tasks 99 ran no longer than this, from start to end, in an untimed pass.",
        probe="latency",
    ),
    Measure("start-up", "Opening the strategy in a fresh process, with the imports that it needs."),
    Measure("one-shot", "Start-up, first batch and close: what a script pays."),
    Measure("workers", "Tasks running at the same time.", folded=True),
    Measure("rounds", "Fresh worker processes that gave a time."),
    Measure(NOTES.title),
)


def workload_table(group: Group, probes: Mapping[int, Probed], anchor: str) -> HtmlTable | None:
    """The measured cells of a workload, a row each; None where there is none."""
    entries = _measured(group)
    if not entries:
        return None
    measures = _telling(entries)
    each = [one.column for one in measures]
    table = Table(
        f"{group.name}: strategies by rank",
        tuple(Heading(one.heading or one.title, one.column.left) for one in measures),
        tuple(tuple(column.text(entry) for column in each) for entry in entries),
        folding=each.index(NAME),
        values=tuple(
            tuple(column.value(entry) if column.has_value(entry) else None for column in each)
            for entry in entries
        ),
    )
    styles = {
        (row, at): _style(one, entry, probes)
        for row, entry in enumerate(entries)
        for at, one in enumerate(measures)
    }
    return HtmlTable(anchor, table, tuple(one.style for one in measures), styles)


def _measured(group: Group) -> list[Entry]:
    return [entry for entry in group.entries(USUAL) if entry.measured]


def _telling(entries: Sequence[Entry]) -> list[Measure]:
    """The columns that say something of these entries; the rounds only where they differ."""
    same = len({entry.row.rounds for entry in entries}) == 1
    return [
        one
        for one in MEASURES
        if one.column in (RANK, NAME)
        or (any(map(one.column.has_value, entries)) and not (same and one.title == "rounds"))
    ]


def _style(one: Measure, entry: Entry, probes: Mapping[int, Probed]) -> FieldStyle:
    if one.column == NAME:
        return FieldStyle(colour=charts.colour(entry.row.strategy))
    if one.title == "of limit" and entry.row.of_limit is not None:
        return FieldStyle("bar", share=share(entry.row.of_limit))
    return FieldStyle(reason=_reason(one, entry, probes))


def _reason(one: Measure, entry: Entry, probes: Mapping[int, Probed]) -> str:
    """Why there is no value, where that is known."""
    if one.column.has_value(entry) or entry.row.id not in probes:
        return ""
    return probes[entry.row.id].absent.get(one.probe, "")


def reasons(group: Group, probes: Mapping[int, Probed]) -> list[tuple[str, str, str]]:
    """Why there are dashes, once for the same rows: titles of columns, the reason, and whose."""
    entries = _measured(group)
    titles: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in MEASURES:
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
    planned = [sorted(group.rows, key=lambda row: row.id) for group in groups]
    pairs = list(zip(groups, planned, strict=True))
    names = list(dict.fromkeys(group.names[row.id] for group, rows in pairs for row in rows))
    texts: list[tuple[str, ...]] = []
    styles: dict[tuple[int, int], FieldStyle] = {}
    for place, (group, rows) in enumerate(pairs):
        named = {group.names[row.id]: _square(row) for row in rows}
        squares = [named.get(name, _UNPLANNED) for name in names]
        texts.append((group.name, *(text for text, _ in squares)))
        styles |= {(place, at): style for at, (_, style) in enumerate(squares, start=1)}
    headings = tuple(Heading(text) for text in ("workload", *names))
    table = Table("Speed-up, and share of the limit", headings, tuple(texts))
    keys = tuple(ColumnStyle(heading.text, named=True) for heading in headings)
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
        group: _answers(behaviour, group, questions, f"behaviour-{number}")
        for number, (group, questions) in enumerate(behaviour.groups.items(), start=1)
    }


def _answers(
    behaviour: Behaviour, group: str, questions: Sequence[Question], anchor: str
) -> HtmlTable:
    titles = ("strategy", *(question.name for question in questions))
    each = [
        (one.name, [one.answers[question.name] for question in questions]) for one in behaviour.able
    ]
    table = Table(
        f"Each strategy\u2019s answers: {group}",
        tuple(Heading(title, left=True) for title in titles),
        tuple((name, *(answer.answer for answer in answers)) for name, answers in each),
        values=tuple((name, *(answer.value for answer in answers)) for name, answers in each),
    )
    return HtmlTable(anchor, table, tuple(map(ColumnStyle, titles)), kind="compared")
