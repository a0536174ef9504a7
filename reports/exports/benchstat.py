"""Go's benchmark text, which benchstat compares.

The format: https://golang.org/design/14313-benchmark-format
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from .. import records
from ..stored import Stored


def rendered(stored: Stored) -> str:
    """Configuration lines, then a line for every worker process: what benchstat samples."""
    return "\n".join([*_configuration(stored), "", *_results(stored)]) + "\n"


def _configuration(stored: Stored) -> Iterator[str]:
    about = stored.run.environment
    for key, value in {
        "tool": "concbench",
        "run": stored.run.id,
        "python": f"{about.get('implementation', '')} {about.get('python', '')}",
        "cpu": about.get("cpu_model", ""),
        "platform": about.get("platform", ""),
    }.items():
        said = " ".join(str(value).split())
        if said:
            yield f"{key}: {said}"


def _results(stored: Stored) -> Iterator[str]:
    for one in records.processes(stored):
        workload = _named(one["workload"], one["workload_params"])
        strategy = _named(one["strategy"], one["strategy_params"])
        name = f"Benchmark{_capital(workload)}/tasks={one['tasks']}/{strategy}"
        # One batch is one iteration, whatever its tasks.
        yield f"{name} 1 {one['seconds'] * 1e9:.0f} ns/op"


def _named(name: str, params: dict[str, object]) -> str:
    inner = [f"{key}={json.dumps(value)}" for key, value in params.items() if value is not None]
    return "/".join(_plain(part) for part in (name, *inner))


def _plain(part: str) -> str:
    # No space may stand in a name, and a number after a last dash would be the CPUs.
    return re.sub(r"[^\w.=+%,:]", "_", part.replace('"', ""))


def _capital(name: str) -> str:
    # After "Benchmark" no lower-case letter may stand.
    return name[0].upper() + name[1:] if name[:1].isalpha() else f"_{name}"
