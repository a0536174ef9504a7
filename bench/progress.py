"""Where a run is, on stderr: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run import Event


@contextmanager
def shown(quiet: bool, verbose: bool) -> Iterator[Callable[[Event], None]]:
    """Yield what is told of every visit."""
    if quiet:
        yield lambda event: None
    elif verbose or not sys.stderr.isatty():
        yield lambda event: _line(event, verbose)
    else:
        with _bar() as watch:
            yield watch


def _line(event: Event, verbose: bool) -> None:
    where = f"round {event.round + 1}, {left(event.remaining)}"
    if verbose:
        print(f"{where}: {event.position + 1}/{event.cells} {event.name}", file=sys.stderr)
    elif event.position == 0:
        print(f"{where}: {event.cells} cells", file=sys.stderr)


def left(seconds: float) -> str:
    """`1:05 left`; of a run that only its intervals end, nothing is known."""
    if seconds > 7 * 24 * 3600:
        return "until the rounds are done"
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d} left"


@contextmanager
def _bar() -> Iterator[Callable[[Event], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("round {task.fields[round]}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[cell]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, round=1, left="", cell="preparing")

        def watch(event: Event) -> None:
            progress.update(
                task,
                total=event.elapsed + max(0.0, event.remaining),
                completed=event.elapsed,
                round=event.round + 1,
                left=left(event.remaining),
                cell=event.name,
            )

        yield watch
