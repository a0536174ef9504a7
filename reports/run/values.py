"""One number for each worker process, from the values that it gave.

The process is the unit of statistics: its values are not independent.  Which number of them it
gives was decided by ten rounds of eight turns of the default matrix, each on a calm shared machine
and beside a neighbour that took CPUs for half seconds:

- The half width of a speed-up's interval, three turns a process, as a multiple of one value a
  process in the same time: mean of logarithms 0.64 calm and 0.66 noisy, median 0.63 and 0.68, the
  faster half 0.51 and 0.49.
- What the neighbour did to the speed-up of two processes on two CPUs: mean -27 %, median -26 %,
  the faster half -12 %.  Calm, the three differ by less than 1 %.

Standard library only: the driver asks it, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median


def undisturbed(values: Sequence[float]) -> float:
    """The geometric mean of the faster half: of three the least, of four the mean of two.

    Whatever else a machine does can only add to a value, so the least are nearest to what the work
    itself takes (Chen and Revels 2016, "Robust benchmarking in noisy environments", who take the
    least).  Processes are compared by it that gave equally many.
    """
    faster = sorted(values)[: max(1, len(values) // 2)]
    return faster[0] if len(faster) == 1 else math.exp(fmean(map(math.log, faster)))


def usual(values: Sequence[float]) -> float:
    """The median, in which it hardly matters how many there are.

    Two runs are compared by it, as each may have found that another number of values pays: the
    faster half of three is lower than that of two, or of one.
    """
    return median(values)
