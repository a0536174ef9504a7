from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from concbench import reports
from concbench.reports import page

from .. import hard
from ..made import Made, folder
from .parsed import Parsed


def side_by_side(path: Path, *runs: tuple[str, list[Made], dict[str, Any]]) -> Parsed:
    stored = [
        reports.read(folder(path / str(place), made, id=name, **facts))
        for place, (name, made, facts) in enumerate(runs)
    ]
    return Parsed(page.rendered(stored))


@pytest.mark.parametrize("second", ["second", "first"])
def test_runs_stand_side_by_side_with_ids_of_their_own(tmp_path: Path, second: str) -> None:
    runs = [(name, hard.usual(), {}) for name in ("first", second)]
    found = side_by_side(tmp_path, *runs)
    assert "Run first" in found.text and f"Run {second}" in found.text
    assert len(set(found.ids)) == len(found.ids)
    targets = [tag["href"][1:] for tag in found.all("a") if tag["href"].startswith("#")]
    assert set(targets) <= set(found.ids)


def test_a_column_of_ratios_says_what_became_slower(tmp_path: Path) -> None:
    changed = [
        replace(made, seconds=[2 * (seconds or 0) for seconds in made.seconds])
        if made.strategy == "threading"
        else made
        for made in hard.usual()
    ]
    left_out = [made for made in changed if made.strategy != "asyncio"]
    python = {"environment": {"python": "3.13.0", "cpus": 2}}
    found = side_by_side(
        tmp_path, ("before", hard.usual(), {}), ("after", changed, {}), ("less", left_out, python)
    )
    said = " ".join(found.text.split())
    first = said[: said.index("Run before")]
    assert first.count("1 slower 5 no difference") == 1
    assert first.count("1 slower 4 no difference 1 missing") == 1
    assert "2.00x [1.9" in first
    assert "missing in less" in first and "2.00x slower" in first
    assert first.count("Geometric mean of 6 ratios 1.12x [1.1") == 1
    assert "Python" in first[first.index("Not only the work") :]


@pytest.mark.parametrize("case", ["empty", "all failed", "one round", "long names"])
def test_bad_input_stands_beside_a_good_run(tmp_path: Path, case: str) -> None:
    made, facts = hard.CASES[case]()
    found = side_by_side(tmp_path, ("good", hard.usual(), {}), ("bad", made, facts))
    assert "Run bad" in found.text
    assert len(set(found.ids)) == len(found.ids)


def test_what_shares_a_short_name_in_two_runs_is_told_apart(tmp_path: Path) -> None:
    runs = [
        (str(workers), [Made("threading", [0.1] * 3, strategy_params={"workers": workers})], {})
        for workers in (4, 8)
    ]
    said = side_by_side(tmp_path, *runs).text
    assert "threading{'workers': 4}" in said and "threading{'workers': 8}" in said
