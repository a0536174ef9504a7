"""Go's benchmark text, which benchstat compares: `benchstat -col /strategy`, or `-col /side`.

The format: https://golang.org/design/14313-benchmark-format
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..run.schema import Planned, Plugin
from ..run.stored import Stored


def rendered(stored: Stored) -> str:
    """Configuration lines, then a line for every worker process: what benchstat samples.

    The number after a name's last dash is the workers, where Go has its processors.
    """
    return "\n".join([*_configuration(stored), "", *_results(stored)]) + "\n"


def _configuration(stored: Stored) -> Iterator[str]:
    about = stored.run.environment
    for key, value in {
        "tool": "concbench",
        "run": stored.run.id,
        "python": f"{about.get('implementation', '')} {about.get('python', '')}",
        "start-method": about.get("start_method", ""),
        "cpu": about.get("cpu_model", ""),
        "cpu-count": about.get("cpus", ""),
        "platform": about.get("platform", ""),
        "sides": "; ".join(side.title for side in stored.run.sides),
    }.items():
        text = " ".join(str(value).split())
        if text:
            yield f"{key}: {text}"


def _results(stored: Stored) -> Iterator[str]:
    names = _names(stored)
    loops = {cell.id: cell.loops or 1 for cell in stored.run.cells}
    for process in stored.processes:
        if process.cell in names:
            batches = len(process.values) * loops[process.cell]
            # One batch is one iteration, whatever its tasks.
            yield f"{names[process.cell]} {batches} {process.seconds * 1e9:.3f} ns/op"


def _names(stored: Stored) -> dict[int, str]:
    cells = [cell for cell in stored.run.cells if cell.status == "measured"]
    plain = {cell.id: _name(cell) for cell in cells}
    alike = Counter(plain.values())
    return {
        cell.id: f"Benchmark{name}{f'/cell={cell.id}' if alike[name] > 1 else ''}-{cell.workers}"
        for cell, name in zip(cells, plain.values(), strict=True)
    }


def _name(cell: Planned) -> str:
    workload = "/".join(_parts(cell.workload))
    strategy = "/".join(_parts(cell.strategy))
    side = f"/side={_plain(cell.side)}" if cell.side else ""
    return f"{_capital(workload)}/tasks={cell.tasks}/strategy={strategy}{side}"


def _parts(plugin: Plugin) -> Iterator[str]:
    yield _plain(plugin.name)
    for key, value in plugin.params.items():
        yield f"{_plain(key)}={_plain(_text(value))}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _plain(part: str) -> str:
    # A blank would end the name, a slash begin its next part.
    return re.sub(r"[\s/\x00-\x1f\x7f-\x9f]", "_", part)


def _capital(name: str) -> str:
    # An upper-case letter must follow "Benchmark".
    first = name[:1].upper()
    return first + name[1:] if len(first) == 1 and first.isupper() else f"X{name}"
