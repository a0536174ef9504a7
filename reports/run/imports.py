"""What was compared: the files that the processes of each side imported, as a plain list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .keys import WORKING_TREE
from .schema import Facts, Imported

DIGITS = 8
"""Of a digest that are shown."""


def lines(run: Facts) -> Iterator[str]:
    """A line for each file: the same on all sides, or with the digest that each has.

    First what differs; last what only the environment of a side has.
    """
    sides = {title or WORKING_TREE: side for title, side in run.imports.items()}
    files = sorted({file for side in sides.values() for file in side.tree})
    differing = [file for file in files if len(_digests(sides, file)) > 1]
    for file in [*differing, *(file for file in files if file not in differing)]:
        if file in differing:
            each = (f"{title} {_short(side.tree.get(file))}" for title, side in sides.items())
            yield f"{file}: {', '.join(each)}"
        else:
            yield f"{file}: the same, {_short(next(iter(_digests(sides, file))))}"
    for title, side in sides.items():
        for file, digest in sorted(side.installed.items()):
            yield f"{title}: {file} {_short(digest)}"


def summary(run: Facts) -> str:
    """`3 files differ, 12 are the same; installed: git:main (1a2b3c4) 5`, or nothing."""
    sides = {title or WORKING_TREE: side for title, side in run.imports.items()}
    files = {file for side in sides.values() for file in side.tree}
    differing = sum(len(_digests(sides, file)) > 1 for file in files)
    if not sides:
        return ""
    counts = [f"{title} {len(side.installed)}" for title, side in sides.items() if side.installed]
    installed = f"; installed: {', '.join(counts)}" if counts else ""
    return f"of {len(files)} files imported {differing} differ{installed}"


def _digests(sides: Mapping[str, Imported], file: str) -> set[str | None]:
    return {side.tree.get(file) for side in sides.values()}


def _short(digest: str | None) -> str:
    return digest[:DIGITS] if digest else "not imported"
