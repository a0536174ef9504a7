"""The page."""

from __future__ import annotations

from .. import page
from ..run.stored import Stored


def rendered(stored: Stored) -> str:
    return page.rendered([stored])
