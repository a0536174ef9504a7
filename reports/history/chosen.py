"""Which cells a user means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..errors import UnknownName
from ..facts import Plugin
from ..names import plain
from .series import Series

_FEW = 12


def chosen(found: Sequence[Series], wanted: str) -> list[Series]:
    """The series of the cells that a text means; raises UnknownName with those there are.

    It is a cell's name, long or short; WORKLOAD/STRATEGY, each with parameters or without; a
    pattern with * and ?; or a part of a name.  The first of these that fits counts.
    """
    tight = _tight(wanted)
    exact = [one for one in found if tight in _called(one)]
    both = [one for one in found if _is_pair(one, wanted)]
    some = [one for one in found if _fits(one, tight)]
    if matching := exact or both or some:
        return matching
    names = list(dict.fromkeys(one.name for one in found))
    said = ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if names[_FEW:] else "")
    near = _near(tight, names)
    raise UnknownName(f"no stored run has a cell '{wanted}'{near} (there are: {said})")


def _called(one: Series) -> tuple[str, str]:
    return _tight(one.cell.name), _tight(one.name)


def _tight(name: str) -> str:
    return re.sub(r"\s*/\s*", "/", name.strip()).casefold()


def _is_pair(one: Series, wanted: str) -> bool:
    """Whether a cell is this WORKLOAD/STRATEGY; files and parameters have slashes of their own."""
    return any(
        _is_plugin(one.cell.workload, wanted[: slash.start()])
        and _is_plugin(one.cell.strategy, wanted[slash.end() :])
        for slash in re.finditer("/", wanted)
    )


def _is_plugin(plugin: Plugin, wanted: str) -> bool:
    name, _, inner = wanted.strip().removesuffix("]").partition("[")
    own = plugin.name, plugin.target.rpartition("/")[2]
    params = [f"{key}={plain(value)}" for key, value in plugin.params.items()]
    return name.rpartition("/")[2] in own and set(filter(None, inner.split(","))) <= {*params}


def _fits(one: Series, tight: str) -> bool:
    names = _called(one)
    if "*" in tight or "?" in tight:
        # Not fnmatch: brackets are parameters here.
        signs = {"*": ".*", "?": "."}
        pattern = "".join(signs.get(sign) or re.escape(sign) for sign in tight)
        return any(re.fullmatch(pattern, name) for name in names)
    return any(tight in name for name in names)


def _near(tight: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches  # that only a mistake need pay

    known = {_tight(name): name for name in names}
    close = get_close_matches(tight, known, n=1)
    return f": did you mean {known[close[0]]}?" if close else ""
