"""Where the threads of a process meet although each is in an interpreter of its own.

Standard library only.  Nothing of `threading` can be shared by interpreters; what names a pipe can,
for it is a number, and all of a process share its files.
"""

from __future__ import annotations

import os
from contextlib import suppress

LAST, OTHER = b"l", b"o"


class Barrier:
    """Lets nobody on before `parties` threads are there; those that wait together, leave together.

    Whoever takes the last token of a meeting lays out those of the next and lets the others go.
    """

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._tokens, self._going = os.pipe(), os.pipe()
        self._lay_out()

    def wait(self) -> None:
        """Raise BrokenPipeError where `abort` says that somebody will never come."""
        token = os.read(self._tokens[0], 1)
        if token == LAST:
            self._lay_out()
            os.write(self._going[1], OTHER * (self._parties - 1))
        elif not (token and os.read(self._going[0], 1)):
            raise BrokenPipeError("not all of the interpreters could be started")

    def abort(self) -> None:
        for writing in (self._tokens[1], self._going[1]):
            with suppress(OSError):  # closed before
                os.close(writing)

    def close(self) -> None:
        self.abort()
        for reading in (self._tokens[0], self._going[0]):
            os.close(reading)

    def _lay_out(self) -> None:
        os.write(self._tokens[1], OTHER * (self._parties - 1) + LAST)
