"""A screen is worth no run: whatever becomes of it, the exit code says what was measured."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from concbench import cli
from concbench.errors import Exit

THIRD = Path(__file__).parents[2] / "third_party.py"
COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
TINY = ["run", "-w", f"{THIRD}:Both", "-s", "sequential", "--rounds", "1", "--probe", "none"]
KEPT = {"cells.csv", "journal.jsonl", "rounds.csv", "run.json", "samples.json"}

full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


def shell(folder, redirection, *words):
    # The shell closes descriptors, which subprocess cannot.
    command = ["sh", "-c", f'"$@" {redirection}', "sh", *COMMAND, *words]
    with (folder / "err").open("wb") as err:
        done = subprocess.run(command, cwd=folder, stdout=err, stderr=err, timeout=120)
    return done.returncode


def stored(folder):
    return {path.name for path in (folder / ".concbench/latest").iterdir()}


@full
@pytest.mark.parametrize(
    "redirection", [">/dev/full 2>/dev/full", ">&- 2>&- <&-", "2>&1 | true", "2>&-"]
)
def test_a_run_measures_and_keeps_all_whatever_becomes_of_its_screen(tmp_path, redirection):
    code = shell(tmp_path, redirection, *TINY, "--save-baseline", "main", "--export", "csv:a.csv")
    assert code == 0
    assert stored(tmp_path) >= KEPT
    assert (tmp_path / ".concbench/baselines/main/run.json").exists()
    assert (tmp_path / "a.csv").read_text().count("\n") == 2


@full
def test_what_shows_says_that_nobody_could_read_it(tmp_path):
    assert shell(tmp_path, "", *TINY) == 0
    for redirection in (">/dev/full", ">&-"):
        assert shell(tmp_path, redirection, "show") == Exit.USAGE
        assert "cannot write the output: " in (tmp_path / "err").read_text()
        assert "Traceback" not in (tmp_path / "err").read_text()
    for redirection in ("| true", "2>&- | head -1"):
        assert shell(tmp_path, redirection, "report") == 0
    assert (tmp_path / ".concbench/latest/report.html").exists()


@full
def test_a_mistake_is_2_and_no_regression_where_nobody_can_be_told(tmp_path):
    for redirection in ("2>/dev/full", "2>&-", ">&- 2>&-"):
        for words in (["nonsense"], ["show", "99"], ["run", "--tasks", "0"]):
            assert shell(tmp_path, redirection, *words) == Exit.USAGE


@pytest.mark.parametrize("ignored", [True, False])
def test_a_terminal_may_go_away(tmp_path, ignored):
    words = [*TINY[:-4], "--rounds", "2", "--probe", "none"]
    pid, terminal = pty.fork()
    if not pid:
        if ignored:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.chdir(tmp_path)
        os.execv(COMMAND[0], [*COMMAND, *words])
    seen = b""
    while b"1/1" not in seen:  # a cell is measured
        seen += os.read(terminal, 1024)
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code == (0 if ignored else Exit.INTERRUPTED)
    assert "run.json" in stored(tmp_path)


def test_an_error_that_nobody_caught_is_no_regression(capsys):
    for error, code in ((ValueError("oops"), 70), (MemoryError(), 70), (KeyboardInterrupt(), 130)):
        with (
            patch("concbench.cli.commands.run", side_effect=error),
            pytest.raises(SystemExit) as end,
        ):
            cli.main()
        assert end.value.code == code
    assert "ValueError: oops" in capsys.readouterr().err


def test_a_1_of_the_library_that_parses_is_an_interrupt_and_ours_a_regression():
    for given, code in ((1, 130), (Exit.REGRESSION, 1), (2, 2), (None, None)):
        with (
            patch("concbench.cli.commands.run", side_effect=SystemExit(given)),
            pytest.raises(SystemExit) as end,
        ):
            cli.main()
        assert end.value.code == code
