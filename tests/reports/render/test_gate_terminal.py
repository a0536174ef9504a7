"""A check on a terminal."""

from __future__ import annotations

import pytest

from concbench.reports.render import gate

from ..gate.checks import alike, checked, noisy, other, slower


def said(check, width=100):
    return list(gate.lines(check, width))


def test_slower_comes_first_then_what_nobody_knows_then_the_rest_in_a_line():
    """The example that the gate was asked for."""
    assert said(checked(*alike(16), noisy(), slower())) == [
        "check: working tree against git:main (1a2b3c4)   18 cells, 8 to 24 rounds, 6:40   "
        "Holm, alpha 1 %",
        "  SLOWER  http_get / asyncio    56.2 -> 68.9 ms   +22.6 % [+18.1, +27.0]   confirmed",
        "  ?       cpu_sum / threading   too noisy: +3.0 % [-4.0, +10.0], "
        "about 40 more rounds would tell",
        "  =       16 cells within 5 %",
    ]


def test_one_is_singular():
    lines = said(checked(*alike(1), noisy(more=1)))
    assert lines[-1] == "  =       1 cell within 5 %"
    assert lines[1].endswith("about 1 more round would tell")
    assert "   1 cell, 8 rounds, " in said(checked(*alike(1)))[0]


def test_a_check_without_answers_has_a_title():
    assert said(checked()) == [
        "check: working tree against git:main (1a2b3c4)   0 cells, 0 rounds, 6:40   Holm, alpha 1 %"
    ]


def test_so_many_rounds_that_nobody_waits_for_them_are_not_told():
    assert "more" not in said(checked(noisy(more=10**6)))[1]


@pytest.mark.parametrize("width", [100, 60, 40])
def test_no_line_is_wider_than_asked_and_nothing_is_lost(width):
    long = slower("a_workload[with=a,long=parameter] / a_strategy[workers=16]")
    check = checked(
        *alike(3),
        *(long, noisy(), other()),
        failed=(("mine / uvloop", "git:main (1a2b3c4): " + "a long reason " * 9),),
        unknown=("memory is not known here of " + ", ".join(["mine / asyncio"] * 9),),
        warnings=("only the working tree has " + "some cell " * 20,),
    )
    lines = said(check, width)
    # A name is never broken.
    assert max(map(len, lines)) <= max(width, len(long.cell) + 10)
    for words in ("+22.6", "a long reason", "not known", "some cell", "3 cells within 5 %"):
        assert words in " ".join(" ".join(lines).split())


def test_the_words_of_several_cells_stand_below_each_other():
    lines = said(checked(slower("a / b"), noisy("a / much_longer"), failed=(("a / c", "boom"),)))
    words = zip(lines[1:], ("56", "too", "boom"), strict=True)
    assert len({line.index(word) for line, word in words}) == 1


def test_a_very_long_name_does_not_move_the_others():
    lines = said(checked(slower("a / b"), noisy(f"{'long' * 15} / c")))
    assert lines[1].startswith("  SLOWER  a / b   56.2")


def test_each_metric_and_threshold_that_passed_is_counted_for_itself():
    passed = [*alike(2), *alike(2, "cpu", 0.1), *alike(1, "batch", 0.075)]
    assert said(checked(*passed))[-1] == (
        "  =       2 cells within 5 %, 2 cells within 10 % cpu, 1 cell within 7.5 %"
    )


def test_memory_is_told_in_bytes_and_by_name():
    line = said(checked(slower(metric="memory", before=48e6, after=1.2e9)))[1]
    assert "memory 48 MB -> 1.2 GB   +22.6 %" in line


def test_what_was_not_paired_or_is_a_ratio_says_so():
    title = said(checked(*alike(1), paired=False, relative=True))[0]
    assert "git:main (1a2b3c4), not paired, relative to the reference   1 cell" in title
