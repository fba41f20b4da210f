"""Debian's Chromium by Playwright, and what every page must hold in it."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import axe_playwright_python  # type: ignore[import-untyped]
import httpx2
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

REPO = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reddit-reco"
SCREENSHOTS = CACHE / "screenshots"
WIDTHS = {"desktop": (1280, 800), "phone": (390, 844)}
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
_SEVERE = ("serious", "critical")
# What is there within a moment, but not on a machine that has other work.
_PATIENCE_MS = 60_000
_QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-gpu",
    "--no-first-run",
]


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """The browser; where there is none and none can be installed, the test says so and is skipped.

    On a machine of CI it fails instead.

    Args:
        arguments: more of the command line.
    """
    found = subprocess.run(
        [REPO / "images" / "chromium.sh"], capture_output=True, text=True, check=False
    )
    if found.returncode:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"NO BROWSER TESTS: {found.stderr.strip()[-300:]}")
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.stdout.strip(), args=[*_QUIET, *arguments]
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """One person's browser at a site: a page that is watched for everything that must not happen.

    A page that says that it lacks a service, which did not answer in time, is opened again.

    Args:
        page: the open tab.
        url: the site.
        width: `desktop` or `phone`.
        has: which verbs the site has.
        pictures: where pictures of the pages are kept.
    """

    page: Page
    url: str
    width: str
    has: frozenset[str]
    pictures: Path = SCREENSHOTS
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()
    # Addresses that said so, and whether the page that is open did.
    late: set[str] = field(default_factory=set)
    lacking: bool = False

    def watch(self) -> None:
        """Note errors of the page, of its scripts and of its requests, from now on."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(urljoin(self.url, path), wait_until="load")
        self.be_whole()

    def be_whole(self) -> None:
        """Open the page again for as long as it lacks a service."""
        until = time.monotonic() + _PATIENCE_MS / 1000
        while self.lacking and time.monotonic() < until:
            self.page.wait_for_timeout(500)
            self.page.reload(wait_until="load")

    def seen(self) -> list[str]:
        """The faults, without what the browser notes of answers that said they were late."""
        return [
            each
            for each in self.faults
            if "status of 503" not in each or not any(url in each for url in self.late)
        ]

    def look(self, name: str) -> None:
        """Take a picture of the page, and scan it for what shuts people out."""
        self.page.wait_for_load_state("networkidle")
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.pictures / f"{name}-{self.width}.png", full_page=True)
        self.page.evaluate(_AXE)
        for found in self.page.evaluate("axe.run()")["violations"]:
            if found["impact"] in _SEVERE:
                nodes = "; ".join(node["html"][:150] for node in found["nodes"][:3])
                self.faults.append(f"{name}: {found['impact']}: {found['help']}: {nodes}")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if (more := self.page.evaluate(wide)) > 0:
            self.faults.append(f"{name}: {more} px wider than the screen")

    def settle(self) -> None:
        """Wait until nothing is under way."""
        self.page.wait_for_load_state("networkidle")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(each in message.text for each in self.allowed):
            where = message.location["url"]
            self.faults.append(f"console at {self.page.url}: {message.text} ({where})")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != urlsplit(self.url).netloc:
            self.faults.append(f"a request left for {request.url}")

    def _on_response(self, response: Response) -> None:
        lacking = "degraded" in response.headers
        if response.request.is_navigation_request() and response.frame == self.page.main_frame:
            self.lacking = lacking
        if response.status == httpx2.codes.SERVICE_UNAVAILABLE and lacking:
            self.late.add(response.url)
        elif response.status >= 500:
            self.faults.append(f"{response.status} from {response.url}")


@contextmanager
def visiting(
    browser: Browser,
    url: str,
    width: str,
    has: frozenset[str],
    *,
    pictures: Path = SCREENSHOTS,
    **context: Any,
) -> Iterator[Visit]:
    """Somebody's browser with nothing in it; no fault may be seen while it is used."""
    across, down = WIDTHS[width]
    phone = {"is_mobile": True, "has_touch": True} if width == "phone" else {}
    settings = {"viewport": {"width": across, "height": down}, **phone, **context}
    opened = browser.new_context(**settings)
    opened.set_default_timeout(_PATIENCE_MS)
    try:
        visit = Visit(opened.new_page(), url, width, has, pictures=pictures)
        visit.watch()
        yield visit
        assert (faults := visit.seen()) == [], "\n".join(faults)
    finally:
        opened.close()
