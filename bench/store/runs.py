"""The stored run: a folder that every moment of the run leaves readable."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from concbench.reports.files import make_folder, whole, write_whole
from concbench.reports.run import keys, provenance, schema

from .. import engine
from ..errors import NotComparable, UsageError
from ..machine import identity
from ..plan import ownership
from ..plan.cells import PlannedCell, named
from ..spec import Spec
from .journal import fitted, remedy
from .state import History

IGNORE = """\
# Runs stay here, and so does this file; baselines are meant to be committed.
*
!baselines/
!baselines/**
"""
NUMBER = re.compile(r"(\d+)-")


def create(results: Path) -> Path:
    """A folder for a new run: `runs/0001-20261121T045000Z` under `results`."""
    try:
        (results / "runs").mkdir(parents=True, exist_ok=True)
        keep_out_of_git(results)
        names = [path.name for path in (results / "runs").iterdir()]
        last = max((int(match[1]) for name in names if (match := NUMBER.match(name))), default=0)
        folder = results / "runs" / f"{last + 1:04d}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        folder.mkdir()
    except OSError as error:
        raise UsageError(f"cannot write results to {results}: {error.strerror}") from error
    return folder


def keep_out_of_git(results: Path) -> None:
    """Have git pass over what is stored here, unless the user has said otherwise."""
    ignore = results / ".gitignore"
    with suppress(FileExistsError), ignore.open("x", encoding="utf-8") as stream:
        stream.write(IGNORE)


def stamp() -> str:
    """The time as it is stored: `2026-11-21T04:50:00Z`."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def write(
    folder: Path, facts: Mapping[str, Any], plan: Sequence[PlannedCell], past: History
) -> None:
    """Bring run.json, samples.json and probes.json up to what the journal says, each in one step.

    Raises UsageError when they cannot be written; the journal still has it all.
    """
    failure = [field.name for field in fields(schema.Failure)]
    record = {
        "schema": keys.RUN_SCHEMA,
        "id": folder.name,
        **facts,
        "warnings": [*facts["warnings"], *past.warnings],
        "seconds": past.elapsed,
        "round_seconds": past.round_seconds,
        "cells": [fitted(_cell(planned, past), folder) for planned in plan],
        "order": past.orders,
        "canary": past.canary(),
        "failures": [
            fitted({key: entry[key] for key in failure}, folder) for entry in past.failures
        ],
        **({"imports": past.imports} if past.imports else {}),
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    try:
        write_whole(folder / "run.json", text, durable=True)
        for place, side in enumerate(dict.fromkeys(one.side for one in plan)):
            own = [one.id for one in plan if one.side == side and not past.wrong(one.id)]
            suite = engine.merged([run["benchmark"] for run in past.measured[one]] for one in own)
            if suite is not None:
                with whole(folder / keys.samples(place)) as beside:
                    engine.dump(suite, beside)
        probed = past.probed.document(plan)
        if probed is not None:
            probed["cells"] = [fitted(cell, folder) for cell in probed["cells"]]
            text = json.dumps(probed, ensure_ascii=False)
            write_whole(folder / "probes.json", text, durable=True)
    except OSError as error:
        raise UsageError(
            f"cannot write {folder}: {error.strerror}\n"
            f"  what was measured is in its journal: {remedy(error)}"
        ) from error


def _cell(planned: PlannedCell, past: History) -> dict[str, Any]:
    cell, status, reason = planned.cell, *_status(planned, past)
    same = ("id", "workers", "block", "reference", "side", "pair")
    stored = schema.Planned(
        name=cell.name,
        workload=_plugin(cell.workload),
        strategy=_plugin(cell.strategy),
        tasks=cell.tasks,
        measured_tasks=past.measured_tasks(planned),
        loops=past.loops.get(planned.id, 1),
        status=status,
        reason=reason,
        **{key: getattr(planned, key) for key in same},
    )
    return asdict(stored)


def _status(planned: PlannedCell, past: History) -> tuple[schema.Status, str]:
    if planned.reason:
        return "unavailable", planned.reason
    if reason := past.reason(planned.id):
        return "failed", reason
    return ("measured" if past.measured[planned.id] else "pending"), ""


def _plugin(spec: Spec) -> schema.Plugin:
    return schema.Plugin(spec.name, spec.params, spec.target, tuple(spec.unusual))


def point_latest(folder: Path) -> None:
    """Make `latest` name this run: a link, or a file with its name where links are not allowed."""
    latest = folder.parent.parent / "latest"
    with whole(latest) as beside:
        beside.unlink(missing_ok=True)
        try:
            beside.symlink_to(Path("runs") / folder.name, target_is_directory=True)
        except OSError:
            beside.write_text(f"runs/{folder.name}\n", encoding="utf-8")


def located(results: Path, text: str) -> Path:
    """The run given by path, number, id, `latest` or baseline; UsageError says what there is.

    A baseline comes last: whatever its name, it hides no run.
    """
    if _is_run(Path(text)):
        return Path(text)
    runs = sorted((results / "runs").glob("*-*")) if (results / "runs").is_dir() else []
    if found := _of_runs(results, runs, text):
        return found
    if (results / "baselines" / text / "run.json").exists():
        return results / "baselines" / text
    if "/" in text or os.sep in text or text.endswith(".json"):
        raise UsageError(f"{text} is not a run: {_why_none(Path(text))}")
    if not runs:
        raise UsageError(f"there are no runs in {results}: measure one with `concbench run`")
    names = ", ".join(run.name.partition("-")[0] for run in runs[-10:])
    raise UsageError(f"there is no run '{text}' in {results} (there are: {names})")


def names(results: Path) -> list[str]:
    """What `located` takes besides paths: numbers, the newest first, `latest`, baselines."""
    runs = sorted((one.parent for one in results.glob("runs/*/run.json")), reverse=True)
    baselines = sorted(one.parent.name for one in results.glob("baselines/*/run.json"))
    latest = ["latest"] if runs else []
    return [*(one.name.partition("-")[0] for one in runs), *latest, *baselines]


def run_to_resume(results: Path, text: str) -> Path:
    """The run that `--resume` means; UsageError for a baseline, a copy without a journal."""
    folder = located(results, text)
    place = folder.resolve()
    if place.parent.name == "baselines":
        raise UsageError(
            f"{folder} is a baseline, and only a run can be resumed: give --resume a run's number, "
            f"or measure the baseline again\n  with `concbench run --save-baseline {place.name}`"
        )
    return folder


def settings_to_resume(folder: Path) -> dict[str, Any]:
    """The settings of a run that goes on, as `resolve` takes them, before any code is imported.

    They name the code: UsageError where another user could have written them, or where it lies in
    the run's own folder, as of a run that somebody sent; NotComparable of another machine.
    """
    place = folder.resolve()
    for name in ("run.json", "journal.jsonl"):
        if (folder / name).is_symlink():
            raise UsageError(f"{folder / name} is a link, which no run of concbench has")
        if (folder / name).exists():
            ownership.check(folder / name)
    stored = _facts(folder)
    own = [text for key in ("workload", "strategy") for text in stored["settings"].get(key) or ()]
    for text in map(str, own):
        if Path(text.rpartition(":")[0]).resolve().is_relative_to(place) and ":" in text:
            raise UsageError(f"{folder} names code in its own folder, {text}, which is never run")
    now = {"environment": identity.facts()}
    _refuse(folder, provenance.differences(stored, now, provenance.MACHINE))
    return dict(stored["settings"])


def _why_none(path: Path) -> str:
    return f"there is no run.json in {path}" if path.is_dir() else "there is no such file or folder"


def _is_run(path: Path) -> bool:
    return path.is_file() or (path / "run.json").exists()


def _of_runs(results: Path, runs: Sequence[Path], text: str) -> Path | None:
    if runs and text == "latest":
        latest = results / "latest"
        if latest.is_file():
            latest = results / latest.read_text(encoding="utf-8").strip()
        return latest.resolve() if (latest / "run.json").exists() else runs[-1]
    matching = [run for run in runs if text in (run.name, run.name.partition("-")[0])]
    if text.isdecimal():
        matching = [run for run in runs if int(run.name.partition("-")[0]) == int(text)]
    return matching[-1] if matching else None


def stored_settings(folder: Path) -> dict[str, Any]:
    """The settings of a run, as `resolve` takes them."""
    return dict(_facts(folder)["settings"])


def resumable(folder: Path, names: Sequence[str], now: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a run that cells of these names may go on with.

    `now` is what the run would record if it began now.  Raises NotComparable that names what has
    changed since.
    """
    stored = _facts(folder)
    differences = provenance.differences(stored, now, provenance.ONE_RUN)
    before = [named(cell.get("side", ""), cell["name"]) for cell in stored["cells"]]
    changed = [f"{name} is no longer planned" for name in before if name not in names]
    changed += [f"{name} was not planned" for name in names if name not in before]
    if not changed and before != list(names):
        changed.append("its cells are in another order")  # a cell's number is its place
    _refuse(folder, differences, changed)
    return stored


def _refuse(
    folder: Path, differences: Sequence[provenance.Mismatch], others: Sequence[str] = ()
) -> None:
    changed = [f"{one.what} {one.before}, now {one.now}" for one in differences]
    if changed or others:
        first = f"cannot resume {folder.name}: its rounds were measured under other conditions:"
        last = "restore what was there before, or measure again without --resume"
        raise NotComparable("\n  ".join([first, *changed, *others, last]))


def _facts(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        kinds = {"settings": dict, "environment": dict, "cells": list}
        wrong = [key for key, kind in kinds.items() if not isinstance(record[key], kind)]
        if wrong or not all("name" in cell for cell in record["cells"]):
            raise TypeError(f"{', '.join(wrong) or 'cells'} is something else")
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UsageError(f"{path} is damaged: {error!r}") from None
    return dict(record)


def check_name(name: str) -> None:
    """Raise UsageError unless a baseline can be called so."""
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise UsageError(
            f"a baseline's name may have letters, digits, '-', '_' and '.', not '{name}'"
        )


def check_new_name(name: str) -> None:
    """Raise UsageError unless a baseline can be called so and no command reads a run in it."""
    check_name(name)
    if name == "latest" or re.fullmatch(r"\d+(-\d{8}T\d{6}Z)?", name) or _is_run(Path(name)):
        raise UsageError(
            f"a baseline cannot be called '{name}', which names a run (`concbench show {name}`): "
            "call it main, for example"
        )


def check_baseline(results: Path, name: str) -> None:
    """Raise UsageError unless a run of these results may be kept, and written, under this name."""
    check_new_name(name)
    for file in ("run.json", "samples.json", "probes.json"):
        check_file(results / "baselines" / name / file, makes_folders=True)


def save_baseline(folder: Path, name: str) -> Path:
    """Copy what a later run is compared with to `baselines/NAME`, which may be committed."""
    check_new_name(name)
    baseline = folder.parent.parent / "baselines" / name
    try:
        baseline.parent.mkdir(parents=True, exist_ok=True)
        make_folder(baseline)
        files = {path.name for place in (folder, baseline) for path in place.glob("samples*.json")}
        for file in ("run.json", "probes.json", *sorted(files)):
            if (folder / file).exists():
                write_whole(baseline / file, (folder / file).read_bytes())
            else:
                (baseline / file).unlink(missing_ok=True)  # of an earlier one of that name
    except OSError as error:
        raise UsageError(f"cannot write the baseline {baseline}: {error.strerror}") from None
    return baseline


def check_file(path: Path, *, makes_folders: bool = False) -> None:
    """Raise UsageError unless the file can be written, or written anew.

    With `makes_folders` whoever writes it makes the folders that are missing above it.  Nothing is
    created or opened to find out: opening would end what reads a pipe.  Disks that fill up and
    permissions that change meanwhile are noticed where the file is written.
    """
    try:
        mode = _mode(path)
        if mode is not None and stat.S_ISDIR(mode):
            raise UsageError(f"cannot write {path}: it is a folder")
        if mode is not None:
            changed = path
        else:  # through a link that leads to nothing yet, the file is made where it leads
            changed = _folder(Path(os.path.realpath(path)).parent, path, makes_folders)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    if not os.access(changed, os.W_OK):
        raise UsageError(f"cannot write {path}: {changed} is read-only")


def _folder(folder: Path, path: Path, makes_folders: bool) -> Path:
    """The folder in which something would be made: this one, or the nearest above that is there."""
    mode = _mode(folder)
    if mode is None and makes_folders:
        return _folder(folder.parent, path, makes_folders)
    if mode is None:
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}")
    if not stat.S_ISDIR(mode):
        raise UsageError(f"cannot write {path}: {folder} is not a folder")
    return folder


def _mode(path: Path) -> int | None:
    """Its kind and permissions; None where nothing is there."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
