"""A run, or several side by side, as one HTML file that needs nothing else.

The file asks for nothing on any network, and its content security policy allows no script but the
one it came with: whatever a name or a message holds is text.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import write_whole

if TYPE_CHECKING:
    from ..analysis.behaviour import Behaviour
    from ..history.series import Series
    from ..run.stored import Stored

__all__ = ["is_ours", "rendered", "write"]


def rendered(
    runs: Stored | Sequence[Stored],
    history: Sequence[Series] = (),
    behaviour: Behaviour | None = None,
) -> str:
    """The whole page; several runs stand side by side, ratios relative to the first.

    `history` are the cells of a single run over earlier ones, `behaviour` the answers of
    strategies: nobody here looks for them.
    """
    from . import html  # loads Jinja2, and charts load matplotlib

    return html.page([*runs] if isinstance(runs, Sequence) else [runs], history, behaviour)


def write(
    runs: Stored | Sequence[Stored],
    path: Path,
    history: Sequence[Series] = (),
    behaviour: Behaviour | None = None,
) -> None:
    """Write the page; a reader sees the old one or the new one, never half.

    Raises OSError, naming the path, when it cannot be written.
    """
    write_whole(Path(path), rendered(runs, history, behaviour))


def is_ours(path: Path) -> bool:
    """Whether the file is a page that this wrote, which a new one may replace."""
    with path.open("rb") as stream:
        return b'<meta name="generator" content="concbench">' in stream.read(4096)
