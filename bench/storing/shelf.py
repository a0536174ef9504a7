"""The runs there are: finding one, going on with one, keeping one as a baseline."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import NotComparable, UsageError
from ..planning.plan import named
from .provenance import ONE_RUN, differences
from .writable import check_file


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
    if not runs:
        raise UsageError(f"there are no runs in {results}: measure one with `concbench run`")
    names = ", ".join(run.name.partition("-")[0] for run in runs[-10:])
    raise UsageError(f"there is no run '{text}' in {results} (there are: {names})")


def run_to_resume(results: Path, text: str) -> Path:
    """The run that `--resume` means; UsageError for a baseline, a copy without a journal."""
    folder = located(results, text)
    place = folder.resolve()
    if place.parent.name == "baselines":
        raise UsageError(
            f"{folder} is a baseline, and only a run can go on: give --resume the number of a run, "
            f"or measure the baseline anew\n  with `concbench run --save-baseline {place.name}`"
        )
    return folder


def _is_run(path: Path) -> bool:
    return path.is_file() or (path / "run.json").exists()


def _of_runs(results: Path, runs: Sequence[Path], text: str) -> Path | None:
    if not runs:
        return None
    if text == "latest":
        return _latest(results) or runs[-1]
    matching = [run for run in runs if text in (run.name, run.name.partition("-")[0])]
    if text.isdecimal():
        matching = [run for run in runs if int(run.name.partition("-")[0]) == int(text)]
    return matching[-1] if matching else None


def _latest(results: Path) -> Path | None:
    latest = results / "latest"
    if latest.is_file():
        latest = results / latest.read_text(encoding="utf-8").strip()
    return latest.resolve() if (latest / "run.json").exists() else None


def stored_settings(folder: Path) -> dict[str, Any]:
    """The settings of a run, as `resolve` takes them."""
    return dict(_facts(folder)["settings"])


def resumable(folder: Path, names: Sequence[str], now: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a run that cells of these names may go on with.

    `now` is what the run would record if it began now.  Raises NotComparable that names what has
    changed since.
    """
    stored = _facts(folder)
    changed = [str(one) for one in differences(stored, now, ONE_RUN)]
    before = [named(cell.get("side", ""), cell["name"]) for cell in stored["cells"]]
    changed += [f"{name} is planned no more" for name in before if name not in names]
    changed += [f"{name} was not planned" for name in names if name not in before]
    if not changed and before != list(names):
        changed.append("its cells stand in another order")  # a cell's number is its place
    if changed:
        first = f"cannot go on with {folder.name}, whose rounds were measured otherwise:"
        last = "bring back what was there before, or measure anew, without --resume"
        raise NotComparable("\n  ".join([first, *changed, last]))
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
    """Raise UsageError unless a baseline can be called so."""
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise UsageError(f"a baseline's name is letters, digits, '-', '_' and '.', not '{name}'")


def check_new_name(name: str) -> None:
    """Raise UsageError unless a baseline can be called so and no command reads a run in it."""
    check_name(name)
    if name == "latest" or re.fullmatch(r"\d+(-\d{8}T\d{6}Z)?", name) or _is_run(Path(name)):
        raise UsageError(
            f"a baseline cannot be called '{name}', which names a run (`concbench show {name}`): "
            "call it main, say"
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
