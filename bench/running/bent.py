"""How a workload is bent to the form that the lanes of a strategy run.

Standard library only.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import Any

from ..spec import Spec
from .inside import Awaited, Inline
from .instruments import Instruments
from .pools import Record
from .told import Told


class Bent:
    """A workload as lanes run it, and what they were like.

    `form` is the form that ran ("blocking" or "async"), `notes` what a reader must know,
    `in_process` whether every lane was in this process, `start` how children were started, `loop`
    the class of the event loop; `told` is complete once every lane is closed.
    """

    def __init__(self, workload: Spec, instruments: Instruments | None = None) -> None:
        self._spec = workload
        self._instruments = instruments
        self.form = ""
        self.notes: list[str] = []
        self.in_process = True
        self.start = ""
        self.far = False
        self.loop = ""
        self.told: list[Told] = []

    @cached_property
    def _workload(self) -> Any:
        """Imported with the first lane: what a strategy patches, it patches before."""
        return self._spec.build()

    def tasks(self, count: int) -> range:
        """So many tasks, as the workload sends them to lanes; made by the caller of a batch."""
        arguments = getattr(self._workload, "arguments", None)
        if arguments is None:
            return range(count)
        made: range = arguments(range(count))
        return made

    def _awaited(self) -> Awaited | Inline:
        if not hasattr(self._workload, "aopen"):
            return self._inline()
        self._take("async")
        return Awaited(self._workload, self._record, self.told)

    def _inline(self) -> Inline:
        self.notes.append("blocks the loop")
        self._bend_to_blocking()
        return Inline(self._workload, self._record, self.told)

    @property
    def _record(self) -> Record | None:
        return self._instruments.record if self._instruments else None

    def _bend_to_blocking(self) -> None:
        if hasattr(self._workload, "open"):
            self._take("blocking")
        else:
            self._take("async")
            self.notes.append("own loop per lane")

    def _take(self, form: str) -> None:
        self.form = form
        client = getattr(self._workload, "clients", {}).get(form)
        if client:
            import_module(client)  # here and not in each lane: a forked child inherits it
