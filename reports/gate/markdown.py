"""A check as a comment on a pull or merge request: the verdict on top, what passed folded away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..exports.md import escaped
from . import words
from .checked import Answer, Checked
from .decision import Word

FIRST: tuple[Word, ...] = ("slower", "other work", "inconclusive")
ROOM = 50_000
"""Characters of tables: GitHub refuses a comment above 65,536."""


def document(checked: Checked) -> str:
    """Markdown as GitHub and GitLab read it; nothing in a name is taken for markup."""
    lines = [f"**{escaped(words.headline(checked))}** ({escaped(words.title(checked))})", ""]
    told = [one for word in FIRST for one in checked.of(word)]
    passed = checked.of("not slower")
    rows, left = _fitting([*map(_row, told), *map(_row, passed)])
    if told:
        lines += [*_head(checked), *rows[: len(told)], ""]
    lines += [f"- failed: {escaped(f'{cell}: {reason}')}" for cell, reason in checked.failed]
    lines += [f"- not known: {escaped(line)}" for line in checked.unknown]
    lines += [f"- note: {escaped(line)}" for line in checked.warnings]
    if passed:
        summary = f"<details><summary>{words.within(passed)}</summary>"
        lines += ["", summary, "", *_head(checked), *rows[len(told) :], "", "</details>"]
    if left:
        lines += ["", f"{left} more rows do not fit here: see gate.json of the run."]
    lines += ["", f"{words.extent(checked)}; {words.method(checked)}; {_run(checked)}"]
    return "\n".join(lines) + "\n"


def _head(checked: Checked) -> Iterator[str]:
    titles = ("", "cell", "metric", checked.before, checked.after, "change", "rounds", "")
    yield _joined([escaped(title) for title in titles])
    yield _joined(["---", "---", "---", "---:", "---:", "---:", "---:", "---"])


def _row(one: Answer) -> str:
    before, after = (words.value(one, number) for number in (one.before, one.after))
    fields = (
        *(one.word, one.cell, one.metric, before, after, words.change(one), str(one.rounds)),
        _remark(one),
    )
    return _joined([escaped(field) for field in fields])


def _remark(one: Answer) -> str:
    limit = words.percent(one.threshold)
    if one.word == "slower":
        return f"threshold {limit}{', confirmed' if one.confirmed else ''}"
    if one.word == "other work":
        return "the sides give different answers"
    if one.word == "inconclusive":
        return f"too noisy to tell {limit}{words.remedy(one)}"
    return f"within {limit}"


def _fitting(rows: Sequence[str]) -> tuple[list[str], int]:
    """The rows that there is room for, and how many there are more."""
    kept, room = [], ROOM
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            break
        kept.append(row)
    return kept, len(rows) - len(kept)


def _joined(fields: Sequence[str]) -> str:
    return f"| {' | '.join(fields)} |"


def _run(checked: Checked) -> str:
    return f"run {escaped(checked.run)}"
