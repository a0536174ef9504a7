"""Files of other benchmark tools: what they hold of names, times, memory and machine.

- asv (`.asv/results/MACHINE/COMMIT-ENV.json`, version 2): https://asv.readthedocs.io/en/stable/dev.html
- pytest-benchmark (`--benchmark-json`, `.benchmarks`): https://pytest-benchmark.readthedocs.io
- hyperfine (`--export-json`): https://github.com/sharkdp/hyperfine
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from ...errors import MALFORMED, DamagedRun
from ..samples import content

ONE_PROCESS = (
    "all times of a benchmark are of one process, and say nothing of how processes differ: "
    "no interval"
)


@dataclass(frozen=True)
class ForeignCell:
    """A benchmark of another tool: the seconds of each process, or the reason why it has none.

    `peak_bytes` are the peaks of its processes.
    """

    name: str
    processes: Sequence[Sequence[float]] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    pythons: Sequence[str] = ()
    """Of each process, where that is known."""
    cpu_seconds: float | None = None
    peak_bytes: Sequence[float] = ()
    reason: str = ""


@dataclass(frozen=True)
class ForeignFile:
    """What a file of another tool holds; `facts` are more keys of run.json."""

    tool: str
    cells: Sequence[ForeignCell]
    environment: Mapping[str, Any]
    warnings: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def read(text: str, path: Path) -> ForeignFile | None:
    """What another tool wrote there; None where none did, DamagedRun where it is damaged."""
    if not any(f'"{one}"' in text for one in _SIGNS):
        return None  # most are pyperf's, which parses the text itself
    try:
        document = json.loads(text)
        form = next((one for one in _FORMS if one.keys <= document.keys()), None)
    except (ValueError, RecursionError, AttributeError):
        return None  # pyperf says what is wrong with it
    try:
        return form.reader(document, path) if form else None
    except MALFORMED as error:
        why = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise DamagedRun(f"{path} is a damaged file of {form and form.tool}: {why}") from None


def known(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that have a value."""
    return {key: value for key, value in facts.items() if value}


_YEAR_9999 = 2.5e14  # in milliseconds, about


def _asv(document: Mapping[str, Any], path: Path) -> ForeignFile:
    """Medians by asv, or with `--record-samples` all times; parameters are part of a name."""
    cells: list[ForeignCell] = []
    left_out: list[str] = []
    described, warnings = _asv_benchmarks(path)
    starts: list[Any] = []
    for name, row in document["results"].items():
        columns = dict(zip(document["result_columns"], row, strict=False))
        about = described.get(name, {})
        unit = about.get("unit") or _asv_unit(name)
        if unit not in ("seconds", "bytes"):
            left_out.append(f"{name} is left out: its unit is {unit}")
            continue
        starts += [one for one in [columns.get("started_at")] if 0 < (one or 0) < _YEAR_9999]
        cells += _asv_cells(name, unit, columns, about.get("param_names") or ())
    machine = document["params"]
    environment = {
        "python": str(document.get("python") or machine.get("python") or ""),
        "hostname": str(machine.get("machine", "")),
        "cpu_model": str(machine.get("cpu", "")),
        "cpus": _whole(machine.get("num_cpu")),
        "platform": str(machine.get("os", "")),
        "packages": {str(k): str(v) for k, v in document.get("requirements", {}).items() if v},
    }
    facts: dict[str, Any] = {"git": {"revision": str(document["commit_hash"])}}
    if starts:
        facts["started"] = f"{datetime.fromtimestamp(min(starts) / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    warnings += [*left_out, ONE_PROCESS]
    return ForeignFile("asv", cells, known(environment), warnings, facts)


def _asv_cells(
    name: str, unit: str, columns: Mapping[str, Any], names: Sequence[str]
) -> Iterator[ForeignCell]:
    """One for each combination of parameters, as far as there are results."""
    results, axes = columns.get("result"), columns.get("params") or []
    if results is None:
        yield ForeignCell(name, reason="it failed under asv")
        return
    results = results if isinstance(results, list) else [results]
    samples = columns.get("samples") or [None] * len(results)
    called = [*names, *(f"param{place + 1}" for place in range(len(names), len(axes)))]
    for values, result, sample in zip(product(*axes), results, samples, strict=False):
        params = dict(zip(called, (str(one).strip("'") for one in values), strict=False))
        inner = ",".join(f"{key}={value}" for key, value in params.items())
        full = f"{name}[{inner}]" if inner else name
        if result is None or result != result:  # NaN where a benchmark skipped it
            why = "it failed under asv" if result is None else "it was skipped under asv"
            yield ForeignCell(full, params=params, reason=why)
        elif unit == "bytes":
            yield ForeignCell(full, params=params, peak_bytes=[result])
        else:
            yield ForeignCell(full, [sample if isinstance(sample, list) else [result]], params)


def _asv_unit(name: str) -> str:
    """By its name, as asv itself tells them apart."""
    last = name.rpartition(".")[2].lower()
    if last.startswith("time"):
        return "seconds"
    return "bytes" if last.startswith(("mem", "peakmem")) else "not known"


def _asv_benchmarks(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What `benchmarks.json` above its folder says of each: unit, names of parameters."""
    place = path.absolute().parents[1] / "benchmarks.json"
    if not place.is_file():
        return {}, []
    try:
        found = json.loads(content(place))
        return {name: one for name, one in found.items() if isinstance(one, dict)}, []
    except MALFORMED:
        return {}, [f"{place} cannot be read: names of parameters are not known"]


def _pytest(document: Mapping[str, Any], path: Path) -> ForeignFile:
    """Times with `--benchmark-save-data`, else medians; groups are tags."""
    cells, summaries = [], 0
    for one in document["benchmarks"]:
        stats, group = one["stats"], one.get("group")
        summaries += not stats.get("data")
        cells.append(
            ForeignCell(
                str(one.get("fullname") or one["name"]),
                [stats.get("data") or [stats["median"]]],
                one.get("params") or {},
                [str(group)] if group else [],
            )
        )
    machine, commit = document["machine_info"], document.get("commit_info") or {}
    cpu = machine.get("cpu") or {}
    environment = {
        "python": str(machine.get("python_version", "")),
        "implementation": str(machine.get("python_implementation", "")),
        "hostname": str(machine.get("node", "")),
        "cpu_model": str(cpu.get("brand_raw") or cpu.get("brand") or ""),
        "cpus": _whole(cpu.get("count")),
        "kernel": f"{machine.get('system', '')} {machine.get('release', '')}".strip(),
    }
    warnings = [ONE_PROCESS]
    if summaries:
        warnings.append(
            f"{summaries:,} of its {len(cells):,} benchmarks have no times but a summary: their "
            "median stands for them (pytest --benchmark-save-data keeps all)"
        )
    revision = {"revision": commit.get("id"), "branch": commit.get("branch")}
    facts: dict[str, Any] = {"started": str(document.get("datetime", ""))[:19]}
    facts |= {"git": {**revision, "dirty": commit.get("dirty")}} if commit.get("id") else {}
    return ForeignFile("pytest-benchmark", cells, known(environment), warnings, facts)


def _hyperfine(document: Mapping[str, Any], path: Path) -> ForeignFile:
    """Each time is that of a process; CPU is the mean of them."""
    results = document["results"]
    commands = Counter(one["command"] for one in results)
    cells, warnings = [], []
    for one in results:
        name, params = one["command"], one.get("parameters") or {}
        if commands[name] > 1 and params:
            name = f"{name} [{','.join(f'{key}={value}' for key, value in params.items())}]"
        times = one.get("times") or [one["median"]]
        codes = one.get("exit_codes") or []
        if failed := sum(code != 0 for code in codes):
            warnings.append(f"{failed:,} of {len(codes):,} runs of '{name}' did not exit with 0")
        cpu = one["user"] + one["system"]
        memory = one.get("memory_usage_byte") or ()
        cells.append(
            ForeignCell(name, [[t] for t in times], params, cpu_seconds=cpu, peak_bytes=memory)
        )
    return ForeignFile("hyperfine", cells, {}, warnings)


def _whole(value: Any) -> int:
    """A number of CPUs, which may be text; 0 where it is none."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 7 else 0


@dataclass(frozen=True)
class ForeignForm:
    """The keys by which a tool's files are known, and what reads them."""

    tool: str
    keys: frozenset[str]
    reader: Callable[[Mapping[str, Any], Path], ForeignFile]


_FORMS = (
    ForeignForm("asv", frozenset({"result_columns", "results"}), _asv),
    ForeignForm("pytest-benchmark", frozenset({"machine_info", "benchmarks"}), _pytest),
    ForeignForm("hyperfine", frozenset({"results"}), _hyperfine),
)
_SIGNS = ("result_columns", "machine_info", "command")
"""One of these stands in every such file."""
