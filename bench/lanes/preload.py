"""Has the fork server import what its children need before any of them is forked.

Its users give it a list of modules, or leave it at the main program, which imports them.  A
workload's file is neither: it has a private name.  So the fork server imports this module, which
finds in a variable what else there is to import.  Standard library only.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from importlib import import_module
from typing import Any

from ..spec import Spec, load

VARIABLE = "_CONCBENCH_PRELOAD"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def start_server(workload: Spec, modules: Iterable[str]) -> None:
    """Start a fork server that imports the workload, the client of its form and these modules.

    Nothing happens where one runs already: it cannot be told anything more.
    """
    from multiprocessing import forkserver

    path = os.environ.get("PYTHONPATH")
    needs = {"workload": asdict(workload), "modules": [*modules], "path": sys.path, "was": path}
    # Before Python 3.14 the fork server does not get our sys.path, and could not find this module.
    first = os.pathsep.join(filter(None, (ROOT, path)))
    forkserver.set_forkserver_preload([__name__])
    with _variables({VARIABLE: json.dumps(needs), "PYTHONPATH": first}):
        forkserver.ensure_running()


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        _restore(before)


def _restore(before: Mapping[str, str | None]) -> None:
    for key, value in before.items():
        if value is None:
            os.environ.pop(key, None)
        else:
            os.environ[key] = value


def client_module(workload: Any, form: str, known: Mapping[str, list[str]]) -> tuple[str, str]:
    """The client of this form of a workload and the module to import for it; "" without one."""
    client = getattr(workload, "clients", {}).get(form, "")
    module, _ = known.get(client, (client, client))
    return client, module


def _import_all(needs: Mapping[str, Any]) -> None:
    """In the fork server."""
    sys.path[:] = needs["path"]
    _restore({"PYTHONPATH": needs["was"]})
    spec = Spec(**needs["workload"])
    steps: list[Callable[[], Any]] = [partial(load, spec.target), partial(_import_client, spec)]
    steps += [partial(import_module, name) for name in needs["modules"]]
    for step in steps:
        # Whoever needs it imports it again, and raises this where it is seen.
        with suppress(Exception, SystemExit):
            step()


def _import_client(spec: Spec) -> None:
    workload = spec.build()
    form = "blocking" if hasattr(workload, "open") else "async"
    _, module = client_module(workload, form, spec.clients)
    if module:
        import_module(module)
    if form == "async":
        import_module("asyncio")


if _needs := os.environ.pop(VARIABLE, ""):
    _import_all(json.loads(_needs))
