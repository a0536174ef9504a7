"""The client libraries of a workload, each named by its import or by its distribution.

To get one name from the other takes a look at all that is installed (0.2 s for 150 distributions):
the plan does it once, where a client needs it, and hands workers the result.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from importlib.util import find_spec
from typing import Any

from .errors import UsageError

FORMS = {"blocking": "open", "async": "aopen"}
"""The method of a workload that makes each form."""


def declared(workload: Any) -> Mapping[str, str]:
    """The client of each form; UsageError for what is no mapping of texts."""
    clients = getattr(workload, "clients", {})
    if not isinstance(clients, Mapping) or not all(isinstance(v, str) for v in clients.values()):
        example = {"blocking": "requests", "async": "aiohttp"}
        name = type(workload).__name__
        raise UsageError(f"clients of {name} must be like {example}, not {clients!r}")
    return clients


def installed(workloads: Iterable[Any]) -> dict[str, list[str]]:
    """The import name and the distribution of every client that is installed here.

    The distribution is "" where there is none, or more than one.
    """
    packages = cache(packages_distributions)
    names = dict.fromkeys(name for one in workloads for name in declared(one).values() if name)
    clients = {}
    for name in names:
        if _importable(name):
            clients[name] = [name, _distribution(name, packages)]
        elif module := _module(name, packages):
            clients[name] = [module, name]
    return clients


def renamed(workload: Any, there: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Its clients whose import name or distribution is not the name that the workload gives."""
    own = {name: there[name] for name in declared(workload).values() if name in there}
    return {name: names for name, names in own.items() if names != [name, name]}


def lacking(workload: Any, there: Mapping[str, list[str]]) -> str:
    """Why no form of a workload has its client here, or nothing.

    Where one of two forms has it, it depends on the strategy: then the worker reports it.
    """
    clients = declared(workload)
    needed = [clients.get(form, "") for form, opens in FORMS.items() if hasattr(workload, opens)]
    absent = [name for name in dict.fromkeys(needed) if name and name not in there]
    if not absent or any(not name or name in there for name in needed):
        return ""
    return "; ".join(map(not_installed, absent))


def not_installed(name: str) -> str:
    return f"its client '{name}' is not installed: no module and no distribution has that name"


def _importable(name: str) -> bool:
    if not all(part.isidentifier() for part in name.split(".")):
        return False  # a folder `some-name` would do as a namespace package
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False
    except Exception:  # its parent cannot be imported: the worker says why
        return True


def _distribution(module: str, packages: Callable[[], Mapping[str, list[str]]]) -> str:
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return ""
    if _is_distribution(module):
        return module
    owners = {*packages().get(top, ())}
    return owners.pop() if len(owners) == 1 else ""


def _module(name: str, packages: Callable[[], Mapping[str, list[str]]]) -> str:
    """The public module of a distribution whose name is most like its own."""
    if not _is_distribution(name):
        return ""
    from difflib import SequenceMatcher

    wanted = _canonical(name)
    own = [one for one, owners in packages().items() if wanted in map(_canonical, owners)]
    modules = [one for one in own if one[0] != "_" and _importable(one)]
    return max(modules, key=lambda one: SequenceMatcher(None, wanted, one).ratio(), default="")


def _is_distribution(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
