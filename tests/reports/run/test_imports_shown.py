"""What was compared, as it is told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from concbench.reports.run.imports import lines, summary
from concbench.reports.run.schema import Imported

NOW = Imported("/here", {"a.py": "1" * 16, "b.py": "2" * 16, "new.py": "4" * 16})
THEN = Imported("/there", {"a.py": "1" * 16, "b.py": "3" * 16}, {"lib/core.py": "5" * 16})


def run(**sides: Imported):
    return SimpleNamespace(imports=sides)


def test_files_that_differ_come_first_with_the_digest_of_each_side():
    assert [*lines(run(now=NOW, then=THEN))] == [
        "b.py: now 22222222, then 33333333",
        "new.py: now 44444444, then not imported",
        "a.py: the same, 11111111",
        "then: lib/core.py 55555555",
    ]


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ({}, ""),
        ({"now": NOW, "then": THEN}, "of 3 files imported 2 differ; installed: then 1"),
        ({"": NOW}, "of 3 files imported 0 differ"),
    ],
)
def test_how_many_differ_is_told(sides, said):
    assert summary(run(**sides)) == said
