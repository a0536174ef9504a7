"""A small picture of a lesson: the seconds of each way in all rounds, or what was seen in them.

Drawn here and not by matplotlib: it is a few shapes, and text of any language stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from statistics import median

from .. import numbers
from .course import TaughtLesson

WIDTH, LABEL, VALUE, ROW = 640, 190, 90, 26
"""Of the picture, of the names, of the numbers at the end of a row, and the height of a row."""
BAR, SQUARE = 12, 14


def timed(lesson: TaughtLesson) -> dict[str, Sequence[float]]:
    """The readings that ratios are taken of."""
    checks = [one.check for one in lesson.claims if one.judged and one.check["kind"] == "ratio"]
    names = dict.fromkeys(name for one in checks for name in (one["above"], one["below"]))
    return {name: lesson.readings[name] for name in names}


def seen(lesson: TaughtLesson) -> dict[str, list[bool]]:
    """For each claim on what is seen whether a round saw it as claimed."""
    return {
        one.name: [value == one.check["value"] for value in lesson.readings[one.check["reading"]]]
        for one in lesson.claims
        if one.judged and one.check["kind"] == "seen"
    }


def least(lesson: TaughtLesson) -> dict[str, float]:
    """The least that a reading can be in theory, as another one is what it is."""
    checks = [one.check for one in lesson.claims if one.judged and one.check["kind"] == "ratio"]
    return {
        one["below"]: median(lesson.readings[one["above"]]) / one["limit"]
        for one in checks
        if one["limit"] and one["most"] is None
    }


def draw(lesson: TaughtLesson) -> str:
    """The picture as SVG in `currentColor`; empty where there is nothing to draw."""
    squares = {name: "".join(_squares(rounds)) for name, rounds in seen(lesson).items()}
    drawn = [*_scales(timed(lesson), least(lesson)), *squares.items()]
    if not drawn:
        return ""
    rows = [
        f'<g transform="translate(0 {place * ROW})"><text x="{LABEL - 10}" y="18" '
        f'text-anchor="end">{escape(name)}</text>{shapes}</g>'
        for place, (name, shapes) in enumerate(drawn)
    ]
    height = len(drawn) * ROW + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-size="13" fill="currentColor">'
        f"<title>{escape(lesson.title)}</title>{''.join(rows)}</svg>"
    )


def _scales(
    readings: dict[str, Sequence[float]], limits: dict[str, float]
) -> Iterator[tuple[str, str]]:
    """Rows of bars; those of seconds and those of bytes have a scale each."""
    for is_bytes in (False, True):
        own = {name: v for name, v in readings.items() if _is_bytes(name) == is_bytes}
        most = max((max(values) for values in own.values()), default=0.0)
        for name, values in own.items():
            text = numbers.size(median(values)) if is_bytes else numbers.duration(median(values))
            limit = _limit(limits[name] / most) if limits.get(name, most) < most else ""
            yield name, _bar(values, most, text) + limit


def _is_bytes(name: str) -> bool:
    return name.endswith((".bytes", ".claimed"))


def _bar(values: Sequence[float], most: float, text: str) -> str:
    room = WIDTH - LABEL - VALUE
    places = [max(0.0, room * value / most) if most > 0 else 0.0 for value in values]
    middle = median(places)
    top = (ROW - BAR) / 2
    dots = "".join(
        f'<circle cx="{LABEL + place:.1f}" cy="{ROW / 2:g}" r="2.5" fill-opacity="0.7"/>'
        for place in places
    )
    return (
        f'<rect x="{LABEL}" y="{top:g}" width="{middle:.1f}" height="{BAR}" fill-opacity="0.18"/>'
        f'<rect x="{LABEL + middle - 0.75:.1f}" y="{top - 2:g}" width="1.5" height="{BAR + 4}"/>'
        f'{dots}<text x="{LABEL + max(places) + 10:.1f}" y="18" fill-opacity="0.75">{text}</text>'
    )


def _limit(share: float) -> str:
    place = LABEL + (WIDTH - LABEL - VALUE) * share
    return (
        f'<path d="M{place:.1f} 2V{ROW - 2}" stroke="currentColor" stroke-width="1.2" '
        f'stroke-dasharray="3 2.5"/>'
    )


def _squares(rounds: Sequence[bool]) -> Iterator[str]:
    for place, is_so in enumerate(rounds):
        yield (
            f'<rect x="{LABEL + place * (SQUARE + 4)}" y="{(ROW - SQUARE) / 2:g}" '
            f'width="{SQUARE}" height="{SQUARE}" stroke="currentColor" '
            f'fill-opacity="{0.8 if is_so else 0:g}"/>'
        )
