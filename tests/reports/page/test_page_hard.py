"""Pages of what is hard to show, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from concbench import reports
from concbench.reports import page

from .. import hard
from ..made import Made, folder
from .browser import Browser, browser

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def reader() -> Iterator[Browser]:
    with browser() as found:
        yield found


def test_no_name_runs_or_loads_anything(reader: Browser, tmp_path: Path) -> None:
    made, facts = hard.called(hard.NAMES[0])
    named = [
        Made(name, hard.noisy(0.03), workload=name, block=block, params={name: name}, notes=name)
        for block, name in enumerate(hard.NAMES[1:], 2)
    ]
    stored = reports.read(folder(tmp_path / "run", [*made, *named], **facts))
    page.write(stored, tmp_path / "page.html")
    reader.requests(), reader.console()
    reader.open(tmp_path / "page.html", 390)
    reader.ask("for (const one of document.querySelectorAll('thead button')) one.click()")
    assert reader.console() == []
    assert len([url for url in reader.requests() if not url.startswith("data:")]) == 1
    assert reader.ask("return window.pwned === undefined && !document.querySelector('img')")
    said = reader.ask(
        "return [...document.querySelectorAll('.workload tbody th')].map((one) => one.innerText)"
    )
    assert all(any(name in one for one in said) for name in hard.NAMES)


@pytest.mark.parametrize("case", hard.CASES)
def test_hard_cases_are_right_in_a_browser(reader: Browser, tmp_path: Path, case: str) -> None:
    made, facts = hard.CASES[case]()
    page.write(reports.read(folder(tmp_path / "run", made, **facts)), tmp_path / "page.html")
    reader.console()
    for width in (1280, 390):
        reader.open(tmp_path / "page.html", width)
        wide = reader.ask("return document.documentElement.scrollWidth")
        assert wide <= width
    assert reader.console() == []
