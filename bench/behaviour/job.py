"""A worker's part in `concbench behaviour`: the job of kind `behave`.

Job: `{"kind": "behave", "question": NAME, "strategy": SPEC}`.  It leaves `result.json`, an object
with `answer`, `why` (of an answer `-`) and `measured`.  The worker must lead a process group of its
own: one of the questions presses Ctrl-C there.
"""

from __future__ import annotations

import json
import signal
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..spec import Spec
from .trial import NoAnswer, Trial


def behave(job: dict[str, Any], folder: str) -> None:
    """Ask the question; an error that is no answer comes through."""
    # A shell that starts something in the background has it ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    name = job["question"]
    trial = Trial(name, Spec(**job["strategy"]), Path(folder, "diary"))
    try:
        answer, why = import_module(f"{__package__}.questions.{name}").ask(trial), ""
    except (NoAnswer, UsageError) as none:  # some strategies cannot take some workloads
        answer, why = "-", str(none)
    result = {"answer": answer, "why": why, "measured": trial.measured}
    Path(folder, "result.json").write_text(json.dumps(result), encoding="utf-8")
