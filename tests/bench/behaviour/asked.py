"""Questions asked in workers of their own, several at a time: most of them only wait."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from concbench.plan.plugins import find, loaded, parameters
from concbench.processes.children import interpreter_command
from concbench.spec import Spec

BROKEN = Path(__file__).with_name("broken.py")
COMMAND = interpreter_command("from concbench.worker import main; main()")
AT_ONCE = 6
PATIENCE_SECONDS = 60

pool = ThreadPoolExecutor(AT_ONCE)
starting = threading.Lock()
coming: dict[tuple[str, str], Future[dict[str, Any]]] = {}


def strategy(name: str, **params: object) -> Spec:
    """A broken one, which begins with a capital, or a built-in one."""
    spec = Spec(name, f"{BROKEN}:{name}") if name[0].isupper() else find("strategies", name)
    needed = {key: 2 for key, value in parameters(loaded(spec)).items() if value is ...}
    return Spec(spec.name, spec.target, {**needed, **params})


def soon(spec: Spec, question: str) -> Future[dict[str, Any]]:
    """What a worker will leave; each is asked once."""
    key = spec.label, question
    if key not in coming:
        coming[key] = pool.submit(asked, spec, question)
    return coming[key]


def ask(spec: Spec, question: str) -> dict[str, Any]:
    return soon(spec, question).result()


def _started(command: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
    """The process; beside other threads a vfork was seen to end in EFAULT, and is done again."""
    for _ in range(9):
        try:
            return subprocess.Popen(command, **how)
        except OSError as error:
            if error.errno != errno.EFAULT:
                raise
    return subprocess.Popen(command, **how)


def asked(spec: Spec, question: str, before: Sequence[str] = ()) -> dict[str, Any]:
    """Ask now, in a worker that is started by the command `before` it."""
    job = {
        "run": "concbench.behaviour.trial:behave",
        "question": question,
        "strategy": asdict(spec),
    }
    with TemporaryDirectory() as name:
        path = Path(name, "job.json")
        path.write_text(json.dumps(job), encoding="utf-8")
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        with starting:
            worker = _started([*before, *COMMAND, str(path)], start_new_session=True, **streams)
        try:
            worker.wait(PATIENCE_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
        error = Path(name, "error.json")
        if error.exists():
            return {"answer": "failed", **json.loads(error.read_text())}
        return json.loads(Path(name, "result.json").read_text())
