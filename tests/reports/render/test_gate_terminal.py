"""A check on a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from concbench.reports.render import gate

from ..gate.checks import alike, bounded, checked, noisy, other, slower, suspect


def said(check, width=100):
    """Without the last line, where that points to what its doubts mean."""
    lines = list(gate.lines(check, width))
    return lines[:-1] if lines[-1].startswith("  see: ") else lines


def test_the_last_line_points_to_what_doubts_mean():
    check = checked(slower(), noisy(), suspect(), warnings=("a baseline [not-paired]",))
    line = list(gate.lines(check))[-1]
    assert line == "  see: concbench explain suspect too-noisy not-paired"
    assert not any("see: " in line for line in gate.lines(checked(slower(), *alike(2))))


def test_slower_comes_first_then_what_nobody_knows_then_the_rest_in_a_line():
    """The example that the gate was asked for."""
    assert said(checked(*alike(16), noisy(), slower())) == [
        "check: working tree against git:main (1a2b3c4)   18 cells, 8 to 24 rounds, 6:40   "
        "Holm, alpha 1 %",
        "  SLOWER  http_get / asyncio    56.2 -> 68.9 ms   +22.6 % [+18.1, +27.0]   confirmed",
        "  ?       cpu_sum / threading   too noisy: +3.0 % [-4.0, +10.0]; "
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


def test_a_suspect_is_no_noise_and_says_how_many_rounds_would_confirm_it():
    words = " ".join(said(checked(*alike(2), suspect()))[1:]).split()
    assert " ".join(words) == (
        "SUSPECT sqlite / threading suspect, not confirmed: +189.0 % [+178.0, +201.0]; "
        "about 7 more rounds would confirm it = 2 cells within 5 %"
    )


def test_one_that_may_still_prove_small_is_not_said_to_be_confirmed_by_more_rounds():
    lines = " ".join(said(checked(suspect(ratio=1.05, low=1.01, high=1.09))))
    assert "about 7 more rounds would tell" in " ".join(lines.split())


def test_a_few_rounds_are_not_called_noise():
    lines = said(checked(replace(noisy(), rounds=3, low=None, high=None)))
    assert "too few rounds: +3.0 %; about 40 more rounds would tell" in lines[1]


def test_a_bound_is_shown_with_the_level_and_its_interval():
    lines = said(
        checked(
            bounded("above"),
            bounded("inconclusive", more=7),
            bounded("below", metric="memory", bound=200e6),
            bounded("below", "a / b", metric="rows", bound=1500.0),
            bounded("below", metric="batch"),
        )
    )
    assert lines[1].endswith("   p99 34.2 ms [32.2 ms, 36.2 ms], must stay below 20 ms")
    assert " ".join(" ".join(lines[2:5]).split()) == (
        "? http_get / asyncio too noisy: p99 20.4 ms [18.4 ms, 22.4 ms], must stay below 20 ms; "
        "about 7 more rounds would tell"
    )
    assert (
        lines[-1]
        == "  =       1 cell below 200 MB memory, 1 cell below 1,500 rows, 1 cell below 20 ms batch"
    )


def test_a_check_of_bounds_alone_names_no_other_side():
    title = said(checked(bounded("below"), before=""))[0]
    assert title.startswith("check: working tree against its bounds, and no other side   1 cell, ")
