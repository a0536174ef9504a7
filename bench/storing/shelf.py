"""The runs there are: finding one, going on with one, keeping one as a baseline."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import NotComparable, UsageError
from ..facts import machine
from ..planning.plan import named
from .writable import check_file


def located(results: Path, text: str) -> Path:
    """The run given by number, id, path, baseline or `latest`; UsageError says what there is."""
    if Path(text).is_file() or (Path(text) / "run.json").exists():
        return Path(text)
    if (results / "baselines" / text / "run.json").exists():
        return results / "baselines" / text
    runs = sorted((results / "runs").glob("*-*")) if (results / "runs").is_dir() else []
    if not runs:
        raise UsageError(f"there are no runs in {results}: measure one with `concbench run`")
    if text == "latest":
        return _latest(results) or runs[-1]
    matching = [run for run in runs if text in (run.name, run.name.partition("-")[0])]
    if text.isdecimal():
        matching = [run for run in runs if int(run.name.partition("-")[0]) == int(text)]
    if not matching:
        names = ", ".join(run.name.partition("-")[0] for run in runs[-10:])
        raise UsageError(f"there is no run '{text}' in {results} (there are: {names})")
    return matching[-1]


def _latest(results: Path) -> Path | None:
    latest = results / "latest"
    if latest.is_file():
        latest = results / latest.read_text(encoding="utf-8").strip()
    return latest.resolve() if (latest / "run.json").exists() else None


def stored_settings(folder: Path) -> dict[str, Any]:
    """The settings of a run, as `resolve` takes them."""
    return dict(_facts(folder)["settings"])


def resumable(folder: Path, names: Sequence[str], here: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a run that cells of these names, on the machine `here`, may go on with.

    Raises NotComparable that names what has changed since.
    """
    stored = _facts(folder)
    before = [named(cell.get("side", ""), cell["name"]) for cell in stored["cells"]]
    changed = machine.differences(stored["environment"], here)
    changed += [f"{name} is planned no more" for name in before if name not in names]
    changed += [f"{name} was not planned" for name in names if name not in before]
    if not changed and before != list(names):
        changed.append("its cells stand in another order")  # a cell's number is its place
    if changed:
        raise NotComparable(f"cannot go on with {folder.name}: " + "; ".join(changed))
    return stored


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
    """Raise UsageError unless a baseline may be called so."""
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise UsageError(f"a baseline's name is letters, digits, '-', '_' and '.', not '{name}'")


def check_baseline(results: Path, name: str) -> None:
    """Raise UsageError unless a run of these results may be kept, and written, under this name."""
    check_name(name)
    for file in ("run.json", "samples.json", "probes.json"):
        check_file(results / "baselines" / name / file, makes_folders=True)


def save_baseline(folder: Path, name: str) -> Path:
    """Copy what a later run is compared with to `baselines/NAME`, which may be committed."""
    check_name(name)
    baseline = folder.parent.parent / "baselines" / name
    try:
        baseline.mkdir(parents=True, exist_ok=True)
        files = {path.name for place in (folder, baseline) for path in place.glob("samples*.json")}
        for file in ("run.json", "probes.json", *sorted(files)):
            if (folder / file).exists():
                shutil.copyfile(folder / file, baseline / file)
            else:
                (baseline / file).unlink(missing_ok=True)  # of an earlier one of that name
    except OSError as error:
        raise UsageError(f"cannot write the baseline {baseline}: {error.strerror}") from None
    return baseline
