"""`concbench.run`: a run from Python, in a notebook, a shell or a script."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concbench.reports.files import write_whole

from . import pickled
from .cli import progress
from .cli.lessons import spoken, taught
from .cli.stored import read
from .course.teaching import syllabus
from .driver import run
from .driver.watch import Event, Watch
from .errors import UsageError
from .plan.plugins import parameters
from .plan.settings import resolve
from .processes.variables import INSIDE
from .spec import PRIVATE, plain

if TYPE_CHECKING:
    from concbench.reports.render.lessons import Lessons
    from concbench.reports.render.notebook import Run

FUNCTIONS = "functions"
"""The folder, beside that of the runs, for work that stands in no file of its own."""

SECONDS_APART = 0.5
"""Between two updates of the live line: each is a message that a notebook's page has to draw."""


def measure(given: Mapping[str, Any]) -> Run:
    """Measure what `concbench.run` was given, and give the stored run."""
    from concbench.reports.analysis import records
    from concbench.reports.render.notebook import Run

    refuse_nested()
    flags = {key: value for key, value in given.items() if key != "quiet"}
    work = flags.pop("workload")
    flags["inputs"] = _inputs(flags["inputs"], resolve({"results": flags["results"]}).results)
    settings = resolve(flags)
    things = work if isinstance(work, (list, tuple)) else [work]
    texts = tuple(text(thing, settings.results) for thing in things)
    refuse_nested(texts)
    if texts:
        settings = settings.model_copy(update={"workload": texts})
    with _watching(given["quiet"]) as watch:
        folder = run(settings, _words({"workload": texts, **flags}), watch)
    stored = read(folder.resolve())
    records.write(stored, stored.folder)
    shown = Run(stored)
    if shown.failed and not given["quiet"]:
        print(*(f"concbench: {line}" for line in shown.failed), sep="\n", file=sys.stderr)
    return shown


def teach(
    names: Sequence[str],
    language: str | None,
    rounds: int | None,
    timeout: str | None,
    quiet: bool,
) -> Lessons:
    """Teach what `concbench.lessons` was given, as far as nobody interrupts it."""
    from concbench.reports.render.lessons import Lessons

    refuse_nested()
    wanted = syllabus(names, rounds, timeout)
    tongue = spoken(language)

    @contextmanager
    def watching() -> Iterator[Callable[[str], object]]:
        display = None if quiet else _display()
        handle = display(_line("preparing"), raw=True, display_id=True) if display else None
        yield lambda where: handle and handle.update(_line(where or "done"), raw=True)

    return Lessons(taught(wanted, tongue, lambda one: None, watching))


def refuse_nested(targets: Iterable[str] = ()) -> None:
    """Raise UsageError inside a worker of a run, and while what workers import is imported.

    Each worker would start a run, whose workers start one each.
    """
    frames = [
        frame for frame, _ in traceback.walk_stack(None) if frame.f_code.co_name == "<module>"
    ]
    names = {frame.f_code.co_filename: frame.f_globals.get("__name__", "") for frame in frames}
    imported = {file: name for file, name in names.items() if _is_being_imported(name)}
    inside = INSIDE in os.environ
    places = {target.rpartition(":")[0] for target in targets}
    for file, name in imported.items():
        if inside or name.startswith(PRIVATE) or {file, name} & places:
            guard = 'guard it with `if __name__ == "__main__"`'
            raise UsageError(f"{file} calls run while it is imported: {guard}")
    if inside:
        raise UsageError("run was called inside a worker of a run: a task cannot start one")


def _is_being_imported(name: str) -> bool:
    """Whether a module whose code runs is not yet there; a file of ours is loaded without that."""
    about = getattr(sys.modules.get(name), "__spec__", None)
    return name.startswith(PRIVATE) or bool(getattr(about, "_initializing", False))


def text(thing: Any, results: Path) -> str:
    """Work as the command line would name it; what stands in no file is written to one."""
    if isinstance(thing, str):
        return thing
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return _target(type(thing), results) + _brackets(thing)
    if not callable(thing):
        raise UsageError(f"workload must be texts, functions or dataclasses, not {thing!r}")
    return _target(thing, results)


def _inputs(given: Any, results: Path) -> str | None:
    """The file of inputs; an iterable is written to one, named by its content."""
    if given is None or isinstance(given, (str, Path)):
        return None if given is None else str(given)
    try:
        content = json.dumps(list(given)).encode()
    except (TypeError, ValueError) as error:
        why = f"inputs must be a file, a pattern of paths or an iterable of JSON values: {error}"
        raise UsageError(f"{why}\n  anything else: call it `inputs`, beside the function") from None
    path = results.resolve() / FUNCTIONS / f"inputs-{sha256(content).hexdigest()[:12]}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return str(path)


def _target(thing: Any, results: Path) -> str:
    name = getattr(thing, "__qualname__", "")
    module = sys.modules.get(getattr(thing, "__module__", None) or "__main__")
    if module is None or module.__name__ == "__main__" or getattr(module, name, None) is not thing:
        name = getattr(thing, "__name__", type(thing).__name__).strip("<>")  # <lambda>
        return pickled.write(name, thing, str(results.resolve() / FUNCTIONS))
    file = getattr(module, "__file__", None) or ""
    # A module of its own may be anywhere; one of a package must be found through its package.
    alone = file.endswith(".py") and "." not in module.__name__ and not hasattr(module, "__path__")
    return f"{file if alone else module.__name__}:{name}"


def _brackets(thing: Any) -> str:
    """The parameters of an instance that are not the defaults: `[seconds=0.02]`."""
    default = parameters(type(thing))
    changes = {key: getattr(thing, key) for key in default if getattr(thing, key) != default[key]}
    if wrong := [key for key, value in changes.items() if "," in plain(value)]:
        raise UsageError(f"{type(thing).__name__}: '{wrong[0]}' must not contain a comma")
    inner = ",".join(f"{key}={plain(value)}" for key, value in changes.items())
    return f"[{inner}]" if inner else ""


def _words(flags: Mapping[str, Any]) -> list[str]:
    """The command line that measures the same again."""
    words = ["run"]
    for key, value in flags.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            words += [] if one is None else [f"--{key}", str(one)]
    return words


def _watching(quiet: bool) -> AbstractContextManager[Watch]:
    display = None if quiet else _display()
    return live(display) if display else progress.watching(quiet, verbose=False)


def _display() -> Callable[..., Any] | None:
    """What shows something in a notebook; None elsewhere."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return ipython.display.display if ipython and hasattr(shell, "kernel") else None


@contextmanager
def live(display: Callable[..., Any]) -> Iterator[Watch]:
    """Shows one line in the output of a notebook's cell, updated while a worker starts."""
    updated = began = time.monotonic()
    handle = display(_line("preparing", 0.0), raw=True, display_id=True)
    rounds = 0

    def watch(event: Event) -> None:
        nonlocal updated, rounds
        rounds = event.round + 1
        if time.monotonic() - updated < SECONDS_APART:
            return
        updated = time.monotonic()
        where = f"{event.where}, {progress.left(event.remaining)}: {progress.place(event)}"
        handle.update(_line(where, event.elapsed / progress.total(event)), raw=True)

    end = "stopped"
    try:
        yield watch
        end = "measured"
    finally:
        summary = f"{end}: {rounds} round{'' if rounds == 1 else 's'}"
        handle.update(_line(f"{summary} in {time.monotonic() - began:.0f} s"), raw=True)


def _line(text: str, share: float | None = None) -> dict[str, str]:
    bar = "" if share is None else f'<progress value="{share:.3f}"></progress> '
    return {"text/plain": text, "text/html": f"{bar}<small>{escape(text)}</small>"}
