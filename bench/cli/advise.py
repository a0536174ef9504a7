"""`concbench advise`: which strategy for one's own function, how many workers, and why."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from ..errors import Exit, UsageError, alternatives
from . import options, stored
from .exit import Outcome, ending, writing
from .progress import watching

if TYPE_CHECKING:
    from concbench.reports.advice.answer import AdviceAnswer
    from concbench.reports.run.advice import Advice
    from concbench.reports.run.stored import Stored

    from ..advice.steps import Wish
    from ..plan.settings import Settings

SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
STEPS = {
    "looking": "1. looking at the work: {target}, {tasks:,} tasks",
    "costing": "2. predicting, from what strategies cost here",
    "racing": "3. racing the rest",
    "answering": "4. answering",
    "beside": "   measuring threads on the other Python",
}

Target = Annotated[
    str | None,
    Argument(
        metavar="TARGET", help="The work: file.py:function, module:name or a workload's name."
    ),
]
Goal = Annotated[
    str | None,
    Option(metavar="GOAL", help="What to optimise: batch (the default), one-shot, cpu or memory."),
]
MaxWorkers = Annotated[int | None, Option(metavar="N", help="Never more workers than this.")]
MaxMemory = Annotated[
    str | None, Option(metavar="SIZE", help="Never more memory than this: 500MB, 2GB.")
]
Budget = Annotated[str | None, Option(metavar="TIME", help="Time for all of it (default: 60s).")]
Side = Annotated[
    str | None,
    Option(metavar="python:VERSION", help="Also measure threads on another Python: python:3.14t."),
]
Write = Annotated[
    Path | None,
    Option("--write", metavar="FILE", help="Write a program that runs the work that way."),
]
Refresh = Annotated[
    bool, Option("--refresh-costs", help="Measure again what strategies cost on this machine.")
]


def advise(
    target: Target = None,
    goal: Goal = None,
    inputs: options.Inputs = None,
    tasks: options.Tasks = None,
    max_workers: MaxWorkers = None,
    max_memory: MaxMemory = None,
    budget: Budget = None,
    timeout: options.Timeout = None,
    start: options.Start = None,
    seed: options.Seed = None,
    side: Side = None,
    write: Write = None,
    refresh_costs: Refresh = False,
    results: options.Results = None,
    resume: options.Resume = None,
    report: options.Report = False,
    as_json: options.Json = False,
    strict: options.Strict = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Say which model to use for your function, and why."""
    given = options.given(locals())
    with ending(last_line=True) as outcome:
        from ..advice import steps

        wish = wished(given)
        if write:
            stored.check_output(str(write))
        telling = _telling(quiet, as_json)

        def progress() -> Any:
            return watching(quiet or as_json, verbose)

        if "resume" in given:
            settings, known, unfinished = _resumed(given)
            folder = steps.resume(settings, known, unfinished, progress, telling)
        else:
            folder = steps.advise(_settings(given, wish), wish, progress, telling)
        _show(folder, given, outcome)


def wished(given: Mapping[str, Any]) -> Wish:
    """What is asked for; UsageError names the option and what it takes."""
    from concbench.reports.run.advice import GOALS

    from ..advice.steps import Wish
    from ..plan import MOST, limits

    goal = given.get("goal", GOALS[0])
    if goal not in GOALS:
        raise UsageError(f"no goal '{goal}'{alternatives(goal, GOALS)}")
    workers = given.get("max_workers")
    if workers is not None and not 1 <= workers <= MOST["workers"]:
        raise UsageError(f"--max-workers must be {limits('workers')}, not {workers:,}")
    memory = given.get("max_memory")
    size = None if memory is None else _bytes(str(memory))
    side = str(given.get("side") or "")
    if side:
        _check_side(side)
    return Wish(goal, workers, size, bool(given.get("refresh_costs")), side)


def _check_side(text: str) -> None:
    from ..sides.build import check

    if not text.startswith("python:"):
        raise UsageError(f"--side of an advice is another Python, such as python:3.14t, not {text}")
    check(text)


def _bytes(text: str) -> int:
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([kmgt]?)(i?)b?\s*", text.lower())
    size = 0
    if match:
        unit = SIZES[match[2]] if not match[3] else 1024 ** list(SIZES).index(match[2])
        size = int(float(match[1]) * unit)
    if not size:
        raise UsageError(f"--max-memory must be a size such as 500MB or 2GB, not {text!r}")
    return size


def _settings(given: Mapping[str, Any], wish: Wish) -> Settings:
    from ..plan.settings import Settings, resolve

    if "target" not in given:
        raise UsageError(
            "advice is about your own work: concbench advise yourfile.py:function "
            "(or the name of a workload; --resume goes on with an interrupted one)"
        )
    flags = {key: given[key] for key in Settings.model_fields if key in given and key != "side"}
    return probed(resolve({**flags, "workload": [given["target"]]}), wish)


def probed(settings: Settings, wish: Wish) -> Settings:
    """The same, with a look at memory where that decides."""
    needs_memory = wish.goal == "memory" or wish.max_memory_bytes is not None
    probes = ("memory",) if needs_memory else ("none",)
    return settings.model_copy(update={"probe": probes, "raw": False})


def _resumed(given: Mapping[str, Any]) -> tuple[Settings, Advice, Path]:
    """The settings of the run to go on with, what it knew before its race, and its folder."""
    from ..plan.settings import Settings, resolve, resumed
    from ..store.runs import run_to_resume, settings_to_resume

    flags = {key: one for key, one in given.items() if key in Settings.model_fields}
    results = resolve({"results": flags.get("results")}).results
    folder = run_to_resume(results, given["resume"])
    known = stored.read(folder).advice
    if known is None:
        raise UsageError(
            f"{folder.name} is no advice: go on with it by `concbench run --resume {folder.name}`"
        )
    own = ("target", "goal", "max_workers", "max_memory", "side")
    fixed = [key for key in own if key in given]
    if fixed:
        option = fixed[0].replace("_", "-")
        raise UsageError(f"an advice goes on as it began: leave out {option} with --resume")
    return resumed(folder.name, settings_to_resume(folder), flags, results), known, folder


def _telling(quiet: bool, as_json: bool) -> Any:
    """What prints each step: to stderr where stdout is for a machine."""

    def tell(step: str, advice: Advice) -> None:
        from concbench.reports.advice import prediction

        stream = sys.stderr if as_json else sys.stdout
        if step in STEPS:
            lines = [STEPS[step].format(target=advice.target, tasks=advice.tasks)]
        elif step == "look" and advice.look is not None:
            lines = [f"   {line}" for line in prediction.words(advice.look, advice.cpus)]
        elif step == "left out":
            lines = [f"   costs: {advice.costs_from}"]
            lines += [f"   {line}" for line in prediction.reasons(advice.left_out)]
        else:
            lines = []
        for line in lines:
            print(line, file=stream, flush=True)

    return (lambda step, advice: None) if quiet else tell


def _show(folder: Path, given: Mapping[str, Any], outcome: Outcome) -> None:
    import json

    from concbench.reports.advice.answer import answer
    from concbench.reports.analysis import records
    from concbench.reports.render import advice as rendered

    outcome.run = folder.name.partition("-")[0]
    run = stored.read(folder)
    with writing(folder):
        records.write(run, folder)
    found = answer(run)
    assert found is not None  # it was measured as one
    _count(found, outcome, strict=bool(given.get("strict")))
    if given.get("as_json"):
        print(json.dumps(found.document(), indent=1))
    else:
        print()
        rendered.show(found, stored.console(), whole=bool(given.get("quiet")))
        if "write" not in given:
            rendered.show_code(found, stored.console())
        print(f"\nsaved: {stored.short(folder)} (all that was raced: concbench show)")
    if given.get("report"):
        stored.write_page([run])
    if "write" in given:
        _write(run, found, given["write"], outcome)


def _count(found: AdviceAnswer, outcome: Outcome, *, strict: bool) -> None:
    if found.outcome == "failed":
        outcome.failed = 1
    elif found.outcome != "decided":
        outcome.inconclusive = 1
        if strict:
            outcome.codes.add(Exit.INCONCLUSIVE)


def _write(run: Stored, found: AdviceAnswer, path: Path, outcome: Outcome) -> None:
    """Write the program of what is advised, or say why there is none."""
    from ..advice import program

    if found.use is None or found.findings.advice.look is None:
        print(f"concbench: {path} is not written: nothing is advised", file=sys.stderr)
        outcome.inconclusive = 1
        return
    job = program.of_cell(run, found.use.id, found.findings.advice.look)
    if why := program.why_none(job):
        print(f"concbench: {path} is not written: {why}", file=sys.stderr)
        outcome.codes.add(Exit.USAGE)
        return
    stored.write_output(program.program(job, path.resolve().parent), "python", str(path))
    print(f"wrote {path}", file=sys.stderr)
