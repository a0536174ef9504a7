"""The step summary of a GitHub workflow: what `md` says, under a heading, to be appended.

It begins with an empty line, for what another step may have left without one.
"""

from __future__ import annotations

from ..render.table import escaped
from ..run.stored import Stored
from . import md


def rendered(stored: Stored) -> str:
    return f"\n## concbench {escaped(stored.run.id)}\n\n{md.rendered(stored)}\n"
