"""The HTML page in headless Chromium: keyboard, filters, widths, print, accessibility, hostile text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from report_fixture import Sample

from detector.report import build_report, write_report

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
    sample = Sample()
    report = build_report(
        run=sample.run, outcome=sample.outcome, articles=sample.articles, statements=sample.statements
    )
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(report, path)
    return path.as_uri()


class Opened:
    """A page with everything it asked for and complained of."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(address)

    def visible(self) -> list[int]:
        """Ranks of the entries that are shown, in their order on the page."""
        ranks = "[...document.querySelectorAll('.entry')].filter(e => !e.hidden).map(e => Number(e.dataset.rank))"
        return list(self.page.evaluate(ranks))

    def focused(self) -> Any:
        return self.page.evaluate("document.activeElement.dataset.rank ?? document.activeElement.id")


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Opened(context, address)
    context.close()


def test_the_page_loads_without_a_complaint_and_asks_for_nothing_else(opened: Opened, address: str) -> None:
    opened.page.wait_for_load_state("networkidle")
    assert opened.requests in ([address], [address, "data:,"])
    assert opened.complaints == []


def test_article_text_runs_no_script(opened: Opened) -> None:
    opened.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert opened.page.evaluate("window.hacked === undefined")
    assert opened.page.locator("img, iframe").count() == 0
    assert opened.complaints == []


def test_search_narrows_the_list_and_says_how_many_are_left(opened: Opened) -> None:
    opened.page.keyboard.press("/")
    assert opened.focused() == "search"
    opened.page.keyboard.type("weir dóck")
    assert opened.visible() == [2]
    assert opened.page.locator("#found").inner_text() == "1 of 4 questions"
    assert opened.page.locator("#glance li:visible").count() == 1
    opened.page.keyboard.type(" nonsense")
    assert opened.visible() == []
    assert opened.page.locator("#nothing").is_visible()
    opened.page.keyboard.press("Escape")
    assert opened.visible() == [1, 2, 3, 4]
    assert opened.page.locator("#found").inner_text() == "4 questions"


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [("kind", "number", [2]), ("lane", "update", [3]), ("outlet", "evening-quay", [1, 2]), ("topic", "t1", [1])],
)
def test_each_filter_keeps_what_it_names(opened: Opened, name: str, value: str, left: list[int]) -> None:
    opened.page.select_option(f"select[data-filter={name}]", value)
    assert opened.visible() == left
    opened.page.click("#clear")
    assert opened.visible() == [1, 2, 3, 4]


def test_order_can_be_changed_and_changed_back(opened: Opened) -> None:
    orders = {"newest": [3, 4, 2, 1], "outlets": [1, 2, 3, 4], "score": [1, 2, 3, 4], "rank": [1, 2, 3, 4]}
    for order, ranks in orders.items():
        opened.page.select_option("#sort", order)
        assert opened.visible() == ranks
    opened.page.select_option("#sort", "newest")
    lines = opened.page.locator("#glance .rank").all_inner_texts()
    assert lines == ["3", "4", "2", "1"]


def test_j_and_k_move_between_questions_and_can_be_turned_off(opened: Opened) -> None:
    for key, rank in (("j", "1"), ("j", "2"), ("j", "3"), ("k", "2")):
        opened.page.keyboard.press(key)
        assert opened.focused() == rank
    opened.page.click("#keys")
    opened.page.keyboard.press("j")
    assert opened.focused() == "keys"
    assert opened.page.locator("#keys").inner_text() == "Keys off"


def test_keys_typed_in_the_search_box_stay_there(opened: Opened) -> None:
    opened.page.keyboard.press("/")
    opened.page.keyboard.type("j/k")
    assert opened.page.input_value("#search") == "j/k"


def test_the_first_tab_stop_skips_to_the_questions(opened: Opened) -> None:
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    opened.page.keyboard.press("Enter")
    assert opened.focused() == "questions"


def test_focus_is_seen_on_every_control(opened: Opened) -> None:
    for _ in range(25):
        opened.page.keyboard.press("Tab")
        width = opened.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert float(width.removesuffix("px")) >= 2


def test_a_link_to_a_filtered_question_brings_it_back(opened: Opened) -> None:
    opened.page.select_option("select[data-filter=kind]", "number")
    opened.page.evaluate("location.hash = document.querySelector('[data-rank=\"3\"]').id")
    opened.page.wait_for_function("document.querySelectorAll('.entry[hidden]').length === 0")


@pytest.mark.parametrize("width", [320, 360, 736, 800, 1120, 1280])
def test_nothing_is_wider_than_the_window(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = Opened(context, address).page
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    cut = """[...document.querySelectorAll('.entry *, .masthead *')].filter(one => {
      const box = one.getBoundingClientRect();
      return box.width > 1 && !one.closest('.vh') && (box.right > innerWidth + 1 || box.left < -1);
    }).length"""
    assert page.evaluate(cut) == 0
    context.close()


def test_sides_stand_beside_each_other_on_a_desk_and_below_on_a_phone(browser: Browser, address: str) -> None:
    tops = "[...document.querySelectorAll('.entry:first-child .side')].map(one => one.getBoundingClientRect().top)"
    for width, beside in ((1280, True), (360, False)):
        context = browser.new_context(viewport={"width": width, "height": 800})
        first, second = Opened(context, address).page.evaluate(tops)
        assert (first == second) is beside
        context.close()


def test_without_script_all_is_readable_and_no_dead_control_is_shown(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = Opened(context, address).page
    assert page.locator(".entry:visible").count() == 4
    assert not page.locator(".controls").is_visible()
    context.close()


def test_in_print_everything_is_open_and_no_control_is_left(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    for selector in (".controls", ".glance", ".skip"):
        assert not opened.page.locator(selector).is_visible()
    heights = "[...document.querySelectorAll('details .waterfall')].map(one => one.getBoundingClientRect().height)"
    assert all(height > 50 for height in opened.page.evaluate(heights))
    assert opened.page.pdf(format="A4").startswith(b"%PDF")


def test_the_page_does_not_move_while_it_loads(opened: Opened) -> None:
    shift = """new Promise(done => new PerformanceObserver(list =>
      done(list.getEntries().reduce((sum, one) => sum + one.value, 0))).observe({type: 'layout-shift', buffered: true})
      || setTimeout(() => done(0), 300))"""
    assert opened.page.evaluate(shift) < 0.01


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_axe_finds_no_barrier(browser: Browser, address: str, scheme: Any, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = Opened(context, address).page
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
    context.close()
