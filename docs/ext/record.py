"""Makes a stored run small: `python docs/ext/record.py RUN docs/runs/NAME`.

Kept are run.json, the suites, probes.json and gate.json, without what no report reads and what
tells of the machine more than a reader needs.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = "/here"
"""In the place of the folder in which it was measured."""
OF_PYPERF = {"python_version", "python_implementation", "unit", "name", "loops", "hostname"}
"""Metadata of pyperf that pyperf or a report needs."""


def small(run: Path, place: Path) -> None:
    """Copy a run's files, as short as they can be, in the place of those of an older one."""
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*.json"):
        old.unlink()
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    facts["environment"] |= {"hostname": "here", "variables": {}, "removed": []}
    facts.pop("imports", None)
    write(place / "run.json", facts)
    for path in sorted(run.glob("samples*.json")):
        write(place / path.name, _suite(json.loads(path.read_text(encoding="utf-8"))))
    for name in ("probes.json", "gate.json"):
        if (run / name).exists():
            write(place / name, json.loads((run / name).read_text(encoding="utf-8")))


def _suite(suite: dict[str, Any]) -> dict[str, Any]:
    for benchmark in [suite, *suite["benchmarks"]]:
        _strip(benchmark.get("metadata", {}))
        for run in benchmark.get("runs", ()):
            _strip(run.get("metadata", {}))
            run.pop("warmups", None)
    return suite


def _strip(metadata: dict[str, Any]) -> None:
    for key in list(metadata):
        if not key.startswith("cb_") and key not in OF_PYPERF:
            del metadata[key]
    metadata.pop("cb_results", None)
    if "hostname" in metadata:
        metadata["hostname"] = "here"


def write(path: Path, content: object) -> None:
    """As JSON in one line, without the folders of the measurement and of the interpreter."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    text = text.replace(str(Path.cwd()), HERE).replace(str(Path.home()), "~")
    text = re.sub(r'"/[^"]*/(python[\d.]*)"', r'"\1"', text)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    small(Path(sys.argv[1]), Path(sys.argv[2]))
