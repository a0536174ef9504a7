"""Results that only the workload's own `same(a, b)` can compare: what is left of them is a text.

The first worker of a workload in a run keeps its results, by task, and all others are held against
those.  So equal texts mean what they mean elsewhere, without a digest of the results.
Standard library only: every worker of such a workload imports this.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from ..answers import SHOWN, WrongAnswer
from ..contracts import Plain

Same = Callable[[Any, Any], Any]


class Agreement:
    """What the results of these tasks are, told by which of them are the same as the first ones.

    `path` is where those are kept, for all workers of the workload in a run.
    """

    def __init__(self, same: Same, tasks: Sequence[int], path: str) -> None:
        self._same, self._tasks, self._path = same, [int(one) for one in tasks], Path(path)
        self._first: dict[int, Any] | None = None

    def __call__(self, results: Sequence[Plain]) -> Sequence[Plain]:
        """A text for each result; the results as they are where there is not one for each task."""
        if not isinstance(results, list) or len(results) != len(self._tasks):
            return results
        if self._first is None:
            self._first = self._kept(results)
        first = self._first
        return [self._text(i, first[i], one) for i, one in zip(self._tasks, results, strict=True)]

    def _text(self, task: int, first: Any, one: Any) -> str:
        return f"as task {task}" if self._same(first, one) else f"not the same as {_short(first)}"

    def _kept(self, results: Sequence[Plain]) -> dict[int, Any]:
        """The first results of all tasks that any worker has run, with those that are new here."""
        first: dict[int, Any] = {}
        with suppress(FileNotFoundError):
            first = pickle.loads(self._path.read_bytes())  # a worker of this run wrote it
        new = {i: one for i, one in zip(self._tasks, results, strict=True) if i not in first}
        if not new:
            return first
        try:
            text = pickle.dumps(first | new)
        except Exception as error:
            why = f"a result that same(a, b) compares must pickle: {type(error).__name__}: {error}"
            raise WrongAnswer(why) from None
        with NamedTemporaryFile(dir=self._path.parent, delete=False) as beside:
            beside.write(text)
        Path(beside.name).replace(self._path)
        return first | new


def _short(result: Any) -> str:
    text = repr(result)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
