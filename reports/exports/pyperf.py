"""The suite as it is stored."""

from __future__ import annotations

from ..errors import DamagedRun
from ..stored import Stored


def rendered(stored: Stored) -> bytes:
    """The bytes of samples.json, or of the file that was read; DamagedRun without samples."""
    if not stored.processes:
        raise DamagedRun(f"{stored.run.id} has no samples: nothing was measured")
    named = stored.folder / stored.run.id
    path = named if named.is_file() else stored.folder / "samples.json"
    return path.read_bytes()
