"""A report with changes and decisions in headless Chromium: links, filters, what is set aside, widths, accessibility."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from changes_fixture import reviewed_report
from test_report_browser import CHROMIUM, FLAGS, Opened

from detector.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(reviewed_report(), path)
    return path.as_uri()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield Opened(context, address)
    context.close()


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("change", "new", [3]),
        ("change", "grown", [1]),
        ("change", "unchanged", [4]),
        ("decision", "open", [3]),
        ("decision", "confirmed", [1, 2]),
        ("decision", "stale", [2]),
        ("decision", "disputed", [1]),
        ("decision", "rejected", [4]),
    ],
)
def test_entries_are_filtered_by_change_and_decision(opened: Opened, name: str, value: str, left: list[int]) -> None:
    opened.page.select_option(f"select[data-filter={name}]", value)
    assert opened.visible() == left
    opened.page.click("#clear")
    assert opened.visible() == [1, 2, 3, 4]
    assert opened.complaints == []


def test_what_is_set_aside_is_closed_until_asked_for_or_searched(opened: Opened) -> None:
    aside = opened.page.locator("#set-aside")
    assert aside.get_attribute("open") is None
    assert not opened.page.locator(".entry[data-rank='4'] .question").is_visible()
    opened.page.select_option("select[data-filter=decision]", "rejected")
    assert opened.page.locator(".entry[data-rank='4'] .question").is_visible()
    opened.page.select_option("select[data-filter=decision]", "open")
    assert not aside.is_visible()
    opened.page.click("#clear")
    assert aside.is_visible() and aside.get_attribute("open") is None


def test_a_link_to_a_question_set_aside_opens_it(opened: Opened) -> None:
    opened.page.locator("#glance li").last.locator("a").click()
    opened.page.wait_for_selector(".entry[data-rank='4'] .question", state="visible")
    assert opened.page.locator("#glance li .rank").all_inner_texts() == ["1", "2", "3", "4"]


def test_keys_pass_over_what_is_folded(opened: Opened) -> None:
    for _ in range(5):
        opened.page.keyboard.press("j")
    assert opened.focused() == "3"


def test_another_order_leaves_what_is_set_aside_at_the_end(opened: Opened) -> None:
    opened.page.select_option("#sort", "newest")
    assert opened.page.locator("#entries .entry").count() == 3
    assert opened.page.locator("#set-aside .entry").count() == 1
    assert opened.page.locator("#glance li .rank").all_inner_texts()[-1] == "4"


def test_a_change_leads_to_its_question(opened: Opened) -> None:
    opened.page.locator("#changes .moves a").first.click()
    box = opened.page.locator(".entry[data-rank='3']").bounding_box()
    assert box is not None and box["y"] < 900


def test_texts_of_reviewers_and_edits_run_no_script(opened: Opened) -> None:
    opened.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert opened.page.evaluate("window.hacked === undefined")
    assert opened.page.locator("img, iframe").count() == 0


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_nothing_is_wider_than_the_window(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = Opened(context, address).page
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    cut = """[...document.querySelectorAll('#changes *, .entry *')].filter(one => {
      const box = one.getBoundingClientRect();
      return box.width > 1 && !one.closest('.vh') && (box.right > innerWidth + 1 || box.left < -1);
    }).length"""
    assert page.evaluate(cut) == 0
    context.close()


def test_in_print_changes_and_what_is_set_aside_are_open(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    heights = "[...document.querySelectorAll('#changes .was, #set-aside .entry')].map(one => one.getBoundingClientRect().height)"
    found = opened.page.evaluate(heights)
    assert len(found) > 3 and all(height > 10 for height in found)


def test_without_script_changes_and_decisions_are_readable(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = Opened(context, address).page
    assert page.locator("#changes").is_visible()
    page.locator("#set-aside > summary").click()
    assert page.locator(".entry:visible").count() == 4
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_axe_finds_no_barrier(browser: Browser, address: str, scheme: Any, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = Opened(context, address).page
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
    context.close()
