"""The suite as it is stored."""

from __future__ import annotations

from ..errors import DamagedRun
from ..run.stored import Stored


def rendered(stored: Stored) -> bytes:
    """The bytes of samples.json, or of the file that was read.

    Raises DamagedRun without samples, and of several sides: those are as many suites.
    """
    if not stored.processes:
        raise DamagedRun(f"{stored.run.id} has no samples: nothing was measured")
    named = stored.folder / stored.run.id
    if named.is_file():
        return named.read_bytes()
    if len(stored.run.sides) > 1:
        suites = "\n".join(
            f"  {stored.folder / side.samples}: {side.title}" for side in stored.run.sides
        )
        raise DamagedRun(
            f"{stored.run.id} has several sides, and pyperf's file holds one: take theirs\n{suites}"
        )
    return (stored.folder / "samples.json").read_bytes()
