"""What stands for a plug-in that a pattern selects and that does not import."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Absent:
    """A cell of it has a name, and a reason why it cannot run."""

    why: str = field(default="", repr=False)

    def cannot_run(self) -> str:
        return self.why
