"""Stored runs over time and revisions: one cell a series, with the places where it changed.

Only what was measured alike is one series: the same cell by its full name, on a machine and a
Python that are the same.  Ratios to the reference of the same run travel further: `relative`.
Nobody here looks for folders: whoever calls gives them.
"""

from __future__ import annotations

from .past import Past, cells_of, read, read_one
from .series import Change, Point, Series, chosen, series

__all__ = [
    "Change",
    "Past",
    "Point",
    "Series",
    "cells_of",
    "chosen",
    "read",
    "read_one",
    "series",
]
