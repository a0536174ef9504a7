"""Whichever process is killed at whatever moment: nothing is left but a run that can go on.

A test is a chain: a run is struck and goes on, is struck so that it ends, is resumed and struck
again, and finishes in the end.
The moments are random but seeded.  FAULTS_SEED with a number repeats one, FAULTS_KILLS says how
many chains there are of each kind (`nox -s faults` asks for many), FAULTS_LOG is a file that gets a
line for each kill.  A new phase is a line in PHASES.
"""

from __future__ import annotations

import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from concbench import reports
from concbench.processes import scratch, strays

from ..bench.processes.processes import until
from ..bench.sides import repositories
from ..bench.sides.repositories import git

CHAINS = int(os.environ.get("FAULTS_KILLS", "1"))
SEED = int(os.environ.get("FAULTS_SEED", "1"))
LOG = os.environ.get("FAULTS_LOG")
COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
WORK = """
import os, time
from contextlib import contextmanager
from dataclasses import dataclass, field

@dataclass(frozen=True)
class Served:
    pid: int = field(default=0, repr=False)

    @contextmanager
    def fixture(self):
        yield {"pid": os.getpid()}

    @contextmanager
    def open(self):
        yield self.task

    def task(self, i):
        time.sleep(0.01)
        return i
"""
STRATEGIES = ("sequential", "threading", "multiprocessing", "asyncio+to_thread")
SELECTION = ("run", "-w", "work.py:Served", "--tasks", "4", "-q")
RUN = [
    *(*SELECTION, *(f"--strategy={name}" for name in STRATEGIES), "--workers", "2"),
    *("--rounds", "3", "--probe", "memory,latency"),
]
BRIEF = [*SELECTION, "-s", "sequential", "-s", "threading", "--rounds", "2", "--probe", "none"]
SIDED = [
    *(*SELECTION, "-s", "sequential", "--rounds", "1", "--probe", "none"),
    *("--side", "git:HEAD", "--side", "pip:./"),
]
SLOW = repositories.BACKEND.replace("import zipfile", "import time, zipfile").replace(
    "    about =", "    time.sleep(0.7)\n    about =", 1
)
"""Builds the project of a side, so long that pip can be killed meanwhile."""
ENDING = ["driver", "both", "group"]
"""What ends a run: `both` are the guardian and then the driver, of a `group` each is a coin."""
HELPERS = ["worker", "fixture", "guardian", "other"]
"""`other` are planners, canaries, children of pools, git, pip."""
BLOWS = 6
"""To helpers, before one that ends the run."""
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]

SHOWING = (("show", "latest"), ("report", "latest"), ("report", "latest"))
"""What reads a stored run; a page takes longer to write."""
SHOWING_SECONDS = 2.5
"""A page takes about as long."""

Events = Sequence[str]
PHASES: dict[str, Callable[[Chain], bool]] = {
    "start": lambda chain: True,
    "scout": lambda chain: chain.events() is not None,
    "canary": lambda chain: chain.has("scouted"),
    "round": lambda chain: chain.has("round"),
    "turn": lambda chain: chain.place.in_turn(),
    "later round": lambda chain: chain.has("round", times=2),
    "probe": lambda chain: chain.has("probed"),
    "save": lambda chain: chain.has("emptied"),
}
"""What tells that a run is in a phase, or was."""
STRIKE_WITHIN = 0.4
"""Seconds after that."""
ENDS = {0, 3, 130, -signal.SIGKILL}
BEFORE_US = {-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}
"""How Python ends where a signal comes before a line of ours has run."""
BUGS = re.compile(r"this is a bug in concbench|^Traceback", re.MULTILINE)
PLANNER = "its planner ended"
"""By Ctrl-C sent to it alone, as if a module of the user's had ended it: exit code 2."""
SHARED_MEMORY = Path("/dev/shm")
MOMENT = 2.0
"""Seconds for one that waits for a CPU to make a semaphore, or for others to be ended, too."""
STORED = ("run.json", "samples.json", "journal.jsonl")
"""What reading a run must not change."""

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.once,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it looks into /proc"),
]


class Place:
    """A project, a TMPDIR and a lock of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tmp, self.cache = folder / "project", folder / "tmp", folder / "cache"
        self.folder.mkdir()
        self.tmp.mkdir()
        (self.folder / "work.py").write_text(WORK)
        self.mark = f".{os.getpid()}.{folder.name}"
        own = {"TMPDIR": str(self.tmp), "_CONCBENCH_LOCK": self.mark, "FAULTS": self.mark}
        self.env = {**os.environ, **own, "XDG_CACHE_HOME": str(self.cache)}
        self.shared = self.shared_memory()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                [*COMMAND, *words],
                cwd=self.folder,
                env=self.env,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def said(self) -> str:
        return (self.folder / "said").read_text(errors="replace")

    def shared_memory(self, kills: Sequence[float] = ()) -> set[str]:
        """All names there but those of semaphores that were made as something was killed.

        Who is killed while it makes one leaves it, and nobody can tell whose it was.
        """

        def excused(path: Path) -> bool:
            return path.name.startswith("sem.") and any(
                abs(_made(path) - one) < MOMENT for one in kills
            )

        return {one.name for one in SHARED_MEMORY.iterdir() if not excused(one)}

    def runs(self) -> list[Path]:
        return sorted(self.folder.glob(".concbench/runs/*"))

    def journals(self) -> dict[Path, list[bytes]]:
        """The whole lines of each run's journal."""
        found = (path / "journal.jsonl" for path in self.runs())
        return {path: path.read_bytes().split(b"\n")[:-1] for path in found if path.exists()}

    def in_turn(self) -> bool:
        """Whether one of several workers runs a value, while the others wait for their turn."""
        roles = self.processes()
        drivers = [one.pid for one in roles.get("driver", ())]
        workers = [one for one in roles.get("worker", ()) if _parent(one) in drivers]
        waiting = sum(map(_waits, workers))
        opening = [*self.tmp.glob("*/worker-*/opening")]
        return 1 < waiting == len(workers) - 1 and not opening

    def state(self) -> str | None:
        """That of the last run; None without one."""
        records = [run / "run.json" for run in self.runs() if (run / "run.json").exists()]
        return str(json.loads(records[-1].read_text())["state"]) if records else None

    def processes(self) -> dict[str, list[psutil.Process]]:
        """All that runs here, by role."""
        roles: dict[str, list[psutil.Process]] = {}
        names = {
            "concbench.cli": "driver",
            "concbench.worker": "worker",
            "fixture_host": "fixture",
            "guardian": "guardian",
        }
        for process in strays.find("FAULTS", self.mark.__eq__):
            try:
                words = " ".join(process.cmdline())
            except psutil.Error:
                continue
            role = next((role for word, role in names.items() if word in words), "other")
            roles.setdefault(role, []).append(process)
        return roles


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    for each in made.processes().values():
        strays.kill_these(each)


class Chain:
    """Blows to one place, and what must hold after each."""

    def __init__(self, place: Place, name: str) -> None:
        self.place, self.name = place, name
        self.chance = random.Random(f"{SEED}/{name}")
        self.before: dict[Path, list[bytes]] = {}
        self.case = name
        self.run: subprocess.Popen[bytes] | None = None
        self.kills: list[float] = []
        self.unguarded = False
        """Whether nobody tidies up before the next run does."""

    def start(self, *words: str) -> None:
        self.run, self.words = self.place.start(*words), words
        self.before = self.place.journals()

    def goes_on(self) -> bool:
        return self.run is not None and self.run.poll() is None

    def wait_for(self, begun: Callable[[], object], role: str) -> bool:
        """Wait for a phase, then a while of chance, and for the role; whether the phase came.

        A turn may be over by then, and another is waited for.
        """

        def come() -> bool:
            return until(lambda: begun() or not self.goes_on(), 60) and self.goes_on()

        came = come()
        time.sleep(self.chance.uniform(0, STRIKE_WITHIN))
        if role in HELPERS:
            until(lambda: self.place.processes().get(role) or not self.goes_on(), 2)
        return came and come()

    def events(self) -> Events | None:
        """Since the last start."""
        journals = self.place.journals()
        if not journals:
            return None
        last = max(journals)
        lines = journals[last][len(self.before.get(last, ())) :]
        return [json.loads(line)["event"] for line in lines]

    def has(self, event: str, times: int = 1) -> bool:
        """Whether the journal got this, so often."""
        return (self.events() or ()).count(event) >= times

    def strike(self, role: str, phase: str) -> None:
        place, chance = self.place, self.chance
        kill = role in ("both", "group") or chance.random() < 0.5
        number = signal.SIGKILL if kill else chance.choice(SIGNALS)
        self.case = f"seed {SEED}, {self.name}: {number.name} to {role} in {phase}"
        self.journals = place.journals()
        roles = place.processes()
        chosen = list(roles.get(role, []))
        if role == "both":  # the guardian first, so that nobody tidies up
            chosen = [*roles.get("guardian", []), *roles.get("driver", [])]
        elif role == "worker" and chance.random() < 0.5:  # of several that take turns
            chosen = chance.sample(chosen, min(1, len(chosen)))
        elif role == "group":
            chosen = [one for each in roles.values() for one in each if chance.random() < 0.5]
        self.kills.append(time.time())
        struck = [one.pid for one in chosen if _sent(one, number)]
        guardians = [one.pid for one in roles.get("guardian", []) if one.pid not in struck]
        self.unguarded = not guardians
        if struck and LOG:
            line = {"role": role, "phase": phase, "signal": number.name, "struck": len(struck)}
            with Path(LOG).open("a") as log:
                log.write(json.dumps({**line, "case": self.case}) + "\n")
        if self.run and self.run.pid in struck:
            assert until(lambda: not self.goes_on(), 90), f"{self.case}: it hangs"

    def examine(self, *, last: bool = False) -> None:
        """What must hold now, and where the run has ended that nothing of it is left."""
        place, journals = self.place, self.place.journals()
        for path, lines in self.journals.items():
            assert journals[path][: len(lines)] == lines, f"{self.case}: entries changed"
        for lines in journals.values():
            for text in lines:
                json.loads(text)
        if self.run is None or self.run.poll() is None:
            return
        code, said = self.run.returncode, place.said()
        if PLANNER not in said and (code not in BEFORE_US or place.journals() != self.before):
            assert code in ENDS, f"{self.case}: exit {code}: {said}"
            assert not BUGS.search(said), f"{self.case}: {said}"
        if self.unguarded and not last:
            return
        assert until(lambda: not place.processes(), 60), f"{self.case}: left {place.processes()}"
        assert until(lambda: not [*place.tmp.iterdir()], 5 if not last else 0.1), (
            f"{self.case}: {[*place.tmp.rglob('*')]}"
        )
        left = place.shared_memory(self.kills) - place.shared
        assert until(lambda: not left & place.shared_memory(), 60), f"{self.case}: {left}"

    def wait_for_claims(self) -> None:
        """Until nothing may be a run's any more that is just about to claim it."""
        fresh = [time.time() - one.stat().st_mtime for one in self.place.tmp.iterdir()]
        time.sleep(max(0.0, scratch.UNCLAIMED_SECONDS - min(fresh, default=99)))

    def finish(self) -> None:
        """The last run ends by itself, resumed if need be, and can be read."""
        place = self.place
        if self.unguarded:
            self.wait_for_claims()
        if not self.goes_on():
            self.again()
        assert until(lambda: not self.goes_on(), 120), f"{self.case}: it hangs"
        self.examine(last=True)
        assert self.run is not None
        assert self.run.returncode in (0, 3), f"{self.case}: {place.said()}"
        assert place.state() == "finished", self.case
        for run in place.runs():
            if (run / "run.json").exists():
                reports.read(run)

    def again(self) -> None:
        """Go on with the last run, or begin another."""
        if self.place.state() in ("running", "interrupted"):
            self.start("run", "--resume", "latest", "-q")
        else:
            self.start(*RUN)


def _made(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return math.inf


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None


def _waits(process: psutil.Process) -> bool:
    """Whether it waits for a pipe, as a worker does for its turn."""
    try:
        return "pipe_read" in Path(f"/proc/{process.pid}/wchan").read_text()
    except OSError:
        return False


def _sent(process: psutil.Process, number: signal.Signals) -> bool:
    try:
        process.send_signal(number)
    except psutil.Error:
        return False
    return True


@pytest.mark.parametrize("turn", range(CHAINS))
def test_a_run_that_is_killed_again_and_again_goes_on_and_leaves_nothing(place, turn):
    chain = Chain(place, f"turn {turn}")
    chance, phases = chain.chance, list(PHASES)
    for last in chance.sample(ENDING, len(ENDING)):
        if not chain.goes_on():  # as it may where a coin spared the driver
            chain.again()
        roles = [*chance.choices(HELPERS, k=BLOWS), last]
        places = sorted(chance.choices(range(len(phases)), k=len(roles)))
        for role, at in zip(roles, places, strict=True):
            came = chain.wait_for(lambda at=at: PHASES[phases[at]](chain), role)
            chain.strike(role, phases[at] if came else "end")
            chain.examine()
            if not chain.goes_on():
                break
    chain.finish()


@pytest.mark.parametrize("turn", range(CHAINS))
def test_a_kill_while_a_page_is_written_leaves_the_run_and_it_can_be_shown(place, turn):
    chain = Chain(place, f"report, turn {turn}")
    chain.start(*BRIEF, "--report")
    chain.wait_for(lambda: place.state() == "finished", "driver")
    chain.strike("driver", "run --report")
    chain.examine()
    (run,) = place.runs()
    stored = {name: (run / name).read_bytes() for name in STORED}
    for words in chain.chance.sample(SHOWING, len(SHOWING)):
        chain.start(*words)
        time.sleep(chain.chance.uniform(0, SHOWING_SECONDS))
        chain.strike("driver", words[0])
        chain.examine(last=True)  # there is no guardian
        assert stored == {name: (run / name).read_bytes() for name in STORED}, chain.case
        page = run / "report.html"
        assert not page.exists() or "</html>" in page.read_text("utf-8"), chain.case
    for words in SHOWING[:2]:
        chain.start(*words)
        assert until(lambda: not chain.goes_on(), 120)
        chain.examine(last=True)
        assert chain.run is not None
        assert chain.run.returncode == 0, f"{chain.case}: {place.said()}"
    assert "</html>" in (run / "report.html").read_text("utf-8")


@pytest.mark.parametrize("turn", range(CHAINS))
def test_a_kill_while_a_side_is_built_leaves_nothing_and_the_next_run_builds_it(place, turn):
    files = {"pyproject.toml": repositories.PROJECT, "backend.py": SLOW, "lib.py": "ANSWER = 1\n"}
    for name, text in files.items():
        (place.folder / name).write_text(text)
    git(place.folder, "init", "-q")
    git(place.folder, "add", *files, "work.py")
    git(place.folder, "commit", "-qm", "work")
    chain = Chain(place, f"side, turn {turn}")
    for role in chain.chance.sample(["driver", "both", "other", "group"], 3):
        chain.start(*SIDED)
        chain.wait_for((place.cache / "concbench" / "sides").exists, "driver")
        time.sleep(chain.chance.uniform(0, 2))
        chain.strike(role, "build")
        if role == "other":  # git, pip, or a planner: what it was for has failed
            until(lambda: not chain.goes_on(), 60)
            if chain.run and chain.run.poll() == 2:
                continue
        chain.examine()
        until(lambda: not chain.goes_on(), 60)
    chain.wait_for_claims()
    chain.start(*SIDED)
    assert until(lambda: not chain.goes_on(), 120)
    chain.examine(last=True)
    assert chain.run is not None
    assert chain.run.returncode == 0, f"{chain.case}: {place.said()}"
    assert len(git(place.folder, "worktree", "list").splitlines()) == 2, chain.case
