"""How a workload is bent to the form that the lanes of a strategy run.

Standard library only.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import Any

from ..errors import UsageError
from ..spec import Spec
from .inside import Awaited, Inline
from .opening import Record
from .told import Told


class Bent:
    """A workload as lanes run it: `form` is "blocking" or "async", `notes` what a reader must know.

    `record` is what each task passes through, if any; `told` is complete once every lane is closed.
    """

    def __init__(self, spec: Spec, record: Record | None) -> None:
        self.spec = spec
        self.record = record
        self.form = ""
        self.notes: list[str] = []
        self.told: list[Told] = []

    @cached_property
    def workload(self) -> Any:
        """Imported with the first lane: what a strategy patches, it patches before."""
        return self.spec.build()

    def tasks(self, count: int) -> range:
        """So many tasks, as the workload sends them to lanes; made by the caller of a batch."""
        arguments = getattr(self.workload, "arguments", None)
        if arguments is None:
            return range(count)
        made: range = arguments(range(count))
        return made

    def awaited(self) -> Awaited | Inline:
        """What an event loop runs: the async form, or the blocking one where there is no other."""
        if not hasattr(self.workload, "aopen"):
            return self.inline()
        self._take("async")
        return Awaited(self.workload, self.record, self.told)

    def inline(self) -> Inline:
        """The blocking form inside a coroutine."""
        self.notes.append("blocks the loop")
        self.to_blocking()
        return Inline(self.workload, self.record, self.told)

    def to_blocking(self) -> None:
        """Take the blocking form, or the async one with a loop of its own in every lane."""
        if hasattr(self.workload, "open"):
            self._take("blocking")
        else:
            self._take("async")
            self.notes.append("own loop per lane")

    def _take(self, form: str) -> None:
        self.form = form
        client = getattr(self.workload, "clients", {}).get(form)
        if client:
            module, _ = self.spec.clients.get(client, (client, client))
            _import(client, module)  # here and not in each lane: a forked child inherits it


def _import(client: str, module: str) -> None:
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # it is there, and lacks something itself
        from ..clients import not_installed  # which looks at what is installed

        raise UsageError(not_installed(client)) from None
