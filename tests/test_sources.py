"""Sources: whatever names articles, each is fetched once, kept, and no bad one stops the others."""

from __future__ import annotations

import gzip
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import Site, served
from sourcing import BODY, Desk, opml, page, rss, settings, sitemap

from detector.corpus.addresses import clean_address
from detector.errors import InputError
from detector.pipeline import ingesting
from detector.sources import named_sources, read_again, sources_state, web
from detector.sources.lists import entries_of, kind_of_list
from detector.store import open_store


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as opened:
        yield opened


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_store(tmp_path / "news.db") as store:
        yield Desk(store)


def two_articles(site: Site) -> tuple[str, str]:
    return (
        site.put("/ferries", page(), etag='"f1"'),
        site.put("/dam", page("Dam holds", body=[text.replace("ferry", "dam") for text in BODY]), etag='"d1"'),
    )


def test_an_address_of_an_article_is_read(site: Site, desk: Desk) -> None:
    address = site.put("/ferries", page(head='<meta name="author" content="J. Pryce">'))
    (article,) = desk.gather(address).result.accepted
    assert (article.title, article.outlet, article.author, article.url) == (
        "Ferries stay in port",
        "Harbour Post",
        "J. Pryce",
        address,
    )
    assert article.text.endswith(BODY[1])


@pytest.mark.parametrize("form", ["rss", "opml", "sitemap", "packed sitemap", "index"])
def test_every_kind_of_list_leads_to_its_articles(site: Site, desk: Desk, form: str) -> None:
    links = two_articles(site)
    feed = site.put("/feed", rss(*links), kind="application/rss+xml")
    site.put("/news.xml.gz", gzip.compress(sitemap(*links).encode()), kind="application/gzip")
    index = f"<sitemapindex><sitemap><loc>{site.address}/news.xml.gz</loc></sitemap></sitemapindex>"
    address = {
        "rss": feed,
        "opml": site.put("/list", opml(feed), kind="text/xml"),
        "sitemap": site.put("/news.xml", sitemap(*links), kind="application/xml"),
        "packed sitemap": f"{site.address}/news.xml.gz",
        "index": site.put("/index.xml", index, kind="application/xml"),
    }[form]
    accepted = desk.gather(address).result.accepted
    assert {article.title for article in accepted} == {"Ferries stay in port", "Dam holds"}
    assert {article.published_at is not None for article in accepted} == {True}


def test_a_list_in_a_file_leads_to_its_articles(site: Site, desk: Desk, tmp_path: Path) -> None:
    feed = site.put("/feed", rss(*two_articles(site)))
    (tmp_path / "desk.opml").write_text(opml(feed), encoding="utf-8")
    assert len(desk.gather(tmp_path / "desk.opml").result.accepted) == 2
    (tmp_path / "broken.opml").write_text("no list at all", encoding="utf-8")
    (rejection,) = desk.gather(tmp_path / "broken.opml").result.rejected
    assert rejection.path == "broken.opml" and "neither a feed nor" in rejection.reason


def test_a_feed_says_what_its_page_does_not_and_the_page_goes_first(site: Site, desk: Desk) -> None:
    bare = f"<html><head></head><body><p>{BODY[0]}</p><p>{BODY[1]}</p></body></html>"
    feed = site.put("/feed", rss(site.put("/bare", bare), site.put("/full", page("Own title"))))
    by_title = {article.title: article for article in desk.gather(feed).result.accepted}
    assert set(by_title) == {"Headline 0", "Own title"}
    assert by_title["Headline 0"].author == "A. Reporter"
    assert by_title["Headline 0"].published_at == datetime(2031, 3, 8, 0, tzinfo=UTC)


def test_asking_an_unchanged_feed_again_asks_for_no_page(site: Site, desk: Desk) -> None:
    feed = site.put("/feed", rss(*two_articles(site)), etag='"v1"')
    desk.gather(feed)
    site.forget()
    again = desk.gather(feed)
    assert (site.requests("/feed"), site.requests()) == (1, 1)
    assert again.asked.lists_unchanged == 1 and again.arrived == 0


def test_asking_a_feed_that_grew_asks_only_for_what_is_new(site: Site, desk: Desk) -> None:
    links = two_articles(site)
    feed = site.put("/feed", rss(links[0]))
    desk.gather(feed)
    site.forget()
    site.put("/feed", rss(*links))
    (article,) = desk.gather(feed).result.accepted
    assert article.title == "Dam holds"
    assert (site.requests("/dam"), site.requests("/ferries")) == (1, 0)


def test_an_article_still_listed_is_asked_for_again_only_conditionally_and_after_its_time(
    site: Site, desk: Desk
) -> None:
    feed = site.put("/feed", rss(*two_articles(site)), etag='"v1"')
    desk.gather(feed)
    site.forget()
    desk.now += timedelta(hours=13)
    assert desk.gather(feed).asked.pages_unchanged == 2
    assert site.statuses() == {304: 3}
    site.put("/ferries", page(body=[*BODY, "The company said later that sailings resume on Friday."]), etag='"f2"')
    desk.now += timedelta(hours=13)
    (revised,) = desk.gather(feed).result.revised
    assert revised.revision == 2 and revised.text.endswith("sailings resume on Friday.")


def test_an_entry_that_says_it_was_updated_is_asked_for_at_once(site: Site, desk: Desk) -> None:
    def atom(updated: str) -> str:
        entry = f"<entry><title>x</title><link href='{link}'/><updated>{updated}</updated></entry>"
        return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>{entry}</feed>"

    link = site.put("/ferries", page(), etag='"f1"')
    feed = site.put("/feed", atom("2031-03-08T11:00:00Z"))
    desk.gather(feed)
    site.forget()
    desk.gather(feed)
    assert site.requests("/ferries") == 0
    site.put("/feed", atom("2031-03-08T12:30:00Z"))
    desk.now += timedelta(hours=1)
    desk.gather(feed)
    assert site.requests("/ferries") == 1


def test_one_article_under_two_addresses_is_fetched_once_or_counted_once(site: Site, desk: Desk) -> None:
    canonical = f'<link rel="canonical" href="{site.address}/ferries">'
    plain = site.put("/ferries", page(head=canonical))
    amp = site.put("/amp/ferries", page(head=canonical, body=[BODY[0], "Tap to open the app. " + BODY[1]]))
    feed = site.put("/feed", rss(f"{plain}?utm_source=rss&utm_medium=feed", f"{plain}#comments", plain, amp))
    result = desk.gather(feed).result
    assert len(result.accepted) == 1 and result.revised == ()
    assert (site.requests("/ferries"), site.requests("/amp/ferries")) == (1, 1)
    assert list(desk.store.article_heads()) == [result.accepted[0].article_id]


def test_a_page_cannot_pass_itself_off_as_another_sites(site: Site, desk: Desk) -> None:
    address = site.put("/a", page(head='<link rel="canonical" href="https://www.bbc.co.uk/news/1">'))
    (article,) = desk.gather(address).result.accepted
    assert article.url == address


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("/", page("Harbour Post", article=False), "a front page"),
        ("/index.html", page("Harbour Post"), "a front page"),
        ("/sport", "<html><body>" + "".join(f"<h3><a href='/{n}'>Headline {n} of the day</a></h3><p>Teaser {n} of a story that one can read.</p>" for n in range(20)) + "</body></html>", "a list of articles"),
        ("/wall", page(body=[BODY[0][:120], "Subscribe to continue reading."]), "behind a paywall"),
        ("/closed", page(head='<script type="application/ld+json">{"@type":"NewsArticle","headline":"x","isAccessibleForFree":false}</script>'), "behind a paywall"),
        ("/robot", "<html><head><title>Just a moment...</title></head><body><p>Checking your browser before you can go on to the site.</p></body></html>", "a check for robots"),
        ("/about", "<html><body><p>We are a small paper on the coast. Write to us.</p><p>Our office is open on weekdays.</p></body></html>", "nothing marks as an article"),
        ("/photo", b"\x89PNG\r\n\x1a\n\x00\x00", "not a web page"),
    ],
    ids=["front", "marked front", "section", "paywall", "closed", "robot check", "imprint", "picture"],
)  # fmt: skip
def test_a_page_that_is_no_article_is_rejected_with_a_reason_and_a_remedy(
    site: Site, desk: Desk, path: str, content: str | bytes, reason: str
) -> None:
    address = site.put(path, content, kind="image/png" if path == "/photo" else "text/html")
    gathered = desk.gather(address)
    (rejection,) = gathered.result.rejected
    assert reason in rejection.reason and rejection.remedy and gathered.arrived == 0
    assert len(desk.store.fetches.pages()) == 1, "a better reader may make something of it"


@pytest.mark.parametrize(
    "hostile",
    [
        "<html><body>" + "<h1><a>x</a>" * 60_000,
        "<html><body>" + "<div>" * 3_000 + BODY[0] + "</div>" * 3_000 + "</body></html>",
        "<html><head>" + '<script type="application/ld+json">' + "[" * 50_000 + "</script></head><body>x</body></html>",
        "<html>" + "<" * 500_000,
        "<html><body><article><p>\x00\ud83d" + BODY[0] + "</p></article></body></html>",
    ],
    ids=["headings", "deep", "deep json", "brackets", "half a character"],
)
def test_a_hostile_page_ends_in_an_article_or_a_reason(site: Site, desk: Desk, hostile: str) -> None:
    address = site.put("/a", hostile.encode("utf-8", "surrogatepass"))
    gathered = desk.gather(address)
    assert len(gathered.result.accepted) + len(gathered.result.rejected) == 1


def test_a_front_page_names_the_feed_that_the_site_offers(site: Site, desk: Desk) -> None:
    offer = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    address = site.put("/", page("Harbour Post", head=offer, article=False))
    (rejection,) = desk.gather(address).result.rejected
    assert rejection.remedy.endswith(f"{site.address}/feed.xml")


BROKEN_FEEDS = {
    "not found": (404, "gone"),
    "broken": (200, "<rss><channel><item><title>&nosuch;"),
    "entities": (200, '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel>&b;</channel></rss>'),
    "external entity": (
        200,
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel>&a;</channel></rss>',
    ),
    "deep": (200, "<rss>" + "<channel>" * 20_000),
    "empty": (200, ""),
    "binary": (200, "\x00\x01\x02" * 50),
    "opml": (200, "<opml><body>" + "<outline>" * 5_000),
    "sitemap": (200, '<!DOCTYPE urlset [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>'),
}


@pytest.mark.parametrize("name", list(BROKEN_FEEDS))
def test_a_bad_feed_stops_no_other_and_its_failures_are_counted(site: Site, desk: Desk, name: str) -> None:
    status, content = BROKEN_FEEDS[name]
    bad = site.put("/bad", content, status=status, kind="application/xml")
    good = site.put("/feed", rss(*two_articles(site)))
    lists = site.put("/list", opml(bad, good))
    gathered = desk.gather(lists)
    assert len(gathered.result.accepted) == 2
    for _ in range(2):
        desk.gather(lists)
    known = desk.store.fetches.get(bad)
    assert known is not None
    if name == "not found":
        assert [rejection.path for rejection in gathered.result.rejected] == [bad]
        (failing,) = sources_state(desk.store.fetches.all()).failing
        assert (failing.url, failing.failures) == (bad, 3) and "404" in failing.error


def test_a_feed_that_answers_again_is_no_longer_failing(site: Site, desk: Desk) -> None:
    feed = site.put("/feed", rss(*two_articles(site)))
    lists = site.put("/list", opml(feed))
    desk.gather(lists)
    site.put("/feed", "", status=500)
    desk.gather(lists)
    assert sources_state(desk.store.fetches.all()).failing[0].failures == 1
    site.put("/feed", rss(*two_articles(site)))
    desk.gather(lists)
    assert sources_state(desk.store.fetches.all()).failing == ()


def test_a_failing_feed_is_asked_less_and_less_often(site: Site, desk: Desk) -> None:
    feed = site.put("/feed", "", status=500)
    desk.every = timedelta(minutes=15)
    for _ in range(16):
        desk.gather(feed)
        desk.now += timedelta(minutes=15)
    assert 4 <= site.requests("/feed") <= 6


def test_a_bad_page_stops_no_other_and_is_given_up_after_a_final_no(site: Site, desk: Desk) -> None:
    links = two_articles(site)
    feed = site.put("/feed", rss(f"{site.address}/gone", *links, site.put("/slow", "", status=503)))
    gathered = desk.gather(feed)
    assert len(gathered.result.accepted) == 2
    assert {rejection.path.rsplit("/", 1)[1] for rejection in gathered.result.rejected} == {"gone", "slow"}
    for _ in range(8):
        desk.gather(feed)
    assert site.requests("/gone") == 1 and site.requests("/slow") == 5, "given up after five rounds"


def test_a_host_that_fails_is_left_alone_for_the_rest_of_the_round_and_holds_up_nobody(site: Site, desk: Desk) -> None:
    dead = [site.put(f"/dead/{number}", "", status=503) for number in range(9)]
    living = site.put("/ferries", page()).replace("127.0.0.1", "localhost")
    gathered = desk.gather(site.put("/feed", rss(*dead, living)))
    assert sum(path.startswith("/dead") for path, _, _ in site.asked) == 3
    assert (gathered.arrived, gathered.asked.waiting) == (1, 6)
    for number in range(9):
        site.put(f"/dead/{number}", page(f"Story {number} of the day"))
    assert desk.gather(f"{site.address}/feed").arrived == 9


def test_a_round_takes_the_newest_and_leaves_the_rest_for_the_next(site: Site, desk: Desk) -> None:
    links = [site.put(f"/{number}", page(f"Story {number} of the day")) for number in range(5)]
    desk.settings = settings(max_articles=2)
    feed = site.put("/feed", rss(*links), etag='"v1"')
    first = desk.gather(feed)
    assert {article.title for article in first.result.accepted} == {"Story 4 of the day", "Story 3 of the day"}
    assert first.asked.waiting == 3
    assert [desk.gather(feed).arrived for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("moment", range(12))
def test_a_process_killed_at_any_moment_loses_no_article(
    site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """The n-th write of a round fails as if the process had died; the next round ends where a whole one ends."""

    class Killed(BaseException):
        pass

    feed = site.put("/feed", rss(*two_articles(site), site.put("/more", page("A third story"))), etag='"v1"')
    monkeypatch.setattr(web, "_BATCH", 1)
    writes = 0
    put, add = type(desk.store.fetches).put, type(desk.store).add_articles

    def dies(real: object) -> object:
        def write(*args: object, **named: object) -> object:
            nonlocal writes
            writes += 1
            if writes > moment:
                raise Killed
            return real(*args, **named)  # type: ignore[operator]

        return write

    with monkeypatch.context() as dying, pytest.raises(Killed) if moment < 7 else monkeypatch.context():
        dying.setattr(type(desk.store.fetches), "put", dies(put))
        dying.setattr(type(desk.store), "add_articles", dies(add))
        desk.gather(feed)
    desk.gather(feed)
    assert {article.title for article in desk.store.articles()} == {
        "Ferries stay in port",
        "Dam holds",
        "A third story",
    }
    assert {article.revision for article in desk.store.articles()} == {1}
    assert len(desk.store.fetches.pages()) == 3
    site.forget()
    desk.gather(feed)
    assert site.requests() == 1


def test_killed_in_the_middle_it_still_ends_with_every_article(site: Site, tmp_path: Path) -> None:
    """SIGKILL on the real command, when a first batch is in the store and a second one is on its way."""
    links = [site.put(f"/{number}", page(f"Story {number} of the day"), etag=f'"{number}"') for number in range(34)]
    feed = site.put("/feed", rss(*links), etag='"v1"')
    (tmp_path / "desk.toml").write_text(
        "[sources]\nallow_private = true\nper_host_seconds = 0.02\nretries = 0\n", encoding="utf-8"
    )
    store = tmp_path / "news.db"
    words = ["ingest", feed, "--store", str(store), "--settings", str(tmp_path / "desk.toml"), "--quiet"]
    process = subprocess.Popen([sys.executable, "-m", "detector", *words])
    end = time.monotonic() + 60
    while site.requests() < 29 and time.monotonic() < end:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert subprocess.run([sys.executable, "-m", "detector", *words], check=False).returncode == 0
    with open_store(store, read_only=True) as opened:
        articles = opened.articles()
        assert {article.title for article in articles} == {f"Story {number} of the day" for number in range(34)}
        assert {article.revision for article in articles} == {1}
        assert len(opened.fetches.pages()) == 34


def test_kept_pages_are_read_again_without_the_network(site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = site.put("/feed", rss(*two_articles(site), site.put("/", page("Front", article=False))))
    desk.gather(feed)
    site.forget()
    assert len(read_again(desk.store, settings=desk.settings.reading).unchanged) == 2
    shorter = "detector.corpus.fetched.read_page"
    monkeypatch.setattr(shorter, lambda text: {"text": BODY[1], "title": "Read by a better reader"})
    result = read_again(desk.store, settings=desk.settings.reading)
    assert [article.revision for article in result.revised] == [2, 2]
    assert {article.outlet for article in result.revised} == {"Harbour Post"}, "an address stays the article it was"
    assert site.asked == []


def test_a_page_is_kept_once_for_each_text(site: Site, desk: Desk) -> None:
    address = site.put("/ferries", page())
    for number in range(3):
        site.put("/ferries", page() + f"<!-- served in {number} ms -->")
        desk.gather(address)
    assert len(desk.store.fetches.pages(address)) == 1


def test_a_text_that_was_put_back_is_what_is_read_again(site: Site, desk: Desk) -> None:
    first, second = page(), page().replace("cancelled all sailings", "cancelled two of nine sailings")
    for text in (first, second, first):
        desk.gather(site.put("/ferries", text))
        desk.now += timedelta(hours=1)
    (article,) = desk.store.articles()
    assert article.revision == 3
    again = read_again(desk.store, settings=desk.settings.reading)
    assert (len(again.unchanged), again.revised) == (1, ())
    assert desk.store.articles() == [article]


def test_standard_input_is_read_line_by_line(desk: Desk) -> None:
    lines = [
        json.dumps({"outlet": "Post", "title": "Ferries", "text": BODY[0]}),
        "{broken",
        json.dumps({"text": BODY[1].replace(".", ",")}),
    ]
    result = desk.gather("-", stream=io.BytesIO("\n".join(lines).encode())).result
    assert len(result.accepted) == 2
    (rejection,) = result.rejected
    assert rejection.path == "standard input:2"
    assert len(desk.gather("-", stream=io.BytesIO("\n".join(lines).encode())).result.unchanged) == 2


def test_unnamed_articles_of_two_streams_are_two_articles(desk: Desk) -> None:
    for text in BODY:
        line = json.dumps({"outlet": "Post", "text": text.replace(".", ",")}).encode()
        assert len(desk.gather("-", stream=io.BytesIO(line)).result.accepted) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ftp://a.example/feed", "not a kind of address"),
        ("file:///etc/passwd", "not a kind of address"),
        ("no/such/folder", "no such file or folder"),
        ("www.bbc.co.uk/news", "an address begins with https://"),
    ],
)
def test_a_source_of_no_use_is_said_before_any_work_is_done(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        named_sources([name])


@pytest.mark.parametrize(
    ("address", "cleaned"),
    [
        ("HTTPS://News.Example:443/a?utm_source=x&b=2&a=1#top", "https://news.example/a?a=1&b=2"),
        ("https://news.example/a?fbclid=123&gclid=4", "https://news.example/a"),
        ("https://anna:pw@news.example/a", None),
        ("javascript:alert(1)", None),
        ("https:///a", None),
        ("https://news.example:0/", None),
        ("https://[::1", None),
    ],
)
def test_an_address_has_one_form(address: str, cleaned: str | None) -> None:
    assert clean_address(address) == cleaned


def test_lists_are_told_by_their_first_element_whatever_the_server_calls_them() -> None:
    assert kind_of_list(rss().encode()) == "feed"
    assert kind_of_list(b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<opml/>") == "opml"
    assert kind_of_list("<urlset/>".encode("utf-16")) == "sitemap"
    assert kind_of_list(page().encode()) is None


def test_addresses_in_a_list_are_seen_from_the_list_and_named_once() -> None:
    found = entries_of("feed", rss("/a", "b?x=1", "/a", "mailto:x@y.example").encode(), address="https://n.example/f/")
    assert [entry.url for entry in found] == ["https://n.example/a", "https://n.example/f/b?x=1"]


def test_an_ingest_that_finds_the_store_busy_keeps_nothing_as_fetched(
    site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector.errors import StoreBusyError

    def busy(*args: object) -> None:
        raise StoreBusyError("somebody writes")

    feed = site.put("/feed", rss(*two_articles(site)), etag='"v1"')
    with monkeypatch.context() as held:
        held.setattr(web, "ingest", busy)
        with pytest.raises(StoreBusyError):
            desk.gather(feed)
    assert ingesting.ingest is not busy
    assert desk.gather(feed).arrived == 2
    kept = desk.store.fetches.get(feed)
    assert kept is not None and replace(kept, listed=()).failures == 0
