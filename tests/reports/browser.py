"""A real Chromium for tests: opens a page from disk, and tells what it did."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


class Browser:
    """One tab, with the verbs that tests of a page need."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        # A key goes to what has the focus, also where no window has it.
        self.run("Emulation.setFocusEmulationEnabled", enabled=True)

    def open(self, path: Path, width: int = 1280, colours: str = "light") -> None:
        """Open a file in a window so many pixels wide, as a reader who likes these colours."""
        self.run("Emulation.setEmulatedMedia", features=_preferring(colours))
        self.run(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.driver.get(path.resolve().as_uri())

    def run(self, command: str, **arguments: Any) -> Any:
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def ask(self, script: str, *arguments: Any) -> Any:
        """What this JavaScript returns."""
        return self.driver.execute_script(script, *arguments)

    def console(self) -> list[str]:
        """What the console said since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses asked for since the last call."""
        sent = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        return [
            message["params"]["request"]["url"]
            for message in sent
            if message["method"] == "Network.requestWillBeSent"
        ]


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser, closed at the end; skips where there is none, except where CI is set."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and chromedriver) and "CI" not in os.environ:
        pytest.skip("needs chromium and chromedriver: apt-get install chromium chromium-driver")
    assert chromium and chromedriver, "CI must install chromium and chromium-driver"
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield Browser(driver)
    finally:
        driver.quit()


def _preferring(colours: str) -> list[dict[str, str]]:
    return [{"name": "prefers-color-scheme", "value": colours}]
