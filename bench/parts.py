"""Parts of a batch: what a slow reference runs of one, another part in each round.

Of tasks that take turns a whole batch costs more than all other cells together, and tells no more
than a part that is long enough.  After as many rounds as there are parts each task had its turn, so
what they differ by is in the interval over rounds.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .answers import FirstAnswer
from .contracts import Batch, Plain
from .lanes import spread


@dataclass
class Portion:
    """What a worker runs of a `whole` batch: all of it, or one part `of` so many.

    All of it may run part by part, which shows how alike they are.
    """

    whole: Any
    of: int = 1
    number: int | None = None
    """Which part alone; None for all."""
    seconds: list[float] = field(default_factory=list)
    """What each part took, the last time that all ran."""

    def places(self, number: int) -> list[int]:
        """Where the tasks of a part are in the batch: one in each of as many equal sections."""
        count = len(self.whole)
        return spread(count // self.of, count, turn=number) if self.of > 1 else list(range(count))

    @property
    def tasks(self) -> Any:
        """Those that it runs; like a range, as every strategy takes them."""
        if self.number is None:
            return self.whole
        return [self.whole[place] for place in self.places(self.number)]

    @property
    def times(self) -> int:
        """So many make a batch."""
        return 1 if self.number is None else self.of

    def answers(self, results: Sequence[Plain], answer: FirstAnswer) -> list[str]:
        """The text of each part of a whole batch's results; none where there are no parts."""
        if self.number is not None or self.of == 1:
            return []
        return [answer.of([results[i] for i in self.places(n)]) for n in range(self.of)]

    def in_parts(self, batch: Batch) -> Batch:
        """A batch that runs all parts, one after the other; their results in task order."""
        if self.number is not None or self.of == 1:
            return batch
        places = [self.places(number) for number in range(self.of)]
        parts: list[Any] = [[self.whole[place] for place in one] for one in places]
        clock = time.perf_counter

        def run(_: Sequence[int]) -> list[Plain]:
            results: list[Plain] = [None] * len(self.whole)
            began = [clock()]
            done = []
            for part in parts:
                done.append(batch(part))
                began.append(clock())
            self.seconds[:] = [end - begin for begin, end in pairwise(began)]
            for one, part_results in zip(places, done, strict=True):
                for place, result in zip(one, part_results, strict=True):
                    results[place] = result
            return results

        return run
