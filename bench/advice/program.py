"""The program that runs a user's work the advised way: short, complete, as one would write it.

It runs the same tasks with the same workers, and its `main` returns the same results in task order.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING

from concbench.reports.run.advice import Look

from ..errors import UsageError
from ..spec import INPUTS, Spec

if TYPE_CHECKING:
    from concbench.reports.run.stored import Stored

POOLS = {
    "threading": ("ThreadPoolExecutor", ""),
    "multiprocessing": ("ProcessPoolExecutor", ", mp_context=get_context({start!r})"),
    "interpreters": ("InterpreterPoolExecutor", ""),
}
"""By strategy the executor, and what it is given besides workers."""
IN_LOOPS = ("asyncio", "multiprocessing+asyncio")
BATCH = """
results = {}
numbered = iter(enumerate(items))

async def worker():
    for i, item in numbered:  # all workers take from the same
        results[i] = await task(item)

async with asyncio.TaskGroup() as group:
    for _ in range(WORKERS):
        group.create_task(worker())
return [results[i] for i in range(len(items))]
"""
"""The body of a coroutine function of `items` that keeps so many in flight."""


@dataclass(frozen=True)
class Job:
    """What is run and how: the work, what was seen of it, the advised strategy, and the tasks."""

    workload: Spec
    look: Look
    strategy: Spec
    tasks: int

    @property
    def place(self) -> str:
        """The file or module of the work."""
        return self.workload.target.rpartition(":")[0]

    @property
    def name(self) -> str:
        """What it is called there."""
        return self.workload.target.rpartition(":")[2]

    @property
    def module(self) -> str:
        """What a program imports."""
        return Path(self.place).stem if self.place.endswith(".py") else self.place

    @property
    def workers(self) -> int:
        return int(self.strategy.params.get("workers", 1))

    @property
    def made(self) -> str:
        """The work of a dataclass with its parameters, as code."""
        return f"{self.name}({self.given})"

    @property
    def given(self) -> str:
        """The parameters as keyword arguments."""
        params = self.workload.params.items()
        return ", ".join(f"{key}={value!r}" for key, value in params if key != INPUTS)


def of_cell(run: Stored, cell: int, look: Look) -> Job:
    """The job of a cell of a stored run."""
    planned = next(one for one in run.run.cells if one.id == cell)
    specs = (Spec(one.name, one.target, one.params) for one in (planned.workload, planned.strategy))
    workload, strategy = specs
    return Job(workload, look, strategy, planned.tasks)


def why_none(job: Job) -> str:
    """Why there can be no such program, or ""."""
    if job.look.fixture:
        return f"{job.workload.name} needs what concbench runs beside it (its fixture)"
    if job.place.endswith(".cloudpickle"):
        return f"{job.name} stands in no file that a program could import"
    parts = job.module.split(".")
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
        return f"'{job.module}' is no name that a program could import"
    if not (job.look.function or job.look.blocking or job.strategy.name in IN_LOOPS):
        return f"{job.name} is opened in an event loop, and {job.strategy.name} runs none"
    if job.strategy.name not in (*POOLS, *IN_LOOPS, "sequential", "asyncio+to_thread"):
        return f"there is none for {job.strategy.name}"
    return ""


def program(job: Job, folder: Path) -> str:
    """Its text, for a file in this folder.  Raises UsageError where there can be none."""
    if why := why_none(job):
        raise UsageError(f"no program can be written: {why}")
    imports, items = _items(job)
    more, task = _task(job)
    others, main = _main(job)
    standard = {*imports, *more, *others}
    own = f"from {job.module} import {job.name}"
    if job.workload.params.get(INPUTS) in (None, "") and job.look.inputs is not None:
        own += f", {INPUTS}"
    if job.place.endswith(".py") and Path(job.place).parent != folder.resolve():
        standard.add("import sys")
        own = f"sys.path.append({str(Path(job.place).parent)!r})\n\n{own}"
    workers = f"WORKERS = {_each(job)}\n" if job.workers > 1 else ""
    head = f'"""{_title(job)}"""\n\n{_sorted(standard)}{own}\n\n{workers}{items}'
    end = 'if __name__ == "__main__":\n    print(*main(), sep="\\n")\n'
    return "\n\n\n".join([head, *task, *main, end])


def _title(job: Job) -> str:
    workers = f" with {job.workers} workers" if job.workers > 1 else ""
    return f"{job.name} under {job.strategy.name}{workers}, as concbench advises."


def _sorted(lines: Iterable[str]) -> str:
    """Imports of the standard library in their usual order, and an empty line."""
    ordered = sorted(lines, key=lambda line: (line.startswith("from "), line))
    return "".join(f"{line}\n" for line in ordered) + ("\n" if ordered else "")


def _items(job: Job) -> tuple[list[str], str]:
    """What its tasks take: their numbers, or inputs, after the last of which come the first."""
    given, count = str(job.workload.params.get(INPUTS) or ""), job.look.inputs
    if job.look.arguments:
        return [], f"ITEMS = {job.made}.arguments(range({job.tasks}))"
    if count is None:
        return [], f"ITEMS = range({job.tasks})"
    imports, whole = _source(given) if given else ([], INPUTS)
    if not given:
        whole = f"{INPUTS}() if callable({INPUTS}) else {INPUTS}"
    if count < job.tasks:
        imports = [*imports, "from itertools import cycle, islice"]
        return imports, f"ITEMS = list(islice(cycle({whole}), {job.tasks}))"
    return imports, f"ITEMS = list({whole})" + (f"[:{job.tasks}]" if count > job.tasks else "")


def _source(given: str) -> tuple[list[str], str]:
    """Imports, and the expression that reads inputs as `--inputs` does."""
    if any(sign in given for sign in "*?[") and not Path(given).exists():
        pattern = str(Path.cwd() / given)
        return ["from glob import glob"], f"sorted(glob({pattern!r}, recursive=True))"
    path = str(Path(given).resolve())
    text = f'Path({path!r}).read_text(encoding="utf-8")'
    pathlib, each = "from pathlib import Path", f"line in {text}.splitlines() if line.strip()"
    match Path(given).suffix.lower():
        case ".json":
            return ["import json", pathlib], f"json.loads({text})"
        case ".jsonl":
            return ["import json", pathlib], f"(json.loads(line) for {each})"
        case ".csv":
            return ["import csv", pathlib], f"csv.DictReader({text}.splitlines())"
        case ".parquet":
            return ["from pyarrow import parquet"], f"parquet.read_table({path!r}).to_pylist()"
    return [pathlib], f"(line for {each})"


def _task(job: Job) -> tuple[list[str], list[str]]:
    """Imports, and the definition of a task; of a dataclass in pools how a worker opens it."""
    awaits = job.strategy.name in IN_LOOPS
    if job.look.function:
        call = f"{job.name}(item{', ' if job.given else ''}{job.given})"
        if awaits:
            return [], [f"async def task(item):\n    return await {call}"]
        if job.look.blocking:
            return [], [f"def task(item):\n    return {call}"]
        return ["import asyncio"], [f"def task(item):\n    return asyncio.run({call})"]
    if awaits or job.strategy.name == "sequential":
        return [], []
    opened = f"""
    lane = threading.local()


    def open_lane():
        lane.opened = {job.made}.open()  # for the life of its worker
        {"lane.call, _" if job.look.counts else "lane.call"} = lane.opened.__enter__()


    def task(item):
        return lane.call(item)
    """
    return ["import threading"], [dedent(opened).strip()]


def _main(job: Job) -> tuple[list[str], list[str]]:
    """Imports, and the definitions that run all tasks."""
    pooled = not job.look.function
    opener = ", initializer=open_lane" if pooled else ""
    match job.strategy.name:
        case "sequential":
            body = _inside(job, "with", "open", "return [task(item) for item in ITEMS]")
            return [], [f"def main():\n{body}"]
        case "asyncio":
            batch = _inside(job, "async with", "aopen", dedent(BATCH).strip())
            main = "def main():\n    return asyncio.run(batch(ITEMS))"
            return ["import asyncio"], [f"async def batch(items):\n{batch}", main]
        case "multiprocessing+asyncio":
            return _loops_in_processes(job)
        case "asyncio+to_thread":
            return _threads_behind_a_loop(opener)
        case name:
            executor, more = POOLS[name]
            context = more.format(start=job.strategy.params.get("start", "spawn"))
            main = f"""
            def main():
                with {executor}(WORKERS{context}{opener}) as pool:
                    return list(pool.map(task, ITEMS))
            """
            imports = [f"from concurrent.futures import {executor}"]
            imports += ["from multiprocessing import get_context"] if context else []
            return imports, [dedent(main).strip()]


def _inside(job: Job, keyword: str, form: str, body: str) -> str:
    """A function's body; inside what a dataclass opens, where it is one."""
    if job.look.function:
        return indent(body, "    ")
    task = "(task, _)" if job.look.counts else "task"
    return f"    {keyword} {job.made}.{form}() as {task}:\n{indent(body, '        ')}"


def _processes(job: Job) -> int:
    return min(int(job.strategy.params.get("processes", job.workers)), job.workers)


def _each(job: Job) -> int:
    """Workers of a pool, or of each event loop where there are several."""
    if job.strategy.name == "multiprocessing+asyncio":
        return -(-job.workers // _processes(job))
    return job.workers


def _loops_in_processes(job: Job) -> tuple[list[str], list[str]]:
    start, count = job.strategy.params.get("start", "spawn"), _processes(job)
    batch = _inside(job, "async with", "aopen", dedent(BATCH).strip())
    chunk = "def chunk(items):\n    return asyncio.run(batch(items))"
    main = f"""
    def main():
        chunks = [ITEMS[first::{count}] for first in range({count})]
        with ProcessPoolExecutor({count}, mp_context=get_context({start!r})) as pool:
            results = list(pool.map(chunk, chunks))
        return [results[i % {count}][i // {count}] for i in range(len(ITEMS))]
    """
    imports = [
        "import asyncio",
        "from concurrent.futures import ProcessPoolExecutor",
        "from multiprocessing import get_context",
    ]
    return imports, [f"async def batch(items):\n{batch}", chunk, dedent(main).strip()]


def _threads_behind_a_loop(opener: str) -> tuple[list[str], list[str]]:
    body = dedent(BATCH).strip().replace("await task(item)", "await asyncio.to_thread(task, item)")
    batch = f"""
    async def batch(items):
        pool = ThreadPoolExecutor(WORKERS{opener})
        asyncio.get_running_loop().set_default_executor(pool)
    """
    main = "def main():\n    return asyncio.run(batch(ITEMS))"
    imports = ["import asyncio", "from concurrent.futures import ThreadPoolExecutor"]
    return imports, [f"{dedent(batch).strip()}\n{indent(body, '    ')}", main]
