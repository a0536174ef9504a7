"""Whichever process is killed at whatever moment: nothing is left but a run that can go on.

The moments are random but seeded: FAULTS_SEED with a number repeats one, FAULTS_KILLS says how many
there are of each kind (`nox -s faults` asks for many).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from concbench.processes import strays

from ..bench.processes.processes import until

KILLS = int(os.environ.get("FAULTS_KILLS", "1"))
SEED = int(os.environ.get("FAULTS_SEED", "1"))
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
        time.sleep(0.002)
        return i
"""
RUN = [
    *(
        "run",
        "-w",
        "work.py:Served",
        "-s",
        "sequential",
        "-s",
        "threading",
        "-s",
        "multiprocessing",
    ),
    *("--tasks", "8", "--workers", "2", "--rounds", "3", "--probe", "memory,latency", "--report"),
]
ROLES = ["driver", "worker", "fixture", "guardian", "both", "group"]
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
PHASES = {"start": 0, "scout": 2, "turn": 5, "canary": 9, "probe": 16, "save": 20}
"""Entries in the journal from which a phase has begun, about."""

SIDED = [
    *("run", "-w", "work.py:Served", "-s", "sequential", "--tasks", "4", "--rounds", "1"),
    *("--side", "git:HEAD", "--side", "working tree", "--probe", "none"),
]
GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
SHARED_MEMORY = Path("/dev/shm")
ALONE = KILLS > 1
"""Nothing else of ours runs on this machine, so that what appears in /dev/shm is of these runs."""

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it looks into /proc"),
]


class Place:
    """A project, a TMPDIR and a lock of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tmp = folder / "project", folder / "tmp"
        self.folder.mkdir()
        self.tmp.mkdir()
        (self.folder / "work.py").write_text(WORK)
        lock = f".{os.getpid()}.{folder.name}"
        own = {"TMPDIR": str(self.tmp), "_CONCBENCH_LOCK": lock, "FAULTS": lock}
        self.env = {**os.environ, **own, "XDG_CACHE_HOME": str(folder / "cache")}
        self.mark = lock
        self.shared = self.shared_memory()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "said").open("ab") as said:
            return subprocess.Popen(
                [*COMMAND, *words],
                cwd=self.folder,
                env=self.env,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def shared_memory(self) -> set[str]:
        return {one.name for one in SHARED_MEMORY.iterdir()} if ALONE else set()

    def journal(self) -> bytes:
        found = [*self.folder.glob(".concbench/runs/*/journal.jsonl")]
        return found[0].read_bytes() if found else b""

    def processes(self) -> dict[str, list[psutil.Process]]:
        """All that runs here, by role."""
        roles: dict[str, list[psutil.Process]] = {}
        for process in strays.find("FAULTS", self.mark.__eq__):
            try:
                words = " ".join(process.cmdline())
            except psutil.Error:
                continue
            names = {
                "concbench.worker": "worker",
                "fixture_host": "fixture",
                "guardian": "guardian",
            }
            role = next((role for word, role in names.items() if word in words), "other")
            roles.setdefault("driver" if "concbench.cli" in words else role, []).append(process)
        return roles


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    for each in made.processes().values():
        strays.kill_these(each)


def strike(place: Place, role: str, number: int, chance: random.Random) -> None:
    roles = place.processes()
    chosen = roles.get(role, [])
    if role == "both":  # the guardian first, so that nobody tidies up
        chosen = [*roles.get("guardian", []), *roles.get("driver", [])]
    elif role == "group":
        chosen = [one for each in roles.values() for one in each if chance.random() < 0.5]
    for one in chosen:
        try:
            one.send_signal(number)
        except psutil.Error:
            continue


def whole(text: bytes) -> list[bytes]:
    return text.split(b"\n")[:-1]


def examine(place: Place, before: list[bytes], case: str) -> None:
    """What must hold after a kill and what came of it."""
    assert until(lambda: not place.processes(), 60), f"{case}: left {place.processes()}"
    assert until(lambda: place.shared_memory() <= place.shared), f"{case}: in /dev/shm"
    after = place.journal()
    lines = whole(after)
    assert lines[: len(before)] == before, f"{case}: entries changed"
    for text in lines:
        json.loads(text)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("turn", range(KILLS))
def test_a_kill_at_any_moment_leaves_a_run_that_goes_on(place, role, turn):
    chance = random.Random(f"{SEED}/{role}/{turn}")
    number = signal.SIGKILL if role in ("both", "group") else chance.choice(SIGNALS)
    phase = chance.choice(list(PHASES))
    case = f"seed {SEED}, {role}, turn {turn}: {number.name} in {phase}"
    run = place.start(*RUN)
    until(lambda: len(whole(place.journal())) >= PHASES[phase] or run.poll() is not None, 120)
    time.sleep(chance.uniform(0, 0.5))
    before = whole(place.journal())
    strike(place, role, number, chance)
    # A worker or a fixture that dies ends no run; what ended by itself was finished.
    assert until(lambda: run.poll() is not None, 240), f"{case}: it hangs"
    assert run.returncode in (0, 3, 130, -9), f"{case}: {(place.folder / 'said').read_text()}"
    if role not in ("both", "group"):
        examine(place, before, case)
        assert not [*place.tmp.iterdir()], f"{case}: {[*place.tmp.iterdir()]}"
    if not place.journal():
        again = place.start(*RUN)
    elif run.returncode in (0, 3):
        again = place.start("show")
    else:
        again = place.start("run", "--resume", "latest", "--report")
    assert again.wait(240) in (0, 3), f"{case}: {(place.folder / 'said').read_text()}"
    examine(place, before, case)
    # Where the guardian died with its driver the next run has tidied up.
    assert not [*place.tmp.iterdir()], f"{case}: {[*place.tmp.iterdir()]}"
    assert "this is a bug in concbench" not in (place.folder / "said").read_text(), case
    run_json = next(place.folder.glob(".concbench/runs/*/run.json"))
    assert json.loads(run_json.read_text())["state"] in ("finished", "interrupted"), case


@pytest.mark.parametrize("role", ["driver", "both"])
@pytest.mark.parametrize("turn", range(KILLS))
def test_a_kill_while_a_side_is_built_leaves_nothing_and_the_next_run_builds_it(place, role, turn):
    for words in (["init", "-q"], ["add", "work.py"], ["commit", "-qm", "work"]):
        subprocess.run([*GIT, *words], cwd=place.folder, check=True)
    chance = random.Random(f"{SEED}/side/{role}/{turn}")
    number = signal.SIGKILL if role == "both" else chance.choice(SIGNALS)
    case = f"seed {SEED}, side, {role}, turn {turn}: {number.name}"
    run = place.start(*SIDED)
    built = place.folder.parent / "cache" / "concbench" / "sides"
    until(lambda: built.exists() or run.poll() is not None, 60)
    time.sleep(chance.uniform(0, 3))
    strike(place, role, number, chance)
    assert until(lambda: run.poll() is not None, 240), f"{case}: it hangs"
    if role == "driver":
        examine(place, [], case)
        assert not [*place.tmp.iterdir()], case
    assert place.start(*SIDED).wait(240) == 0, f"{case}: {(place.folder / 'said').read_text()}"
    examine(place, [], case)
    assert not [*place.tmp.iterdir()], case
    trees = subprocess.check_output([*GIT, "worktree", "list"], cwd=place.folder, text=True)
    assert len(trees.splitlines()) == 2, case
