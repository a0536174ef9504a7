"""Real checks of this tree against itself: none may call anything slower."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from figures import Figure, show

COMMAND = [sys.executable, "-c", "from concbench.cli import main; main()"]
SAME = ["check", "--quiet", "--against", "env:SAME=1"]
LAST = r"concbench: exit=(\d+) regressions=(\d+) failed=(\d+) inconclusive=(\d+)"


def real(checks: int, budget: float) -> None:
    """So many, one after another, each with so many seconds; a line for each, as it ends."""
    failed = 0
    with TemporaryDirectory() as folder:
        for number in range(1, checks + 1):
            start = time.perf_counter()
            told = _told(Path(folder), budget)
            seconds = time.perf_counter() - start
            failed += told[0] != "0"
            line = "check {}: exit {}, {} slower, {} failed, {} too noisy, {:.0f} s"
            print(line.format(number, *told, seconds), flush=True)
    title = f"{checks} checks of a tree against itself, {budget:g} s each"
    show(title, [Figure("checks that failed", failed, "checks", 0)])


def _told(folder: Path, budget: float) -> tuple[str, ...]:
    """The numbers of the last line, which is for a machine."""
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        [*COMMAND, *SAME, "--budget", f"{budget:g}s"],
        cwd=folder,
        env={**os.environ, "CI": "true", "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    found = re.match(LAST, lines[-1] if lines else "")
    if not found:
        raise SystemExit(done.stderr.strip())
    return found.groups()
