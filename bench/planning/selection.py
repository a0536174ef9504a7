"""Which plug-ins a run is about: names, wildcards, exclusions, parameters in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..contracts import Plain
from ..errors import NothingSelected, UsageError, suggestion
from ..spec import Spec, no_parameter
from .absent import Absent
from .axes import named
from .plugins import Kind, find, implied, loaded, names, parameters

DEFAULTS: dict[Kind, tuple[str, ...]] = {
    "workloads": ("io_sleep", "http_get", "cpu_sum"),
    "strategies": (
        "sequential",
        "threading",
        "multiprocessing",
        "asyncio",
        "asyncio+to_thread",
        "asyncio+processpool",
    ),
}


@dataclass(frozen=True)
class Chosen:
    """A plug-in with the parameters that its brackets fix, as text."""

    spec: Spec
    fixed: tuple[tuple[str, str], ...]

    @property
    def fields(self) -> dict[str, Plain]:
        """Its parameters with their defaults."""
        return parameters(loaded(self.spec))

    @property
    def implied(self) -> dict[str, Plain]:
        """Those of them that a name leaves out."""
        return implied(loaded(self.spec))


def selected(kind: Kind, texts: Iterable[str]) -> Iterator[Chosen]:
    """The plug-ins that the texts select; without one that adds, the defaults.

    Raises UsageError for a name, a parameter or an exclusion that means nothing.
    """
    wanted = [text for text in texts if not text.startswith("!")] or list(DEFAULTS[kind])
    unwanted = [text[1:] for text in texts if text.startswith("!")]
    found: dict[tuple[object, ...], Chosen] = {}
    for text in wanted:
        name, fixed = named(text)
        for spec in _matching(kind, name):
            made = loaded(spec)
            if made is Absent:  # nobody knows its parameters
                found[spec.target, spec.name] = Chosen(spec, ())
                continue
            known = list(parameters(made))
            for key in fixed:
                if key not in known:
                    raise no_parameter(spec.name, key, known)
            seen = spec.target, *spec.given.values(), *fixed.items()
            found[seen] = Chosen(spec, tuple(fixed.items()))
    there = [chosen.spec.name for chosen in found.values()]
    for pattern in unwanted:
        if not any(_matches(pattern, name) for name in there):
            hint = suggestion(pattern, there)
            raise UsageError(f"'!{pattern}' excludes nothing of {', '.join(there)}{hint}")
    for chosen in found.values():
        if not any(_matches(pattern, chosen.spec.name) for pattern in unwanted):
            yield chosen


def _matching(kind: Kind, name: str) -> list[Spec]:
    if "*" not in name and "?" not in name:
        return [find(kind, name)]
    there = names(kind)
    found = [_present(find(kind, one)) for one in there if _matches(name, one)]
    if not found:
        raise NothingSelected(f"nothing matches '{name}' (there are: {', '.join(there)})")
    return found


def _present(spec: Spec) -> Spec:
    """The plug-in, or what says why it does not import: others that a pattern selects go on."""
    try:
        loaded(spec)
    except UsageError as error:
        return Spec(spec.name, f"{Absent.__module__}:{Absent.__name__}", given={"why": str(error)})
    return spec


def _matches(pattern: str, name: str) -> bool:
    # Not fnmatch: brackets hold parameters here, not letters to choose from.
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, name) is not None
