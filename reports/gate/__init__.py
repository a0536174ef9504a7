"""The regression gate's decision: pure functions from paired rounds to an answer.

`thresholds` reads what matters, `looks` says when to look, `trimmed` estimates, `signed_ranks`
confirms, `trail` and `decision` judge, `allotment` says what to measure next, `noise` what could be
seen at all.  Each says by what method, and whose.  They measure nothing and print nothing.

What it rests on: the order inside a pair is random, so that the ratio of identical sides is as
likely above 1 as below.  What differs between sides besides the code, such as the length of a
path or of the environment, is no noise, and no number of rounds removes it (Mytkowicz and others
2009, "Producing wrong data without doing anything obviously wrong!").
"""

from __future__ import annotations

from .allotment import values, wanted
from .decision import ALPHA, Evidence, Verdict, judged
from .thresholds import DEFAULT, Threshold, parsed, thresholds

__all__ = [
    "ALPHA",
    "DEFAULT",
    "Evidence",
    "Threshold",
    "Verdict",
    "judged",
    "parsed",
    "thresholds",
    "values",
    "wanted",
]
