"""The chart of rounds: what counts, what was measured again, and what the canary saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from concbench.reports.charts import rounds, style

from ..made import Made
from .test_marks import bars, block, said


def test_a_line_over_rounds_has_every_round_and_one_scale_for_all(tmp_path: Path) -> None:
    canary = [{"round": n, "cpus": 2, "delivered": 1.0 + n / 10} for n in range(3)]
    made = [Made("asyncio", [0.04, 0.04, 0.08]), Made("threading", [4.0, 4.0, 8.0])]
    sheet, _ = rounds.draw_rounds(block(tmp_path, made, canary=canary))
    above, below = sheet.figure.axes
    lines = [line for line in above.lines if line.get_marker() in ("D", "s")]
    assert [list(line.get_xdata()) for line in lines] == [[0, 1, 2], [0, 1, 2]]
    rises = [max(line.get_ydata()) - min(line.get_ydata()) for line in lines]
    assert rises[0] == pytest.approx(rises[1])
    assert [bar.get_height() for bar in bars(below)] == pytest.approx([1.0, 1.1, 1.2])


def canaries(**changed: dict[str, object]) -> list[dict[str, object]]:
    """Five rounds of two CPUs, the changed ones by `r` and their number."""
    usual = {"cpus": 2, "delivered": 1.9, "jitter_seconds": 0.0001}
    return [{"round": n, **usual, **changed.get(f"r{n}", {})} for n in range(5)]


def test_a_round_of_low_cpu_is_hollow_and_named(tmp_path: Path) -> None:
    canary = canaries(r3={"delivered": 0.9, "low": True, "jitter_seconds": 0.005})
    made = [Made("asyncio", [0.04] * 5)]
    sheet, description = rounds.draw_rounds(block(tmp_path, made, canary=canary))
    above, below = sheet.figure.axes
    hollow = [line for line in above.lines if line.get_markerfacecolor() == "none"]
    assert [list(line.get_xdata()) for line in hollow] == [[3]]
    assert [bar.get_facecolor()[3] > 0 for bar in bars(below)] == [True, True, True, False, True]
    assert "Hollow: round 4 got much less CPU than the others" in description
    assert "woke up 100 us late, 5.0 ms in the worst round" in description
    assert "1.90 of 2" in said(sheet)


def test_a_round_that_was_measured_again_is_faint_and_no_part_of_the_line(tmp_path: Path) -> None:
    canary = canaries(r1={"delivered": 0.9, "low": True, "replaced": True, "jitter_seconds": 1.0})
    made = [Made("asyncio", [0.04, 0.4, 0.04, 0.04, 0.04])]
    sheet, description = rounds.draw_rounds(block(tmp_path, made, canary=canary))
    above, below = sheet.figure.axes
    line = next(
        line for line in above.lines if line.get_linestyle() == "-" and line.get_alpha() is None
    )
    assert list(line.get_xdata()) == [0, 2, 3, 4]
    faint = [one for one in above.lines if one.get_marker() == "D" and one.get_alpha() == 0.35]
    assert [list(one.get_xdata()) for one in faint] == [[1]]
    opacities = [bar.get_alpha() for bar in bars(below)]
    assert opacities[1] < opacities[0]
    assert "Faint: round 2 got much less, too, and was measured again" in description
    assert "worst round" not in description.replace("100 us in the worst round", "")
    assert "400 ms" not in description


def test_rounds_count_from_1_and_the_title_names_the_slowest(tmp_path: Path) -> None:
    made = [Made("asyncio", [0.04, 0.04, 0.08]), Made("threading", [4.0, 4.0, 8.0])]
    sheet, _ = rounds.draw_rounds(block(tmp_path, made, canary=[]))
    labels = [one.get_text() for one in sheet.figure.axes[0].get_xticklabels()]
    assert labels[0] == "1" and labels[-1] == "3"
    assert min(sheet.figure.axes[0].get_xticks()) == 0
    assert (
        sheet.title
        == "Over time: round 3 slowest, 59 % above the mean; round 1 fastest, 21 % below"
    )


def test_what_cpus_were_delivered_is_not_cut(tmp_path: Path) -> None:
    canary = [{"round": n, "cpus": 128, "delivered": 0.4} for n in range(3)]
    sheet, _ = rounds.draw_rounds(block(tmp_path, [Made("a", [0.4, 0.5, 0.4])], canary=canary))
    (text,) = [one for one in sheet.figure.texts if one.get_text() == "0.40 of 128"]
    right = text.get_position()[0] + style.width("0.40 of 128", style.TEXT)
    assert right <= sheet.width


def test_a_round_that_leaves_its_row_has_its_time_beside_it(tmp_path: Path) -> None:
    made = [Made("asyncio", [0.04, 0.041] * 8 + [40.0])]
    sheet, _ = rounds.draw_rounds(block(tmp_path, made))
    assert [text.get_text() for text in sheet.figure.axes[0].texts] == ["40.0 s"]
