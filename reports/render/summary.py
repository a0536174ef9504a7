"""For a reader: a run, runs against the first, how strategies behave; terminal and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console

from .. import codes, numbers
from ..advice.answer import answer
from ..analysis import behaviour as behaviours
from ..analysis import comparison, explanations, header, names, tables
from ..analysis.behaviour import Behaviour
from ..analysis.cells import Row
from ..analysis.comparison import Against, Later
from ..analysis.tables import NAME, RANK, USUAL, Group, View
from ..codes import coded
from ..run.stored import Stored
from ..sweeps import words
from ..table import Heading, Table, escaped, headings, markdown, without_empty
from . import advice, terminal

_PAIRED = "sides are paired by round; p values are Holm's over all cells"
_UNPAIRED = (
    "a ratio above 1 is slower; rounds of two runs are not paired; "
    "p values are Holm's over all cells"
)


MOST_TABLES = 500
"""That a terminal shows: nobody reads more, and each takes some milliseconds."""


def show(stored: Stored, console: Console, view: View = USUAL) -> None:
    """Print the run; never measures, and needs nothing but what is stored."""
    blocks = tables.blocks(stored)
    for line in header.lines(stored, [block.rows for block in blocks]):
        terminal.say(console, line)
    if advised := answer(stored):
        console.print()
        advice.show(advised, console)
    show_tables(blocks, console, view)
    for table in [*sides(stored), *words.tables(stored, blocks)]:
        console.print()
        terminal.show([table], console)
    if see := see_also(stored, blocks):
        console.print()
        terminal.say(console, see)


def show_tables(blocks: Sequence[Group], console: Console, view: View = USUAL) -> None:
    """Print the tables alone, each with its verdict and its notes."""
    whole = run_tables(blocks, view)
    if not whole:
        return
    telling = without_empty(whole)
    console.print()
    terminal.show(telling[:MOST_TABLES], console, "--columns")
    if (more := len(telling) - MOST_TABLES) > 0:
        console.print()
        terminal.say(console, f"and {more:,} more tables: concbench export --to md has them all")
    if legend := _legend(blocks, whole):
        console.print()
        terminal.say(console, legend)
    missing = [one.text for one in whole[0].headings if one not in telling[0].headings]
    if view.asked and (titles := ", ".join(title for title in missing if title != "notes")):
        console.print()
        terminal.say(console, f"not shown, as no cell has a value: {titles}")


def document(stored: Stored) -> str:
    """The run as Markdown, to paste into a pull request: a table for each workload."""
    blocks = tables.blocks(stored)
    about = header.lines(stored, [block.rows for block in blocks])
    each = [table for one in run_tables(blocks, USUAL) for table in without_empty([one])]
    parts = [f"{escaped(line)}  \n" for line in about]
    parts += [f"\n{advice.document(advised)}" for advised in [answer(stored)] if advised]
    parts += [f"\n{markdown(table)}" for table in each]
    if legend := _legend(blocks, each):
        parts.append(f"\n{escaped(legend)}\n")
    parts += [f"\n{markdown(table)}" for table in [*sides(stored), *words.tables(stored, blocks)]]
    if see := see_also(stored, blocks):
        parts.append(f"\n{escaped(see)}\n")
    return "".join(parts)


def see_also(stored: Stored, blocks: Sequence[Group]) -> str:
    """`see: concbench explain late-loop`, with the codes of all that is noted; "" of nothing."""
    rows = [row for block in blocks for row in block.rows]
    noted = [note.code for note in explanations.footnotes(rows) if note.code]
    about = header.lines(stored, [block.rows for block in blocks])
    return codes.pointer([*noted, *codes.codes_in(about)])


def _legend(blocks: Sequence[Group], shown: Sequence[Table]) -> str:
    """What ranks mean, where tables show some."""
    ranked = any(one.text == RANK.title for table in shown for one in table.headings)
    return tables.legend(blocks) if ranked else ""


def run_tables(blocks: Sequence[Group], view: View) -> list[Table]:
    """The blocks, or what the view groups them by, each with all columns of the view."""
    groups = tables.grouped(blocks, view.group_by)
    view = tables.comparable(view, groups)
    naming = tables.naming(groups)
    return [_table(group, view, naming) for group in groups]


def _table(group: Group, view: View, naming: str) -> Table:
    entries = group.entries(view)
    measured = [entry for entry in entries if entry.measured]
    verdict_of = f"{group.name}: {group.conclusion.sentence}" if group.block else ""
    return Table(
        title=", ".join(_title(group.name, group.rows)) if group.block else group.name,
        headings=tuple(_headings(view, naming)),
        rows=tuple(tuple(column.text(entry) for column in view.columns) for entry in measured),
        folding=view.columns.index(NAME),
        conclusion=verdict_of,
        absent=tuple((entry.name, entry.reason) for entry in entries if not entry.measured),
        notes=tuple((note.mark, note.full) for note in tables.notes(entries)),
    )


def _headings(view: View, naming: str) -> Iterator[Heading]:
    last = len(view.goes_first)
    ranks = {title: last - place for place, title in enumerate(view.goes_first)}
    for column in view.columns:
        title = naming if column == NAME else column.title
        yield Heading(title, column.left, ranks.get(column.title, 0))


def _title(name: str, rows: Sequence[Row]) -> Iterator[str]:
    reference = next((row for row in rows if row.reference), None)
    each = ""
    if reference and reference.batch_seconds and reference.workers == 1:
        each = f" x {numbers.duration(reference.batch_seconds / reference.tasks)}"
        if (spread := reference.spread) and spread.uneven:
            each += f" ({numbers.duration(spread.least)} to {numbers.duration(spread.most)})"
    yield f"{name}: {rows[0].tasks:,} tasks{each}"
    workers = sorted({row.workers for row in rows if not row.reference} or {1})
    span = f"{workers[0]:,}" if len(workers) == 1 else f"{workers[0]:,} to {workers[-1]:,}"
    yield f"{span} in flight"
    doubt = next((row.limit_doubt for row in rows if row.limit_doubt), "")
    limits = [row.limit_seconds for row in rows if row.limit_seconds is not None]
    if reference and reference.status != "measured":
        doubt = f"{reference.strategy} was not measured"
    yield f"limit unknown ({doubt})" if doubt else _limit(limits)


def _limit(limits: Sequence[float]) -> str:
    if not limits:
        return "limit unknown (it needs a reference that runs one task at a time)"
    low, high = min(limits), max(limits)
    if high < 1.01 * low:
        return f"limit {numbers.duration(low)}"
    return f"limit {numbers.duration(low)} to {numbers.duration(high)}"


def sides(stored: Stored) -> list[Table]:
    """A table for each later side of a run against the first."""
    return [
        Table(
            title=one.headline,
            headings=headings(one.headings, left=(0, 4)),
            rows=tuple(comparison.fields(comparison.short(row)) for row in one.results),
            notes=tuple(("", line) for line in (*_mean(one), _PAIRED)),
        )
        for one in comparison.sided(stored)
    ]


def _mean(one: Against | Later) -> Iterator[str]:
    """The mean of the ratios, where there is one, and what words mean."""
    if one.mean:
        yield str(one.mean)
    yield from comparison.meanings(one.results)


def show_comparison(runs: Sequence[Stored], console: Console) -> None:
    """Print what differs around runs, then the tables of each against the first."""
    first, *others = runs
    terminal.say(console, f"compared with {_named(first)}; {_UNPAIRED}")
    for warning in comparison.warnings(runs):
        terminal.say(console, coded("conditions-differ", f"warning: {warning}"))
    contrasts = comparison.against_first(runs)
    called = names.of_runs(runs)
    each = [list(_blocks(one, called)) for one in contrasts]
    for other, one, those in zip(others, contrasts, each, strict=True):
        console.print()
        terminal.say(console, _named(other), "bold")
        layout = terminal.fit(those, console)
        for table in those:
            console.print()
            terminal.show_one(table, console, layout)
        console.print()
        count = comparison.counts(one.results) or "nothing was measured in either"
        terminal.say(console, count, "bold")
        for line in _mean(one):
            terminal.say(console, f"  {line}")


def _blocks(one: Later, called: dict[str, tuple[str, str]]) -> Iterator[Table]:
    blocks: dict[str, list[tuple[str, ...]]] = {}
    for row in one.results:
        block, strategy = called[row.cell]
        blocks.setdefault(block, []).append((strategy, *comparison.fields(row)[1:]))
    heads = headings(("strategy", one.first, one.other, "ratio", ""), left=(0, 4))
    for block, lines in blocks.items():
        yield Table(block, heads, tuple(lines))


def _named(stored: Stored) -> str:
    """A run or a file, and when it was measured."""
    kind = "" if (stored.folder / stored.run.id).is_file() else "run "
    return f"{kind}{stored.run.id}{f' of {stored.run.started}' * bool(stored.run.started)}"


def show_behaviour(behaviour: Behaviour, console: Console) -> None:
    """Print how strategies behave: the tables, what their questions ask, who could not be asked."""
    for table in behaviours.tables(behaviour):
        terminal.show([table], console)
        console.print()
    for line in _not_asked(behaviour):
        terminal.say(console, line)
    terminal.say(console, "the code of a question: concbench behaviour --show QUESTION")


def behaviour_document(behaviour: Behaviour) -> str:
    """How strategies behave, as Markdown."""
    parts = []
    for table in behaviours.tables(behaviour):
        title = f"{table.title[0].upper()}{table.title[1:]}"
        parts.append(markdown(replace(table, title=title)))
    if lines := [f"- {escaped(line)}\n" for line in _not_asked(behaviour)]:
        parts.append("".join(lines))
    return "\n".join(parts)


def _not_asked(behaviour: Behaviour) -> Iterator[str]:
    for one in behaviour.unable:
        yield f"cannot run here: {one.name}: {one.reason}"
