"""Articles of somebody who means harm, on every page of the desk: no script runs, nothing leaves, nothing breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import DESKTOP, MARKS, PHONE, WIDER, Watched, launched, watched
from desk_site import PAYLOADS, desk_app, hostile_store, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = MARKS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(desk_app(hostile_store(tmp_path_factory.mktemp("hostile") / "hostile.db"))) as home:
        yield home


@pytest.fixture(scope="module")
def addresses(browser: Browser, desk: str) -> list[str]:
    """Every page that shows an article's words."""
    with watched(browser, desk) as seen:
        page = seen.open("/?state=all")
        hrefs = "all => all.map(one => one.getAttribute('href'))"
        conflicts = page.locator("[data-row] h2 a").evaluate_all(hrefs)
        assert len(conflicts) == len(PAYLOADS)
        articles = []
        for address in conflicts:
            articles.append(seen.open(address).locator("[data-article]").first.get_attribute("href"))
    return ["/?state=all", *conflicts, *articles, "/report?show=all", "/statistics", "/runs", "/account", "/help"]


def open_everything(seen: Watched) -> None:
    seen.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


LINKS = "all => all.map(one => [one.protocol, one.host, one.rel])"


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_no_page_runs_or_follows_what_an_article_says_or_is_wider_than_the_window(
    browser: Browser, desk: str, addresses: list[str], size: tuple[int, int]
) -> None:
    with watched(browser, desk, size=size) as seen:
        for address in addresses:
            page = seen.open(address)
            open_everything(seen)
            assert (address, page.evaluate(WIDER)) == (address, [])
            assert page.locator("img, iframe, object, embed, base, main svg[onload]").count() == 0
            for scheme, host, rel in page.locator("a[href]").evaluate_all(LINKS):
                assert scheme in ("http:", "https:")
                assert f"http://{host}" == desk or ("noopener" in rel and "noreferrer" in rel)
            seen.assert_harmless()


def test_pages_swapped_by_script_are_as_harmless_as_pages_loaded(browser: Browser, desk: str) -> None:
    with watched(browser, desk) as seen:
        page = seen.open("/?state=all")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(".decide")
        for _ in PAYLOADS[1:]:
            before = page.evaluate("location.href")
            page.keyboard.press("ArrowRight")
            page.wait_for_function("before => location.href !== before", arg=before)
            open_everything(seen)
            seen.assert_harmless()


def test_a_reviewers_own_words_are_as_harmless(browser: Browser, desk: str) -> None:
    with watched(browser, desk) as seen:
        page = seen.open("/account")
        page.fill("input[name=name]", PAYLOADS[0][:80])
        page.click("text=Keep name")
        page.wait_for_selector("[data-row]")
        page.click("[data-row] h2 a >> nth=0")
        for note in (*PAYLOADS[:6], PAYLOADS[6][:4000]):
            page.wait_for_selector(".decide")
            before = page.locator(".record > li").count()
            page.keyboard.press("n")
            page.fill("#note textarea", note)
            page.keyboard.press("Control+Enter")
            page.wait_for_function("before => document.querySelectorAll('.record > li').length > before", arg=before)
            assert page.evaluate(WIDER) == []
            seen.assert_harmless()
        page.keyboard.press("c")
        page.wait_for_selector("[data-flash]")
        seen.open("/statistics")
        assert page.evaluate(WIDER) == []
        for search in PAYLOADS[:4]:
            page.goto(desk)
            page.fill("#search", search[:200])
            page.wait_for_url(re.compile("q="))
            seen.assert_harmless()


@pytest.mark.parametrize(
    "path",
    [
        "/articles/..%2f..%2fetc%2fpasswd",
        "/articles/a0left?revision=99999999999999999999",
        "/articles/a0left?statement=%00",
        "/conflicts/%3Cscript%3Ewindow.hacked=1%3C%2Fscript%3E",
        "/conflicts/'%20OR%201=1--",
        "/?kind=%3Cscript%3Ewindow.hacked=1%3C/script%3E",
        "/?since=yesterday&page=-1",
        "/?q=%F0%9F%92%A3%ff%00",
        "/report?show=%22%3E%3Csvg%20onload=window.hacked=1%3E",
        "/static/..%2f..%2f..%2fpyproject.toml",
        "/login?next=javascript:window.hacked=1",
        "/login?next=//evil.example/",
    ],
)
def test_a_bent_address_gets_a_page_that_says_so(browser: Browser, desk: str, path: str) -> None:
    with watched(browser, desk) as seen:
        answer = seen.page.goto(desk + path)
        assert answer is not None and answer.status < 500
        assert "root:" not in seen.page.content() and "[project]" not in seen.page.content()
        for value in seen.page.locator("main input[name=back]").evaluate_all("all => all.map(one => one.value)"):
            assert value == "/"


def test_hostile_articles_survive_into_every_export_without_markup(desk: str, browser: Browser, tmp_path: Path) -> None:
    with watched(browser, desk) as seen:
        page = seen.open("/report?show=all")
        page.click("[data-all]")
        with page.expect_download() as download:
            page.click("button[value=html]")
        made = tmp_path / "report.html"
        download.value.save_as(made)
        again = seen.page.context.new_page()
        again.goto(made.as_uri())
        assert again.evaluate("window.hacked === undefined")
