"""The site: built without a warning, complete in Chinese, and readable in a real browser."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock

from concbench.cli.listing import CHINESE
from concbench.reports.codes import KINDS, entries

from ..reports.page.browser import CONTRAST, browser
from .site import built

import catalogues  # isort: skip  # of docs/ext
import explained  # isort: skip
import links  # isort: skip

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]
EDITIONS = ("", "zh_Hant")
SEARCHED = {"": "threading", "zh_Hant": "執行緒"}
WAIT_SECONDS = 10


@pytest.fixture(scope="module")
def site(tmp_path_factory, worker_id):
    """Both editions, built once however many processes run these tests, and anew for each run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "documentation"
    with FileLock(f"{folder}.lock"):
        if not (folder / "links.txt").exists():
            built(folder)
    return folder


def test_links_inside_lead_somewhere_and_those_outside_are_listed(site):
    broken, outside = links.check(site)
    assert not broken
    assert outside == (site / "links.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_page_is_three_clicks_from_the_first(site, edition):
    folder = site / edition
    away = links.clicks(folder)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    own = {page for page in there if not page.startswith(("zh_Hant/", "_static/"))}
    assert own <= away.keys()
    assert max(away[page] for page in own) <= 3


def test_nothing_that_must_be_in_chinese_is_missing_or_old(site):
    assert list(catalogues.missing(site.parent / "gettext")) == []


def test_explanations_of_codes_are_those_of_the_chinese_page():
    """`nox -s docs -- update` writes them anew."""
    assert explained.text() == explained.FILE.read_text(encoding="utf-8")
    there = catalogues.read(catalogues.FOLDER / "reference" / "notes.po")
    titles = {title: there.get(title).string for title in KINDS.values()}
    assert titles.items() <= CHINESE.items()
    chinese = entries("zh-Hant")
    assert not [one for code, one in entries().items() if chinese[code].meaning == one.meaning]


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_browser_shows_it_finds_and_asks_for_nothing_outside(site, edition):
    first = site / edition / "index.html"
    with browser() as shown, served(site / edition) as address:
        for colours, width in (("light", 1280), ("dark", 390)):
            for page in (first, first.parent / "reference" / "notes.html"):
                shown.open(page, width, colours)
                assert shown.ask("return document.documentElement.scrollWidth") <= width
                assert not shown.ask(CONTRAST)
        shown.open(first)
        shown.press("/", 191, "/")  # the key that goes to the search
        assert shown.ask("return document.activeElement.name") == "q"
        shown.driver.get(f"{address}search.html?q={SEARCHED[edition]}")
        until = time.monotonic() + WAIT_SECONDS
        while not shown.ask("return document.querySelector('#search-results p.context')"):
            assert time.monotonic() < until, "nothing was found"
        assert shown.console() == []
        own = ("file:", "data:", address)
        assert all(one.startswith(own) for one in shown.requests())


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of an edition: from a disk, a browser would not let its search read pages."""
    handler = partial(_Silent, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_the_search_of_chinese_finds_parts_of_words():
    from chinese import Pairs

    words = Pairs({}).split("用 asyncio 的事件迴圈")
    assert words == ["asyncio", "用", "的事", "事件", "件迴", "迴圈"]


def test_the_pages_are_in_their_own_language(site):
    there = (site / "tutorials" / "which-model.html").read_text(encoding="utf-8")
    chinese = Path(site, "zh_Hant", "tutorials", "which-model.html").read_text(encoding="utf-8")
    assert '<html class="no-js" lang="en"' in there
    assert '<html class="no-js" lang="zh-Hant"' in chinese


def test_what_is_translated_is_shown(site):
    """A translation of another form than its sentence, such as a list, is none to Sphinx."""
    pages = [*Path(site, "zh_Hant", "tutorials").glob("*.html"), site / "zh_Hant" / "index.html"]
    for page in pages:
        headings = re.findall("<h2>(.*?)<a", page.read_text(encoding="utf-8"))
        assert headings
        assert all(re.search(r"[\u4e00-\u9fff]", heading) for heading in headings), page
