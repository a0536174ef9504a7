"""The entry point of the command `concbench`: its streams, and the end of what nobody caught.

Nothing heavy is imported before an interrupt and an error are taken care of.  No stream is worth a
run: what cannot be written to a full disk, a closed terminal or a pipe is dropped, and exit.py says
so at the end.
"""

from __future__ import annotations

import io
import os
import sys
from errno import EBADF
from typing import TextIO

from ..errors import Exit


def main() -> None:
    """Run the command line; exit with one of our codes, whatever happens."""
    _open_streams()
    try:
        from .commands import run

        run(sys.argv[1:])
        code: object = None
    except SystemExit as end:
        # Typer ends with 1 where it was interrupted; ours is always an Exit.
        code = Exit.INTERRUPTED if end.code == 1 and not isinstance(end.code, Exit) else end.code
    except KeyboardInterrupt:
        print("concbench: interrupted", file=sys.stderr)
        code = Exit.INTERRUPTED
    except BaseException:  # Python would end with 1, which says that something got slower
        import traceback

        traceback.print_exc()
        code = Exit.INTERNAL
    sys.exit(code)  # type: ignore[arg-type]  # a number, or None


class _Screen(io.FileIO):
    """A descriptor to which writing never fails: what it does not take is dropped."""

    lost: OSError | None = None

    def write(self, data: object) -> int:
        if self.lost is None:
            try:
                return super().write(data)  # type: ignore[arg-type]  # bytes of any kind
            except OSError as error:
                self.lost = error
        return memoryview(data).nbytes  # type: ignore[arg-type]

    def isatty(self) -> bool:
        return self.lost is None and super().isatty()


def _open_streams() -> None:
    """Put our screens in the place of stdout and stderr, the null device where one is closed."""
    closed = [number for number in range(3) if not _is_open(number)]
    for _ in closed:  # or the next file of ours would be stdout; the lowest number is taken first
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name, number in (("stdout", 1), ("stderr", 2)):
        before: TextIO | None = getattr(sys, name)
        if before is None or before is getattr(sys, f"__{name}__"):  # not a test's or a library's
            screen = _screen(number, before)
            if number in closed:
                screen.buffer.raw.lost = OSError(EBADF, "it is closed")  # type: ignore[attr-defined]
            setattr(sys, name, screen)
        elif hasattr(before, "reconfigure"):
            before.reconfigure(errors="backslashreplace")


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _screen(number: int, before: TextIO | None) -> TextIO:
    raw = _Screen(number, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=before.encoding if before else "utf-8",
        errors="backslashreplace",  # LANG=C has no umlaut
        line_buffering=number == 2 or raw.isatty(),
        write_through=bool(getattr(before, "write_through", False)),
    )
