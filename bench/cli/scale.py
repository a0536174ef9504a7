"""`concbench scale`: a run over numbers of workers, to see where each strategy stops gaining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from ..errors import UsageError
from . import options
from . import run as running
from .exit import ending

if TYPE_CHECKING:
    from ..plan.settings import Settings

STRATEGIES = ("sequential", "threading", "multiprocessing", "asyncio")
BUDGET = "2m"

Target = Annotated[
    list[str], Argument(metavar="TARGET", help="What to scale, as -w of run takes it.")
]
Workers = Annotated[
    str | None,
    Option(
        metavar="AXIS",
        help="Five numbers of workers or more: 1:64:x2 (default: up to 4 times its own).",
    ),
]
Budget = Annotated[
    str | None, Option(metavar="TIME", help=f"Time for all rounds (default: {BUDGET}).")
]


def scale(
    target: Target,
    strategy: options.Strategy = None,
    workers: Workers = None,
    param: options.Param = None,
    inputs: options.Inputs = None,
    tasks: options.Tasks = None,
    start: options.Start = None,
    budget: Budget = None,
    rounds: options.Rounds = None,
    timeout: options.Timeout = None,
    seed: options.Seed = None,
    reference: options.Reference = None,
    margin: options.Margin = None,
    probe: running.Probe = None,
    strict: options.Strict = False,
    exact: options.Exact = False,
    warm: options.Warm = False,
    results: options.Results = None,
    dry_run: running.Dry = False,
    save_baseline: running.SaveBaseline = None,
    export: running.Export = None,
    report: options.Report = False,
    columns: options.Columns = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure with more and more workers, and say where it stops scaling.

    Unless told otherwise it runs sequential, threading, multiprocessing and, if it awaits, asyncio;
    a batch has so many tasks that all workers get as many.
    """
    given = options.given(locals())
    with ending(last_line=True, verbose=verbose) as outcome:
        running.measure(swept(given), outcome)


def swept(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a run over workers; what is not given comes from the targets.

    Raises UsageError for a target that does not exist, and an axis that is none or too short.
    """
    from concbench.reports.stats.scaling import FEWEST_POINTS

    from ..plan.cells import TASKS, own_workers
    from ..plan.plugins import loaded
    from ..plan.selection import axis, selected
    from ..plan.settings import resolve

    rest = {key: value for key, value in given.items() if key not in ("target", "workers")}
    plugins = [loaded(one.spec) for one in selected("workloads", given["target"])]
    text = f"workers={given.get('workers') or numbers(max(map(own_workers, plugins)))}"
    workers = axis(text).texts
    if len(workers) < FEWEST_POINTS:
        raise UsageError(
            f"a law takes {FEWEST_POINTS} numbers of workers or more, not {len(workers)}, such as "
            f"--workers 1:64:x2 (`concbench run -P {text}` measures as few as you like)"
        )
    settings = resolve({key: rest[key] for key in ("results",) if key in rest})
    more = _defaults(settings, any(hasattr(plugin, "aopen") for plugin in plugins))
    if settings.tasks is None and "inputs" not in rest:
        own = max(getattr(plugin, "tasks", TASKS) for plugin in plugins)
        more["tasks"] = whole_waves(own, workers)
    more = {key: value for key, value in more.items() if key not in rest}
    return {**more, **rest, "workload": given["target"], "param": [text, *rest.get("param", ())]}


def _defaults(settings: Settings, awaits: bool) -> dict[str, Any]:
    """What a sweep takes where neither the command line nor the options file says otherwise.

    Work that awaits nothing would block an event loop with any number of tasks in flight.
    """
    more: dict[str, Any] = {}
    if not settings.strategy:
        more["strategy"] = [one for one in STRATEGIES if awaits or one != "asyncio"]
    if settings.budget is None and settings.rounds is None:
        more["budget"] = BUDGET
    if "probe" not in settings.model_fields_set:
        more["probe"] = ["none"]  # its time is for rounds
    return more


def numbers(workers: int) -> str:
    """`1,2,4,8,16,32,64` of 16: doubling up to four times as many; of few, some between."""
    most = max(8, 4 * workers)
    doubled = [2**power for power in range(most.bit_length()) if 2**power <= most]
    between = [3 * one // 2 for one in doubled[1:-1]] if len(doubled) < 6 else []
    return ",".join(map(str, sorted({*doubled, *between})))


def whole_waves(tasks: int, workers: Sequence[str]) -> int:
    """At least so many tasks that each number of workers shares evenly, where not far more.

    A last wave that leaves workers idle would look like contention.
    """
    even = lcm(*(int(one) for one in workers if one.isdecimal() and int(one)))
    return -(-tasks // even) * even if even <= 4 * tasks else tasks
