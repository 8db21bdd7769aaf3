"""A reviewer's day at the desk in headless Chromium: by keys, by mouse, without script, on a phone, with a reader."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from browsing import DESKTOP, MARKS, PHONE, WIDER, Watched, axe_violations, launched, watched
from desk_site import desk_app, plain_store, served, talking_store

from detector.records import Outcome, Run
from detector.review.app import create_app
from detector.review.desk import Desk
from detector.review.security import Access
from detector.store import open_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = MARKS
TRAM = "Has the council of Orrin approved the tram line?"
FIRE = "How many people were hurt in the fire at Weir Dock?"
BRAND = "Is Nils Brand still harbour chief?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as opened:
        yield opened


@pytest.fixture(scope="module")
def undecided(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store where nothing is decided yet, to be copied."""
    return plain_store(tmp_path_factory.mktemp("undecided") / "plain.db")


@pytest.fixture
def new_desk(undecided: str, tmp_path: Path) -> Iterator[str]:
    with served(desk_app(shutil.copy(undecided, tmp_path / "plain.db"))) as home:
        yield home


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A desk for tests that change nothing; one conflict has been decided and noted."""
    with served(desk_app(plain_store(tmp_path_factory.mktemp("desk") / "plain.db", decided=True))) as home:
        yield home


@pytest.fixture
def reviewer(browser: Browser, new_desk: str) -> Iterator[Watched]:
    with watched(browser, new_desk) as seen:
        seen.open("/")
        yield seen


def heading(page: Page) -> str:
    return page.locator("main h1").inner_text().strip()


def wait_for(page: Page, question: str) -> None:
    page.wait_for_function("words => document.querySelector('main h1').textContent.trim() === words", arg=question)


def toast(page: Page) -> str:
    return page.locator("[data-flash] p").inner_text()


def rows(page: Page) -> list[str]:
    return page.locator("[data-row] h2").all_inner_texts()


def focused_row(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('[data-row]')?.querySelector('h2').innerText ?? ''"))


def test_a_whole_queue_is_read_and_decided_by_keys_alone(reviewer: Watched) -> None:
    page, keys = reviewer.page, reviewer.page.keyboard
    assert rows(page) == [TRAM, FIRE, BRAND]
    for key, question in (("j", TRAM), ("j", FIRE), ("k", TRAM)):
        keys.press(key)
        assert focused_row(page) == question
    keys.press("Enter")
    wait_for(page, TRAM)
    keys.press("c")
    wait_for(page, FIRE)
    assert "Confirmed" in toast(page)
    assert all(one.bounding_box()["height"] < 50 for one in page.locator("[data-flash] button").all()), "on one line"  # type: ignore[index]
    keys.press("r")
    keys.press("4")
    wait_for(page, BRAND)
    assert "Rejected" in toast(page)
    keys.press("z")
    wait_for(page, FIRE)
    assert page.locator(".decide .now").count() == 0, "an undone decision does not stand"
    keys.press("ArrowRight")
    wait_for(page, BRAND)
    keys.press("u")
    wait_for(page, FIRE)
    keys.press("r")
    keys.press("2")
    page.wait_for_selector("[data-row], .empty")
    assert rows(page) == []
    page.click("[data-tab] >> text=Decided")
    page.wait_for_selector("[data-row]")
    assert rows(page) == [TRAM, FIRE, BRAND]
    assert page.locator(".rows .badge").all_inner_texts() == ["Confirmed", "Rejected", "Unclear"]


def test_filters_and_search_narrow_the_queue_and_the_way_through_it(reviewer: Watched) -> None:
    page = reviewer.page
    page.keyboard.press("/")
    page.keyboard.type("dock", delay=5)
    page.wait_for_function("() => document.querySelectorAll('[data-row]').length === 1")
    assert rows(page) == [FIRE]
    assert page.evaluate("document.activeElement.id") == "search", "typing goes on where it was"
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelectorAll('[data-row]').length === 3")
    page.select_option("select[name=lane]", "update")
    page.wait_for_function("() => document.querySelectorAll('[data-row]').length === 1")
    assert rows(page) == [BRAND]
    page.click("[data-row] h2 a")
    wait_for(page, BRAND)
    assert page.locator("[data-next]").count() == 0, "the next conflict is the next of the filtered queue"
    page.keyboard.press("b")
    page.wait_for_selector("[data-row]")
    assert rows(page) == [BRAND]
    page.click("#clear")
    page.wait_for_function("() => document.querySelectorAll('[data-row]').length === 3")
    for name, value, left in (("kind", "number", [FIRE]), ("outlet", "coast-radio", [TRAM, BRAND])):
        reviewer.open(f"/?{name}={value}")
        assert rows(page) == left
    reviewer.open("/?since=2031-03-06&until=2031-03-07")
    assert rows(page) == [FIRE]


def test_a_statement_is_read_in_its_article_with_one_key(reviewer: Watched) -> None:
    page = reviewer.page
    reviewer.open("/?kind=number")
    page.click("[data-row] h2 a")
    wait_for(page, FIRE)
    assert page.locator(".said mark").count() >= 2, "differing words are marked"
    page.keyboard.press("j")
    said = page.locator(".statement.picked .said").inner_text()
    page.keyboard.press("o")
    page.wait_for_selector("#here")
    assert page.locator("#here").inner_text() == said
    assert page.locator("#here").evaluate("one => one.getBoundingClientRect().top < innerHeight")
    page.keyboard.press("b")
    wait_for(page, FIRE)
    assert page.locator(".statement.picked:focus .said").inner_text() == said, "one comes back to where one was"


def test_a_statement_is_split_off_moved_and_put_back(reviewer: Watched) -> None:
    page = reviewer.page
    page.click(f"text={FIRE}")
    wait_for(page, FIRE)
    assert page.locator(".side").count() == 3
    page.keyboard.press("j")
    first = page.locator(".statement.picked .said").inner_text()
    page.keyboard.press("m")
    page.keyboard.press("1")
    page.wait_for_function("() => document.querySelectorAll('.side').length === 2")
    assert page.locator(".side", has_text=first).locator(".statement").count() == 2
    page.keyboard.press("z")
    page.wait_for_function("() => document.querySelectorAll('.side').length === 3")
    page.keyboard.press("j")
    first = page.locator(".statement.picked .said").inner_text()
    page.keyboard.press("s")
    page.wait_for_function("() => document.querySelectorAll('.side').length === 2")
    assert first not in page.locator(".sides").inner_text()
    page.keyboard.press("z")
    page.wait_for_function("() => document.querySelectorAll('.side').length === 3")


def test_two_conflicts_become_one_or_one_the_duplicate_of_the_other(reviewer: Watched) -> None:
    page = reviewer.page
    page.click(f"text={BRAND}")
    wait_for(page, BRAND)
    page.keyboard.press("d")
    page.fill("input[name=named]", "2")
    page.click("button[value=duplicate]")
    wait_for(page, TRAM)
    assert "uplicate" in toast(page)
    page.keyboard.press("z")
    wait_for(page, BRAND)
    page.keyboard.press("g")
    page.fill("input[name=named]", "2")
    page.click("[data-merge]")
    page.wait_for_selector("[data-flash]")
    reviewer.open("/?state=all")
    assert len(rows(page)) == 2


def test_notes_are_kept_and_told(reviewer: Watched) -> None:
    page = reviewer.page
    page.click(f"text={TRAM}")
    wait_for(page, TRAM)
    page.keyboard.press("n")
    page.keyboard.type("Called the council: c, r, z are only letters here.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".record blockquote")
    assert page.locator(".record blockquote").inner_text() == "Called the council: c, r, z are only letters here."
    assert heading(page) == TRAM


def test_a_report_is_made_of_chosen_conflicts_in_every_format(reviewer: Watched, tmp_path: Path) -> None:
    page = reviewer.page
    page.click(f"text={TRAM}")
    wait_for(page, TRAM)
    page.keyboard.press("c")
    wait_for(page, FIRE)
    page.click("nav >> text=Report")
    page.wait_for_selector(".picks")
    page.click("[data-all]")
    assert page.locator("#chosen").inner_text() == "1 chosen"
    page.click("[data-tab] >> text=/^All \\d/")
    page.wait_for_function("() => document.querySelectorAll('.picks li').length === 3")
    assert page.locator("#chosen").inner_text() == "1 chosen", "the choice stays while one looks around"
    page.check(f"label:has-text('{FIRE}') input")
    page.fill("textarea[name=introduction]", "What we found in March.")
    for name in ("html", "docx", "md", "csv", "json"):
        content = taken(page, name)
        assert len(content) > 100
        if name in ("html", "md"):
            text = content.decode()
            assert "What we found in March." in text and TRAM in text and FIRE in text and BRAND not in text
    page.click("button[value=claimreview]")
    page.wait_for_selector("[role=alert]")
    page.wait_for_selector("#chosen:not(:empty)")  # until the script has run, an untick is not kept
    assert "decide" in page.locator("[role=alert]").inner_text(), "what nobody decided is no ClaimReview"
    assert page.input_value("textarea[name=introduction]") == "What we found in March."
    page.click("[data-tab] >> text=/^All \\d/")
    page.wait_for_url("**/report?show=all")
    page.wait_for_selector("#chosen:not(:empty)")
    page.uncheck(f"label:has-text('{FIRE}') input")
    page.wait_for_selector("#chosen:has-text('1 chosen')")
    draft = json.loads(taken(page, "claimreview"))
    assert "ClaimReview" in json.dumps(draft) and TRAM in json.dumps(draft, ensure_ascii=False)


def taken(page: Page, name: str) -> bytes:
    """The file that a button of the report builder gives."""
    with page.expect_download() as download:
        page.click(f"button[value={name}]")
    assert download.value.suggested_filename.endswith({"claimreview": ".jsonld"}.get(name, f".{name}"))
    return Path(download.value.path()).read_bytes()


def test_everything_is_decided_with_plain_forms_where_script_is_off(browser: Browser, new_desk: str) -> None:
    with watched(browser, new_desk, java_script_enabled=False) as seen:
        page = seen.open("/")
        page.select_option("select[name=kind]", "number")
        page.click("text=Apply")
        assert rows(page) == [FIRE]
        page.click("[data-row] h2 a")
        page.click("summary:has-text('Reject, because')")
        page.click("button[value=numbers-compatible]")
        assert "Rejected" in toast(page)
        page.click("[data-flash] button:has-text('Undo')")
        assert heading(page) == FIRE
        page.click(".statement >> nth=0 >> summary:has-text('Wrong place')")
        page.click(".statement >> nth=0 >> [data-split]")
        assert page.locator(".side").count() == 2
        page.click("header button:has-text('Undo'), [data-flash] button:has-text('Undo')")
        assert page.locator(".side").count() == 3
        page.click("#note > summary")
        page.fill("#note textarea", "Seen without script.")
        page.click("text=Keep note")
        assert page.locator(".record blockquote").inner_text() == "Seen without script."
        page.click("button:has-text('Unclear')")
        page.goto(new_desk + "/report?show=all")
        page.check(".picks input >> nth=0")
        with page.expect_download() as download:
            page.click("button[value=csv]")
        assert TRAM in Path(download.value.path()).read_text(encoding="utf-8-sig")
        assert not page.locator(".scripted:visible").count(), "no dead control is shown"


def test_what_somebody_else_changed_meanwhile_is_said_and_nothing_is_recorded(browser: Browser, new_desk: str) -> None:
    with watched(browser, new_desk) as mine, watched(browser, new_desk) as theirs:
        for seen in (mine, theirs):
            seen.open("/?kind=number")
            seen.page.click("[data-row] h2 a")
            wait_for(seen.page, FIRE)
        theirs.page.keyboard.press("j")
        theirs.page.keyboard.press("s")
        theirs.page.wait_for_function("() => document.querySelectorAll('.side').length === 2")
        mine.page.keyboard.press("c")
        mine.page.wait_for_selector(".notice.bad")
        assert mine.page.locator(".side").count() == 2, "the page shows what there is now"
        assert mine.page.locator(".decide .now").count() == 0


def test_a_desk_that_stopped_says_that_nothing_was_recorded(browser: Browser, undecided: str, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    with served(desk_app(shutil.copy(undecided, tmp_path / "plain.db"))) as home:
        page.goto(f"{home}/?state=all&kind=number")
        page.click("[data-row] h2 a")
        wait_for(page, FIRE)
    page.keyboard.press("c")
    page.wait_for_selector("[role=alert]")
    assert "nothing was recorded" in page.locator("[role=alert]").inner_text()
    context.close()


def test_ask_shows_where_each_outlet_stands_with_its_sentences(browser: Browser, tmp_path: Path) -> None:
    with served(desk_app(talking_store(tmp_path / "talk.db"), asks=True)) as home, watched(browser, home) as seen:
        page = seen.open("/ask")
        page.keyboard.press("/")
        page.keyboard.type("Norline cancelled all ferry sailings")
        page.keyboard.press("Enter")
        page.wait_for_selector(".stances")
        told = {
            name: page.locator(f".stances .{name}").inner_text()
            for name in ("agrees", "contradicts", "hedges", "silent")
        }
        assert "Harbour Post" in told["agrees"] and "Ellery Times" in told["contradicts"]
        assert "Sel Courier" in told["hedges"] and "Valley Echo" in told["silent"]
        assert "Norline did not cancel all ferry sailings on Wednesday." in told["contradicts"]
        assert "claim=Norline" in page.url, "an answer has an address of its own"


def test_the_look_is_kept_and_single_keys_can_be_switched_off(reviewer: Watched) -> None:
    page = reviewer.page
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    with page.expect_response("**/theme"):
        page.click("[data-theme-button]")
    assert page.evaluate(paper) != light
    page.reload()
    assert page.evaluate(paper) != light
    reviewer.open("/account")
    page.click("text=Switch keys off")
    page.wait_for_selector("text=Switch keys on")
    reviewer.open("/")
    page.keyboard.press("j")
    assert focused_row(page) == ""


def test_help_lists_the_keys_and_closes_with_escape(reviewer: Watched) -> None:
    reviewer.page.keyboard.press("?")
    dialog = reviewer.page.locator("#help")
    assert dialog.is_visible()
    assert "confirm" in dialog.inner_text()
    reviewer.page.keyboard.press("c")
    reviewer.page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_progress_of_a_run_appears_as_it_is_told(browser: Browser, desk: str) -> None:
    told = {
        "state": "running",
        "words": "Comparing pairs: 1,200 of 5,481",
        "stages": [{"stage": "score", "words": "Comparing pairs", "done": 1200, "total": 5481, "finished": False}],
    }
    with watched(browser, desk) as seen:
        stream = f"event: progress\ndata: {json.dumps(told)}\n\n"
        seen.page.route("**/run/events", lambda route: route.fulfill(content_type="text/event-stream", body=stream))
        page = seen.open("/runs")
        page.wait_for_function("() => document.querySelector('[data-words]').textContent.startsWith('Comparing')")
        line = page.locator("[data-stage=score]")
        assert line.locator("progress").get_attribute("value") == "1200"
        assert "1,200 of 5,481" in line.inner_text()
        assert page.locator("[data-start]").is_disabled()


def test_a_run_that_ends_brings_its_counts_onto_the_page(browser: Browser, tmp_path: Path) -> None:
    target = plain_store(tmp_path / "plain.db")
    with served(desk_app(target)) as home, watched(browser, home) as seen, open_store(target) as other:
        page = seen.open("/runs")
        assert "16" in page.locator(".counts >> nth=0").inner_text()
        run = Run("run-2", datetime(2031, 3, 11, tzinfo=UTC))
        with other.writer_lock():
            other.start_run(run)
            page.wait_for_function(
                "() => document.querySelector('[data-words]').textContent.startsWith('Running since')"
            )
            other.finish_run(replace(run, finished_at=run.started_at, counts={"articles": 17, "entries": 1}), Outcome())
        page.wait_for_function("() => document.querySelector('.counts')?.textContent.includes('17')")
        assert "1 conflict" in page.locator("[data-words]").inner_text()


def test_the_queue_says_quietly_that_a_colleague_decided_and_shows_it_when_asked(
    browser: Browser, new_desk: str
) -> None:
    with watched(browser, new_desk) as seen:
        seen.page.clock.install()
        page = seen.open("/")
        before = rows(page)
        with httpx.Client(base_url=f"{new_desk}/api/v1") as colleague:
            colleague.headers["x-csrf-token"] = colleague.get("/session").json()["csrf"]
            first = colleague.get("/queue").json()["entries"][0]["conflict_id"]
            shown = colleague.get(f"/conflicts/{first}").json()["evidence_hash"]
            colleague.post(f"/conflicts/{first}/decide", json={"decision": "confirmed", "evidence_hash": shown})
        page.clock.fast_forward(21_000)
        page.wait_for_selector("#news:not([hidden])")
        assert rows(page) == before and "decided meanwhile" in page.locator("#spoken").inner_text()
        page.click("#news a")
        page.wait_for_function("count => document.querySelectorAll('[data-row]').length < count", arg=len(before))
        assert not page.is_visible("#news")


def test_axe_finds_no_barrier_on_the_way_in(browser: Browser, tmp_path: Path) -> None:
    app = create_app(Desk(plain_store(tmp_path / "plain.db")), Access(login="account"))
    with served(app) as home, watched(browser, home, size=PHONE, color_scheme="dark", bypass_csp=True) as seen:
        page = seen.open("/")
        assert heading(page) == "Sign in" and axe_violations(page) == [] and page.evaluate(WIDER) == []
        page.fill("[name=name]", "Ada Lind")
        page.fill("[name=secret]", "a wrong password")
        page.keyboard.press("Enter")
        page.wait_for_selector("#problem")
        assert axe_violations(page) == []


PAGES: dict[str, Callable[[Page, str], Any]] = {
    "queue": lambda page, home: page.goto(f"{home}/?state=all"),
    "conflict": lambda page, home: (page.goto(f"{home}/?state=all"), page.click("[data-row] h2 a")),
    "sides of three": lambda page, home: (page.goto(f"{home}/?state=all&kind=number"), page.click("[data-row] h2 a")),
    "article": lambda page, home: (
        page.goto(f"{home}/?state=all"),
        page.click("[data-row] h2 a"),
        page.click("[data-article]"),
        page.wait_for_selector("#here"),
    ),
    "ask": lambda page, home: page.goto(f"{home}/ask"),
    "report": lambda page, home: page.goto(f"{home}/report?show=all"),
    "statistics": lambda page, home: page.goto(f"{home}/statistics"),
    "runs": lambda page, home: page.goto(f"{home}/runs"),
    "account": lambda page, home: page.goto(f"{home}/account"),
    "help": lambda page, home: page.goto(f"{home}/help"),
    "error": lambda page, home: page.goto(f"{home}/conflicts/unknown"),
}


@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", DESKTOP)])
def test_axe_finds_no_barrier_and_nothing_sticks_out_on_any_page(
    browser: Browser, desk: str, scheme: Any, size: tuple[int, int]
) -> None:
    with watched(browser, desk, size=size, color_scheme=scheme, bypass_csp=True) as seen:
        for name, open_page in PAGES.items():
            open_page(seen.page, desk)
            seen.page.wait_for_load_state()
            if name in ("conflict", "sides of three"):
                seen.page.wait_for_selector(".decide")
            seen.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            assert (name, axe_violations(seen.page)) == (name, [])
            assert (name, seen.page.evaluate(WIDER)) == (name, [])


@pytest.mark.parametrize("width", [320, 640, 800, 1000])
def test_pages_fit_every_width_also_at_twice_the_size(browser: Browser, desk: str, width: int) -> None:
    with watched(browser, desk, size=(width, 500)) as seen:
        for name in ("queue", "sides of three", "report", "statistics"):
            PAGES[name](seen.page, desk)
            assert (name, seen.page.evaluate(WIDER)) == (name, [])


def test_focus_is_seen_on_every_control_and_the_first_stop_skips_to_the_content(browser: Browser, desk: str) -> None:
    with watched(browser, desk) as seen:
        page = seen.open("/?state=all")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.activeElement.id === 'main'")
        PAGES["sides of three"](page, desk)
        wait_for(page, FIRE)
        for _ in range(40):
            page.keyboard.press("Tab")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
            assert float(outline.removesuffix("px")) >= 2, page.evaluate("document.activeElement.outerHTML")


def test_a_page_does_not_jump_when_it_arrives(browser: Browser, desk: str) -> None:
    shift = """new Promise(done => new PerformanceObserver(list =>
      done(list.getEntries().reduce((sum, one) => sum + one.value, 0))).observe({type: 'layout-shift', buffered: true})
      || setTimeout(() => done(0), 250))"""
    with watched(browser, desk) as seen:
        for name in ("queue", "conflict", "report"):
            PAGES[name](seen.page, desk)
            seen.page.wait_for_load_state()
            assert seen.page.evaluate(shift) < 0.01, name


def test_a_decision_is_told_to_who_cannot_see_it(reviewer: Watched) -> None:
    page = reviewer.page
    page.click(f"text={TRAM}")
    wait_for(page, TRAM)
    page.keyboard.press("c")
    wait_for(page, FIRE)
    spoken = page.locator("#spoken").inner_text()
    assert re.search("Confirmed", spoken) and FIRE in spoken
