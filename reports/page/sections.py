"""What the page says of a run: the verdict cards, each workload, and how it was measured."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from statistics import median
from typing import Any

from markupsafe import Markup

from .. import charts, numbers
from ..advice import prediction
from ..advice.answer import answer
from ..analysis import explanations, header, records, tables
from ..analysis.cells import Row
from ..analysis.tables import Group
from ..analysis.verdict import Conclusion, span
from ..codes import codes_in
from ..run import imports
from ..run.notes import OPENED_TOGETHER
from ..run.schema import Facts, Failure
from ..run.stored import Stored
from ..sweeps import families, words
from . import differences, figures, html_tables

_APART = ("grid", "sweep")  # charts with a section of their own
_LONGEST = 4000  # characters of a traceback; what is cut off is its beginning


def run(stored: Stored, place: int, count: int) -> dict[str, Any]:
    """The run at this place among `count` runs on one page.

    `anchor` is in front of every id of its part of the page.
    """
    anchor = f"r{place + 1}-" if count > 1 else ""
    blocks = tables.blocks(stored)
    anchors = [f"{anchor}block-{block.rows[0].block}" for block in blocks]
    each = list(zip(blocks, anchors, strict=True))
    every = figures.figures(stored, blocks, anchor)
    rows = [block.rows for block in blocks]
    pairs = [differences.pairs(stored, block, f"{own}-pairs") for block, own in each]
    warnings = header.warnings(stored, rows)
    return {
        "anchor": anchor,
        "name": stored.run.id,
        "header": list(header.facts(stored, rows)),
        "warnings": warnings,
        "codes": codes_in(warnings),
        "advice": _advice(stored, anchor),
        "workloads": [_workload(stored, block, own, every) for block, own in each],
        "sides": differences.sides(stored, anchor),
        "pairs": [one for one in pairs if one["table"]],
        "grid": html_tables.grid(blocks, f"{anchor}squares") if len(blocks) > 1 else None,
        "grid_figures": [one for one in every if one["key"] == "grid"],
        "sweep": [one for one in every if one["key"] == "sweep" and one["svg"]],
        "left_out": _left_out(one for one in every if one["block"] is None),
        "sweep_tables": html_tables.sweeps(words.tables(stored, blocks), f"{anchor}sweep"),
        "method": _method(stored),
    }


def _advice(stored: Stored, anchor: str) -> dict[str, Any] | None:
    """The sentences, the table and the program of an advice; None of any other run."""
    found = answer(stored)
    if found is None:
        return None
    use, *others = found.remarks
    return {
        "title": found.title,
        "use": use,
        "remarks": others,
        "saw": found.saw,
        "left_out": list(prediction.reasons(dict(found.left_out))),
        "table": html_tables.plain(found.table, f"{anchor}advice-table"),
        "code": found.findings.advice.code,
        "code_of": found.findings.advice.code_of,
    }


def _workload(
    stored: Stored, block: Group, anchor: str, every: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A card, a table, what was not measured and why, and charts.

    `absent` has the reasons of dashes: titles of columns, why, and names of strategies.  `swept`
    is whether its charts show the best cell of each strategy alone.
    """
    number = block.rows[0].block
    own = [one for one in every if one["block"] == number]
    decision = block.conclusion
    notes = explanations.footnotes(block.rows)
    return {
        "anchor": anchor,
        "name": block.name,
        "facts": list(_workload_facts(block)),
        "sentence": decision.sentence,
        "card": card(decision, block.rows),
        "table": html_tables.workload_table(block, stored.probes, f"{anchor}-table"),
        "legend": tables.legend([block]),
        "absent": html_tables.reasons(block, stored.probes),
        "unmeasured": [
            (block.names[row.id], row.status, row.reason)
            for row in block.rows
            if row.batch_seconds is None
        ],
        "notes": notes,
        "codes": list(dict.fromkeys(note.code for note in notes if note.code)),
        "figures": [one for one in own if one["key"] not in _APART and one["svg"]],
        "left_out": _left_out(own) if decision.outcome != "unmeasured" else [],
        "swept": len(families.best(block.rows)) < len(block.rows),
    }


def _left_out(every: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The charts that there are not, and why: each reason once."""
    labels: dict[str, list[str]] = {}
    for one in every:
        if not one["svg"] and one["key"] not in _APART:
            labels.setdefault(one["reason"], []).append(one["label"])
    return [(numbers.listed(those), reason) for reason, those in labels.items()]


def _workload_facts(block: Group) -> Iterator[tuple[str, str]]:
    rows = block.rows
    reference = next((row for row in rows if row.reference), None)
    yield "tasks", numbers.count(rows[0].tasks)
    if reference and reference.batch_seconds and reference.workers == 1:
        yield "each takes", numbers.duration(reference.batch_seconds / reference.tasks)
        if (spread := reference.spread) and spread.uneven:
            yield "from", span(numbers.duration(spread.least), numbers.duration(spread.most))
    workers = [row.workers for row in rows if not row.reference] or [1]
    yield "in flight", span(numbers.count(min(workers)), numbers.count(max(workers)))
    limits = [row.limit_seconds for row in rows if row.limit_seconds is not None]
    if doubt := next((row.limit_doubt for row in rows if row.limit_doubt), ""):
        yield "limit", f"not known ({doubt})"
    elif limits:
        low, high = min(limits), max(limits)
        same = high < 1.01 * low
        yield "limit", span(numbers.duration(low), numbers.duration(low if same else high))
    else:
        yield "limit", "not known (it takes a reference with one task at a time)"
    yield "rounds", numbers.count(max(row.rounds for row in rows))


def card(decision: Conclusion, rows: Sequence[Row]) -> dict[str, Any]:
    """The verdict at a glance; the sentence of the workload's section says it in full.

    `tone` is clear, tie, even or none, and `tag` says it in words.  `figure` is the large number
    and `beside` what it is of; `more` says what would tell; `firsts` are the names that are as good
    or may be, with their colours; `share` has the least and the most of the limit that the first
    reach.
    """
    colours = [charts.colour(row.strategy) for row in decision.first]
    several = decision.outcome in ("as good", "open")
    tone, tag, headline = _headline(decision)
    figure, beside = _figure(decision)
    return {
        "tone": tone,
        "tag": tag,
        "headline": headline,
        "colour": colours[0] if decision.outcome == "fastest" else "",
        "firsts": list(zip(decision.leaders, colours, strict=True)) if several else [],
        "figure": figure,
        "beside": beside,
        "more": decision.more,
        "share": [html_tables.share(part) for part in decision.share or ()],
        "of_limit": decision.of_limit,
        "script": _script(decision.names, rows),
    }


def _headline(decision: Conclusion) -> tuple[str, str, str]:
    """Tone, tag and headline."""
    match decision.outcome:
        case "fastest":
            return "clear", "fastest", decision.headline
        case "as good":
            return "tie", f"equal within {decision.margin}", decision.headline
        case "reference":
            return "even", "no gain", f"{decision.headline[:1].upper()}{decision.headline[1:]}"
        case "open":
            return "none", "cannot tell yet", decision.headline
        case "only":
            return "even", "nothing to compare", f"Only {decision.leaders[0]}"
        case "impossible":
            return "none", "no ranking", "An error of measuring"
        case "undecided":
            return "none", "no ranking", "Too little to tell"
        case _:
            return "none", "no ranking", "Nothing was measured"


def _figure(decision: Conclusion) -> tuple[str, str]:
    """The large number, and what it is of."""
    if decision.outcome == "unmeasured":
        return "", ""
    if decision.outcome in ("undecided", "impossible"):
        return "", decision.doubt
    doubt = f": {decision.doubt}" if decision.doubt else ""
    if decision.reference and decision.reference == decision.first[0]:
        batch = numbers.duration(decision.reference.batch_seconds)
        return batch, f"a batch, {decision.rival}{doubt}"
    if not decision.speedup:  # nothing to be faster than
        return decision.batch, f"a batch{doubt}"
    beside = f"as fast as {decision.rival}"
    figure, _, bounds = decision.speedup.partition(" [")
    bounds = bounds.removesuffix("]").replace(", ", " to ")
    return figure, f"{beside}; 95 % interval {bounds}" if bounds else beside


def _script(names: Mapping[int, str], rows: Sequence[Row]) -> str:
    """What takes the least time with start-up and close, and how long."""
    times = [
        (row.one_shot_seconds, names[row.id])
        for row in rows
        if row.batch_seconds is not None
        and row.one_shot_seconds
        and isfinite(row.one_shot_seconds)  # a foreign file has none
    ]
    if len(times) < 2 or any(one.code == OPENED_TOGETHER for row in rows for one in row.notes):
        return ""
    seconds, name = min(times)
    return f"{name}, {numbers.duration(seconds)}"


def _method(stored: Stored) -> dict[str, Any]:
    """How it was measured, the command that repeats it ("" if not recorded), its cells.csv."""
    facts = stored.run
    csv = base64.b64encode(records.cells_csv(stored).encode(errors="backslashreplace")).decode()
    return {
        "facts": [(key, text) for key, text in _facts(facts) if text],
        "command": _command(facts),
        "failures": list(_failures(facts)),
        # As Markup it is not shortened.
        "csv": Markup("data:text/csv;charset=utf-8;base64,{}").format(csv),
        "csv_name": f"cells-{facts.id}.csv",
    }


def _command(facts: Facts) -> str:
    """The command line that repeats a run, quoted for a shell, with the seed that it drew."""
    if not facts.argv:
        return ""
    has_seed = facts.seed is None or any(
        word == "--seed" or word.startswith("--seed=") for word in facts.argv
    )
    seed = () if has_seed else ("--seed", str(facts.seed))
    return shlex.join(("concbench", *facts.argv, *seed))


def _facts(facts: Facts) -> Iterator[tuple[str, str]]:
    about = facts.environment
    yield "run", facts.id
    yield "state", facts.state
    yield "started", facts.started
    yield "ended", facts.ended or ""
    yield "seed", "" if facts.seed is None else str(facts.seed)
    yield "budget", numbers.duration(facts.budget_seconds) if facts.budget_seconds else ""
    yield "rounds asked for", str(facts.rounds_limit or "")
    yield "reference", facts.reference or ""
    yield "concbench", facts.concbench
    yield "Python", _joined(about, "implementation", "python", "build")
    yield "GIL", {True: "on", False: "off"}.get(about.get("gil", ""), "")
    yield "CPUs", _joined(about, "cpus")
    yield "CPUs delivered", _delivered(facts)
    yield "affinity", _joined(about, "affinity")
    yield "CPU model", _joined(about, "cpu_model")
    yield "start method", _joined(about, "start_method")
    yield "platform", _joined(about, "platform")
    yield "host", _joined(about, "hostname")
    yield "packages", _mapping(about.get("packages"), " ")
    yield "variables", _mapping(about.get("variables"), "=")
    yield "git", _git(facts.git)
    yield "sides", "; ".join(f"{side.title}: {side.python}" for side in facts.sides)
    compared = [imports.summary(facts), *imports.lines(facts)]
    yield "what was compared", "; ".join(compared) if facts.imports else ""


def _joined(about: Mapping[str, Any], *keys: str) -> str:
    return " ".join(str(about[key]) for key in keys if about.get(key) not in (None, ""))


def _delivered(facts: Facts) -> str:
    cpus = [canary.delivered for canary in facts.counted.values()]
    if not cpus:
        return ""
    low, middle, high = (numbers.digits(value) for value in (min(cpus), median(cpus), max(cpus)))
    return f"{middle} (median of {len(cpus):,} rounds, {low} to {high})"


def _mapping(value: object, sign: str) -> str:
    if not isinstance(value, dict):
        return json.dumps(value) if value else ""
    return ", ".join(f"{key}{sign}{item}" for key, item in value.items())


def _git(git: Mapping[str, Any] | None) -> str:
    if not git:
        return ""
    branch = f" on {git['branch']}" if git.get("branch") else ""
    dirty = ", with uncommitted changes" if git.get("dirty") else ""
    return f"{git.get('revision', '')}{branch}{dirty}"


def _failures(facts: Facts) -> Iterator[dict[str, str]]:
    """Worker processes of one cell that failed alike."""
    names = {
        cell.id: f"{cell.side}: {cell.name}" if cell.side else cell.name for cell in facts.cells
    }
    alike: dict[tuple[int, str, str], list[Failure]] = {}
    for one in facts.failures:
        alike.setdefault((one.cell, one.kind, one.message), []).append(one)
    for (cell, kind, message), those in alike.items():
        traceback = those[0].traceback
        if len(traceback) > _LONGEST:
            traceback = f"...\n{traceback[-_LONGEST:]}"
        rounds = "round " if len(those) == 1 else "rounds "
        rounds += ", ".join(str(one.round + 1) for one in those[:10])
        yield {
            "cell": names.get(cell, f"cell {cell}"),
            "kind": kind,
            "message": message,
            "place": those[0].place,
            "traceback": traceback,
            "rounds": f"{rounds} ..." if len(those) > 10 else rounds,
        }
