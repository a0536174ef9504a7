"""What the adapter of pyperf must hold beside pyperf's own contract."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
started = []
sys.addaudithook(lambda event, given: started.append(event) if event in EVENTS else None)
from concbench import engine
sys.argv = ["worker", *engine.arguments(1, 1, None)]
run = engine.timed("idle", lambda loops: 0.1 * loops, {}).get_runs()[0]
assert run.get_metadata()["platform"]
print(*started)
"""
EVENTS = {"subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec", "os.system"}


def test_a_worker_starts_no_process_for_what_pyperf_records():
    code = f"EVENTS = {EVENTS}{CODE}"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == ""
