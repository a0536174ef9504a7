"""What a reader must know of the machine, whatever the work."""

from __future__ import annotations

import pytest

from concbench import reports
from concbench.reports.analysis import cells, header, tables
from concbench.reports.page import sections

from ..reports.made import Made, folder, sequential


def stored(path, *delivered, quota=None, seconds=0.05):
    canary = [{"round": n, "cpus": 2, "delivered": d} for n, d in enumerate(delivered)]
    made = [
        sequential([0.16] * len(delivered), own_cpu=0.16, cgroup=quota),
        Made("x", [seconds] * len(delivered), own_cpu=0.16, cgroup=quota),
    ]
    return reports.read(folder(path, made, canary=canary))


def lines(run):
    return list(header.lines(run, [block.rows for block in tables.blocks(run)]))


def test_a_machine_that_gave_too_few_cpus_in_every_round_is_a_warning(tmp_path):
    run = stored(tmp_path, 0.4, 0.32, 0.59)
    first, *rest = lines(run)
    assert "0.40 of 2 CPUs usable (0.32 to 0.59)" in first
    (warning,) = [line for line in rest if line.startswith("warning")]
    assert "something else used 1.60 of 2 CPUs throughout" in warning
    assert warning in sections.run(run, 0, 1)["header"]


def test_a_machine_that_gave_what_it_has_is_none(tmp_path):
    assert not [line for line in lines(stored(tmp_path, 1.9, 1.0, 1.8)) if "warning" in line]


def test_no_more_cpus_are_usable_than_there_are(tmp_path):
    assert "2.00 of 2 CPUs usable (1.90 to 2.00)" in lines(stored(tmp_path, 1.9, 2.1, 2.2))[0]


def test_a_limit_and_the_header_count_the_quota(tmp_path):
    run = stored(tmp_path, 1.9, 1.9, 1.9, quota=0.5, seconds=0.4)
    assert "0.50 of 2 CPUs usable (0.50 to 0.50)" in lines(run)[0]
    assert [row.limit_seconds for row in cells.rows(run)] == pytest.approx([0.16 / 0.5] * 2)
    assert not [line for line in lines(run) if "took" in line]


@pytest.mark.parametrize(("seconds", "said"), [(0.05, True), (0.4, False)])
def test_batches_shorter_than_the_period_of_the_quota_are_a_warning(tmp_path, seconds, said):
    run = stored(tmp_path, 0.5, 0.5, 0.5, quota=0.5, seconds=seconds)
    found = [line for line in lines(run) if "period is 100 ms" in line]
    assert bool(found) is (said or 0.16 < 0.1)
