"""Run git, pip and interpreters to their end, as children that end with us."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from ..children import Children, Stream, wait
from ..errors import UsageError

SAID_LINES = 12


class Ended(UsageError):
    """A command that failed; says what it was for and what it said last."""


def output(
    children: Children,
    command: Sequence[str],
    *,
    purpose: str,
    folder: Path | None = None,
    seconds: float = 60.0,
    variables: Mapping[str, str] | None = None,
    stdin: Stream = subprocess.DEVNULL,
) -> str:
    """What the command printed.

    Raises Ended when it cannot be started, fails, or takes longer than so many seconds.
    """
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_TERMINAL_PROMPT": "0"}
    with TemporaryFile() as out, TemporaryFile() as err:
        try:
            process = children.start(
                command,
                env={**env, **(variables or {})},
                cwd=folder,
                stdin=stdin,
                stdout=out,
                stderr=err,
            )
        except OSError as error:
            missing = error.filename or command[0]
            raise Ended(f"{purpose}: cannot start {missing}: {error.strerror}") from None
        try:
            code = wait(process, seconds)
        finally:
            children.kill(process)
        if code == 0:
            out.seek(0)
            return out.read().decode(errors="replace")
        how = f"not done in {seconds:.0f} s" if code is None else f"exit code {code}"
        err.seek(0)
        last = err.read().decode(errors="replace").strip().splitlines()[-SAID_LINES:]
    raise Ended(f"{purpose}: {how}" + "".join(f"\n  {line}" for line in last))
