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

PAINTED = """
const done = arguments[0];
requestAnimationFrame(() => requestAnimationFrame(() => done()));
"""


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
        # Chromium drops keys that come before a page is painted.
        self.driver.execute_async_script(PAINTED)

    def run(self, command: str, **arguments: Any) -> Any:
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def ask(self, script: str, *arguments: Any) -> Any:
        """What this JavaScript returns."""
        return self.driver.execute_script(script, *arguments)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key and let go."""
        told = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.run("Input.dispatchKeyEvent", type="keyDown", text=text, **told)
        self.run("Input.dispatchKeyEvent", type="keyUp", **told)

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


CONTRAST = """
const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const channels = (colour) => {
  paint.clearRect(0, 0, 1, 1);
  paint.fillStyle = colour;
  paint.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
};
const over = (top, below) => top.slice(0, 3).map((x, i) => x * top[3] + below[i] * (1 - top[3]));
const light = (colour) => {
  const [r, g, b] = colour.map((x) => x / 255)
    .map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    const bar = style.backgroundImage.match(/(?:rgba?|color)\\([^)]*\\)/);
    if (bar) layers.push(channels(bar[0]));
    layers.push(channels(style.backgroundColor));
    if (layers.at(-1)[3] === 1) break;
  }
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
};
const bad = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement;
  const said = walk.currentNode.textContent.trim();
  if (!said || !element.checkVisibility() || element.closest("script, .unseen, title")) continue;
  const style = getComputedStyle(element);
  const text = element.closest("svg");
  // Text that a chart puts on a shape has the chart's own colours, not the page's.
  if (text && style.fill !== style.color) continue;
  let ink = channels(text ? style.fill : style.color);
  for (let at = element; at; at = at.parentElement) ink[3] *= Number(getComputedStyle(at).opacity);
  const ground = behind(element);
  const [low, high] = [light(over(ink, ground)), light(ground)].sort((a, b) => a - b);
  const contrast = (high + 0.05) / (low + 0.05);
  if (contrast < 4.5) bad.push(`${contrast.toFixed(2)} ${said.slice(0, 40)}`);
}
return bad;
"""
"""JavaScript: text that contrasts by less than 4.5 to 1 with what is behind it (WCAG 2)."""
