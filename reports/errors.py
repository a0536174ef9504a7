"""What a reader of stored runs may raise."""

from __future__ import annotations


class DamagedRun(ValueError):
    """A stored run is missing, damaged or not ours: names the file and what is wrong with it."""
