"""Where a run is, on stderr: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..driver.watch import Event

FAR = 7 * 24 * 3600.0
"""Seconds; a run has no budget that ends later than this."""


def watching(quiet: bool, verbose: bool) -> AbstractContextManager[Callable[[Event], None]]:
    """Open what is to be called before every visit."""
    if quiet:
        return nullcontext(lambda event: None)
    if verbose or not sys.stderr.isatty():
        return nullcontext(lambda event: _line(event, verbose))
    return _bar()


def _line(event: Event, verbose: bool) -> None:
    where = f"{event.where}, {left(event.remaining)}"
    with suppress(BrokenPipeError):  # nobody reads it any more, which is no reason to stop
        if verbose:
            print(f"{where}: {place(event)}", file=sys.stderr)
        elif event.position == 0:
            what = "passes" if event.probing else "cells"
            print(f"{where}: {event.cells} {what}", file=sys.stderr)


def left(seconds: float) -> str:
    """`1:05 left`; in the first of so many rounds nobody knows yet."""
    if seconds > FAR:
        return "? left"
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d} left"


def place(event: Event) -> str:
    """`3/18 io_sleep / asyncio`."""
    return f"{event.position + 1}/{event.cells} {event.name}"


def total(event: Event) -> float:
    """The seconds that the run will have taken, as far as one can tell; never 0."""
    return event.elapsed + min(FAR, max(0.1, event.remaining))


@contextmanager
def _bar() -> Iterator[Callable[[Event], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    whole, cut = Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis", ratio=1)
    columns = (
        TextColumn("{task.fields[where]}", table_column=whole),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[left]}", table_column=whole),
        TextColumn("{task.fields[cell]}", markup=False, table_column=cut),
    )
    # Drawn when a worker starts and not ten times a second, which would disturb what it measures.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, auto_refresh=False, expand=True
    ) as progress:
        task = progress.add_task("", total=1.0, where="round 1", left="", cell="preparing")

        def watch(event: Event) -> None:
            text: Any = {"where": event.where, "left": left(event.remaining), "cell": place(event)}
            progress.update(task, total=total(event), completed=event.elapsed, refresh=True, **text)

        yield watch
