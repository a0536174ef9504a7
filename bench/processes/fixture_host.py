"""The process that hosts a fixture: enters it, prints what it gives, and leaves it when told to.

Standard library only: another interpreter may have nothing else.
"""

from __future__ import annotations

import faulthandler
import json
import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from ..contracts import Plain
from ..errors import UsageError
from ..spec import Spec
from . import variables


def main() -> None:
    """The host process itself."""
    # What the user's code prints or reads, and its children, must not reach the driver's pipes.
    requests, answers = os.fdopen(os.dup(0), "rb"), variables.answers()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    request = json.loads(requests.readline())
    # Before the driver's patience ends, so that it can show where a fixture hangs.
    faulthandler.dump_traceback_later(0.8 * request["seconds"])
    spec = Spec(**request["spec"])
    fixture: Callable[[], Any] = getattr(spec.build(), "fixture", lambda: nullcontext({}))
    with fixture() as given:
        with answers:
            answers.write(_line(spec, given))
        faulthandler.cancel_dump_traceback_later()
        requests.read()


def _line(spec: Spec, given: Mapping[str, Plain]) -> bytes:
    if not isinstance(given, Mapping):
        raise UsageError(f"fixture() of {spec.name} must yield a mapping, not {given!r}")
    replace(spec, given=dict(given)).build()  # says which field a wrong name could mean
    try:
        return json.dumps(dict(given)).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise UsageError(f"fixture() of {spec.name} must yield JSON values: {error}") from None
