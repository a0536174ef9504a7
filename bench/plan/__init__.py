"""From options to cells: settings, what they select, and what of it can run here."""

MOST = {"tasks": 10_000_000, "workers": 100_000}
"""What a cell may have at most, whoever says so: an option, a sweep or a workload."""


def limits(key: str) -> str:
    """`between 1 and 100,000`."""
    return f"between 1 and {MOST[key]:,}"
