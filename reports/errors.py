"""What a reader of stored runs may raise."""

from __future__ import annotations


class DamagedRun(ValueError):
    """A stored run is missing, damaged or not ours: names the file and what is wrong with it."""


class UnknownName(ValueError):
    """A column or a group that there is not: says which there are."""
