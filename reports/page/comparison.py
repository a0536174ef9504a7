"""Two or more runs side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ..stored import Stored


def view(runs: Sequence[Stored]) -> object:
    return None
