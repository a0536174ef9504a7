"""How tables are shown: which columns, which order, which groups.  None of it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import columns as known
from .columns import Column, Line
from .errors import UnknownName

GROUPS = ("workload", "strategy", "tasks", "workers", "side", "none")
ALL = "all"


@dataclass(frozen=True)
class View:
    """Columns, what to sort by (by rank without it), and what to group by (blocks without it).

    Of columns that do not fit those in `goes_first` go, in that order.  `asked` is whether the
    columns were named one by one.
    """

    columns: tuple[Column, ...] = known.USUAL
    goes_first: tuple[str, ...] = known.LEAST_NEEDED
    asked: bool = False
    sort: Column | None = None
    falling: bool = False
    group_by: str = ""

    def ordered(self, lines: Sequence[Line]) -> list[Line]:
        """The lines of a table as they stand, or sorted; those without a value stay last."""
        column = self.sort
        if column is None:
            return list(lines)
        value = column.value
        having = [line for line in lines if column.known(line)]
        having.sort(key=value, reverse=self.falling)  # type: ignore[arg-type]  # of one type each
        return having + [line for line in lines if not column.known(line)]


USUAL = View()


def wanted(
    columns: str | Sequence[str] | None = None,
    sort: str | None = None,
    group_by: str | None = None,
    params: Iterable[str] = (),
) -> View:
    """The view that names ask for; UnknownName says what there is instead.

    `columns` may be one text, separated by commas, or `all`; a `-` before `sort` is from the
    highest down; `params` are the parameters that can be grouped by besides GROUPS.
    """
    by = _group(group_by, list(dict.fromkeys([*GROUPS, *params]))) if group_by is not None else ""
    key = None if sort is None else _column(sort.removeprefix("-"))
    falling = sort is not None and sort.startswith("-")
    words = columns.split(",") if isinstance(columns, str) else columns
    if words is None:
        return View(sort=key, falling=falling, group_by=by)
    if [word.strip().lower() for word in words] == [ALL]:
        return View(known.COLUMNS, sort=key, falling=falling, group_by=by)
    asked = tuple(dict.fromkeys(_column(word.strip(), ALL) for word in words))
    numbers = [one for one in asked if one not in (known.RANK, known.NAME, known.NOTES)]
    placed = (*([known.RANK] if known.RANK in asked else []), known.NAME, *numbers, known.NOTES)
    goes_first = tuple(one.title for one in reversed(numbers[1:]))
    return View(placed, goes_first, asked=True, sort=key, falling=falling, group_by=by)


def _column(word: str, *more: str) -> Column:
    found = known.find(word)
    if found is None:
        raise _unknown("no column '{}'", word, [*(one.key for one in known.COLUMNS), *more])
    return found


def _group(word: str, there: Sequence[str]) -> str:
    alike = {one.lower(): one for one in reversed(there)}
    if word in there:
        return word
    if word.lower() not in alike:
        raise _unknown("cannot group by '{}'", word, there)
    return alike[word.lower()]


def _unknown(form: str, word: str, there: Sequence[str]) -> UnknownName:
    from difflib import get_close_matches  # 4 ms that only a mistake need pay

    close = get_close_matches(word.lower(), there, n=1)
    hint = f": did you mean {close[0]}?" if close else ""
    return UnknownName(f"{form.format(word)}{hint} (there are: {', '.join(there)})")
