"""History: a cell's times over the stored runs, and where its level changed.

Each cell has a panel of its own scale; all panels share the runs below them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from ..history import marks
from ..history.series import Series
from . import levels, svg
from .chart import Chart, clean
from .sheet import Sheet, drawing

_BELOW = 0.45
"""Inches for the names of the runs."""


def draw(found: Sequence[Series], name: str = "", latest: int | None = None) -> Chart:
    """The chart of these, as `name` in its title; of many runs only the latest."""
    salt = _salt(found, name)
    with drawing(salt):
        sheet, described = drawn(found, name, latest)
        made = sheet.page_svg(described, salt)
    return Chart("history", found[0].cell.block, sheet.title, made, "")


def save(found: Sequence[Series], path: Path) -> None:
    """Write it to a file, as SVG or PNG by its name; raises OSError where that is not possible."""
    salt = _salt(found, "")
    with drawing(salt):
        sheet, described = drawn(found)
        if path.suffix.lower() == ".png":
            content = sheet.png()
        else:
            content = svg.standalone(sheet.page_svg(described, salt)).encode()
    path.write_bytes(content)


def drawn(found: Sequence[Series], name: str = "", latest: int | None = None) -> tuple[Sheet, str]:
    """A panel for each of these; and the same in words."""
    ids = {(point.started, point.id): point.run for one in found for point in one.points}
    runs = sorted(ids)[-(latest or len(ids)) :]
    order = {key: place for place, key in enumerate(runs)}
    shown = [one for one in found if (one.points[-1].started, one.points[-1].id) in order]
    stack = levels.stacked(shown, order)
    body = stack[-1].axes_top + stack[-1].tall + _BELOW
    title = clean(_title(shown, name))
    about = _about(shown, runs, len(ids), ids)
    sheet = Sheet(title, about, body)
    across = levels.of_runs([ids[key] for key in runs])
    for panel in stack:
        levels.draw(sheet, panel, across, last=panel is stack[-1])
    return sheet, f"{about}. {'; '.join(map(_described, shown))}."


def _title(found: Sequence[Series], name: str) -> str:
    changed = [one for one in found if one.changes]
    before = f"{name}: " if name else ""
    if len(found) == 1:
        told = marks.last(found[0]) if changed else "no change found"
        return f"{before}{found[0].name}: {told}"
    if not changed:
        return f"{before}no change found in {len(found)} cells"
    said = "; ".join(f"{one.name} {marks.last(one)}" for one in changed[:3])
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
    return f"{before}{said}{more}"


def _about(
    found: Sequence[Series],
    runs: Sequence[tuple[str, str]],
    count: int,
    names: Mapping[tuple[str, str], str],
) -> str:
    what = "Time as a share of the reference's" if found[0].relative else "Batch time"
    which = f"the latest {len(runs)} of {count}" if len(runs) < count else f"{count}"
    first, last = runs[0][0][:10], runs[-1][0][:10]
    span = first if first == last else f"{first} to {last}"
    machines = {marks.machine(one) for one in found}
    where = f", on {machines.pop()}" if len(machines) == 1 else ""
    return clean(
        f"{what} in {which} run{'s' * (count > 1)}, {span}{where}. A bar is an interval, a band "
        "the level; a dashed line is where a new level begins"
    )


def _described(one: Series) -> str:
    said = [marks.change(one, change) for change in one.changes] or ["no change found"]
    first, last = marks.value(one, 0), marks.value(one, -1)
    return clean(
        f"{one.name}: {first} in the first of {len(one.points)}, {last} in the latest, "
        f"{', '.join(said)}"
    )


def _salt(found: Sequence[Series], name: str) -> str:
    told = "\0".join(("history", name, *(f"{one.cell.name} {one.points[-1].id}" for one in found)))
    return sha256(told.encode(errors="replace")).hexdigest()[:10]
