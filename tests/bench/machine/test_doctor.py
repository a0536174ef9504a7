"""What the doctor looks at, on systems made of files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import typer

from concbench.cli.doctor import doctor
from concbench.errors import Exit
from concbench.machine.doctor import (
    Finding,
    Level,
    addresses,
    build,
    clock_source,
    delivered,
    examine,
    governor,
    hypervisor,
    siblings,
    system_findings,
    timer,
    tracer,
    turbo,
    variables,
    wake_up,
)
from concbench.processes.children import Children
from concbench.processes.lock import held


def made(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


GOVERNOR = "sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor"
CLOCK = "sys/devices/system/clocksource/clocksource0/current_clocksource"


@pytest.mark.parametrize(
    ("look", "files", "level", "seen"),
    [
        (governor, {}, Level.UNKNOWN, "no cpufreq"),
        (governor, {GOVERNOR.format(0): "performance\n"}, Level.GOOD, "performance"),
        (
            governor,
            {GOVERNOR.format(0): "performance", GOVERNOR.format(1): "powersave"},
            Level.BAD,
            "performance, powersave",
        ),
        (turbo, {}, Level.UNKNOWN, "unknown"),
        (turbo, {"sys/devices/system/cpu/intel_pstate/no_turbo": "1"}, Level.GOOD, "off"),
        (turbo, {"sys/devices/system/cpu/cpufreq/boost": "1"}, Level.NOTE, "on"),
        (siblings, {"sys/devices/system/cpu/smt/active": "1"}, Level.NOTE, "on"),
        (siblings, {"sys/devices/system/cpu/smt/active": "0"}, Level.GOOD, "off"),
        (hypervisor, {"proc/cpuinfo": "flags : fpu hypervisor sse"}, Level.NOTE, "yes"),
        (hypervisor, {"proc/cpuinfo": "flags : fpu sse"}, Level.GOOD, "no"),
        (hypervisor, {}, Level.UNKNOWN, "unknown"),
        (clock_source, {CLOCK: "tsc\n"}, Level.GOOD, "tsc"),
        (clock_source, {CLOCK: "hpet\n"}, Level.BAD, "hpet"),
        (addresses, {"proc/sys/kernel/randomize_va_space": "2"}, Level.GOOD, "on"),
        (addresses, {"proc/sys/kernel/randomize_va_space": "0"}, Level.NOTE, "off"),
    ],
)
def test_a_system_is_seen_as_it_is(tmp_path, look, files, level, seen):
    found = look(made(tmp_path, files))
    assert found.level is level
    assert seen in found.seen


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (delivered(1.95, 2), Level.GOOD),
        (delivered(1.2, 2), Level.BAD),
        (wake_up(0.0001), Level.GOOD),
        (wake_up(0.02), Level.BAD),
        (timer(50e-9), Level.GOOD),
        (timer(0.0156), Level.NOTE),
        (build({"CONFIG_ARGS": "'--enable-optimizations'"}, debug=False), Level.GOOD),
        (build({"CONFIG_ARGS": "'--with-lto'"}, debug=False), Level.NOTE),
        (build({"CONFIG_ARGS": "'--enable-optimizations'"}, debug=True), Level.BAD),
        (build({}, debug=False), Level.UNKNOWN),
        (tracer(True), Level.NOTE),
        (variables({"PYTHONHASHSEED": "1"}), Level.GOOD),
        (variables({"PYTHONDEVMODE": "1"}), Level.NOTE),
    ],
)
def test_what_bends_times_is_told_from_what_does_not(found, level):
    assert found.level is level


def test_what_is_to_be_mended_says_how(tmp_path):
    with Children() as children:
        found = list(examine(children))
    assert all(one.advice for one in found if one.level in (Level.BAD, Level.NOTE))
    assert len({one.about for one in found}) == len(found) > 15


def test_a_run_that_is_measuring_is_seen():
    with held():
        (found,) = [one for one in system_findings() if one.about == "other runs"]
    assert found.level is Level.BAD
    assert f"(pid {os.getpid()} " in found.seen


def seen(monkeypatch, *found: Finding) -> None:
    monkeypatch.setattr("concbench.machine.doctor.examine", lambda *_: iter(found))


def ends_with(code: Exit, **options: bool) -> None:
    with pytest.raises(typer.Exit) as end:
        doctor(**options)
    assert end.value.exit_code == code


BAD = Finding("load", "9 in the last minute", Level.BAD, "wait " * 40)
GOOD = Finding("timer", "steps of 30 ns")


def test_lines_fit_100_columns_and_the_last_names_what_to_mend(monkeypatch, capsys):
    seen(monkeypatch, GOOD, BAD)
    ends_with(Exit.MEASURED)
    said = capsys.readouterr().out.splitlines()
    assert max(map(len, said)) <= 100
    assert said[-1] == "fix before trusting small differences: load"


@pytest.mark.parametrize(
    ("found", "strict", "code"),
    [
        (BAD, False, Exit.MEASURED),
        (BAD, True, Exit.INCONCLUSIVE),
        (GOOD, True, Exit.MEASURED),
    ],
)
def test_doubt_is_a_failure_only_where_asked_for(monkeypatch, found, strict, code):
    seen(monkeypatch, found)
    ends_with(code, strict=strict)


def test_a_machine_can_read_it(monkeypatch, capsys):
    seen(monkeypatch, GOOD)
    ends_with(Exit.MEASURED, as_json=True)
    assert json.loads(capsys.readouterr().out) == [
        {"about": "timer", "seen": "steps of 30 ns", "level": "ok", "advice": ""}
    ]
