"""Headless Chromium for the tests of pages: one browser, pages that note what they ask for and complain of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
]
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""
PHONE, DESKTOP = (390, 844), (1280, 900)


@contextmanager
def launched() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


class Watched:
    """A page with everything it asked for and complained of."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home = home
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.add_init_script(WATCH)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._refuse)

    def _refuse(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, path: str) -> Page:
        self.page.goto(self.home + path, wait_until="domcontentloaded")
        return self.page

    def assert_harmless(self) -> None:
        """No script of an article ran, nothing was refused by the policy, and nothing left for another host."""
        assert self.page.evaluate("window.hacked === undefined")
        assert self.page.evaluate("window.violations") == []
        assert [one for one in self.complaints if "status of 4" not in one] == []
        assert [one for one in self.requests if not one.startswith(self.home + "/")] == []


@contextmanager
def watched(browser: Browser, home: str, *, size: tuple[int, int] = DESKTOP, **options: Any) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    seen = Watched(context, home)
    yield seen
    if options.get("java_script_enabled", True) and seen.page.url.startswith("http"):
        seen.assert_harmless()
    context.close()


WIDER = """() => {
  const wide = [...document.querySelectorAll("body *")].filter((one) => {
    if (one.closest(".vh, .skip, .scroll, .tall, dialog:not([open])")) return false;
    const box = one.getBoundingClientRect();
    return box.width > 1 && box.height > 0 && (box.right > innerWidth + 1 || box.left < -1);
  });
  const page = document.documentElement.scrollWidth > innerWidth ? ["the page itself"] : [];
  return [...page, ...wide.map((one) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 40)}`)].slice(0, 5);
}"""
"""Elements that stick out of the window."""


def axe_violations(page: Page) -> list[tuple[str, str]]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [
        (one["id"], one["nodes"][0]["html"][:200] + str(one["nodes"][0].get("failureSummary", ""))) for one in found
    ]
