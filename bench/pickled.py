"""Work that no import can find, because a notebook, a shell or the running script defines it.

cloudpickle writes it by value to a file, and a target names both:
`/absolute/file.cloudpickle:name`.  Standard library only, and little of it (no pathlib): every
child process of such a run imports this.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import cache
from hashlib import sha256
from importlib import import_module
from types import SimpleNamespace
from typing import Any, ClassVar

from .errors import UsageError


@cache
def read(path: str) -> SimpleNamespace:
    """What the file holds, by name; the same objects for every caller in a process."""
    try:
        stream = open(path, "rb")  # noqa: SIM115  # only this may fail
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    with stream:
        # What it imports itself; last, so that nothing there stands in front of a package.
        sys.path += [place for place in pickle.load(stream) if place not in sys.path]
        _cloudpickle(os.path.basename(path))
        return SimpleNamespace(**pickle.load(stream))


def write(name: str, work: Any, folder: str) -> str:
    """Write it to a file of its own in this folder, which may be new; the target."""
    from concbench.reports.files import write_whole  # late: workers only read

    cloudpickle = _cloudpickle(name)
    try:
        content = pickle.dumps([os.path.abspath(place) for place in sys.path])
        content += _by_value(cloudpickle, {name: work})
    except Exception as error:  # whatever it refers to pickles, or not, in its own way
        raise UsageError(
            f"{name} cannot be sent to workers: {type(error).__name__}: {error}\n"
            "  make what it needs inside it, or in open() of a dataclass"
        ) from error
    # By content, so that what a run names never changes under it.
    path = os.path.join(folder, f"{name}-{sha256(content).hexdigest()[:12]}.cloudpickle")
    try:
        os.makedirs(folder, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return f"{path}:{name}"


def _by_value(cloudpickle: Any, work: dict[str, Any]) -> bytes:
    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it may not be there
        # dataclasses know a field without a default by this one object; a copy would be a default.
        dispatch_table: ClassVar[Mapping[type, Callable[[Any], Any]]] = ChainMap(
            {type(MISSING): lambda _: "MISSING"}, cloudpickle.Pickler.dispatch_table
        )

    content = io.BytesIO()
    Pickler(content).dump(work)
    return content.getvalue()


def _cloudpickle(name: str) -> Any:
    try:
        return import_module("cloudpickle")
    except ImportError:
        raise UsageError(
            f"{name} is in no file that workers can import; sending it to them needs "
            "cloudpickle: pip install 'concbench[notebook]' (or move it to a .py file)"
        ) from None
