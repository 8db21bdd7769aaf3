"""Fetching: polite, bounded, and never into the inner network by whatever name."""

from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from loopback import Reply, Site, served

from detector.fetching import Fetcher, FetchFailed, transport, unpacked
from detector.fetching.addresses import is_public
from detector.fetching.fetcher import Answer
from detector.settings import SourceSettings

OPEN = {"allow_private": True, "per_host_seconds": 0.0, "retries": 0, "timeout_seconds": 2.0, "total_seconds": 4.0}


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as opened:
        yield opened


def fetch(address: str, *, max_bytes: int = 100_000, waits: list[float] | None = None, **changes: Any) -> Answer:
    """One request of a fresh fetcher that does not really wait; its waits are noted."""
    noted: list[float] = [] if waits is None else waits
    settings = SourceSettings(**{**OPEN, **changes})
    with Fetcher(settings, max_bytes=max_bytes, pause=noted.append) as fetcher:
        return fetcher.get(address)


def refused(address: str, **changes: Any) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        fetch(address, **changes)
    return caught.value


def test_an_answer_comes_with_what_makes_the_next_request_conditional(site: Site) -> None:
    address = site.put("/a", "news", etag='"v1"', Last_Modified="Sat, 08 Mar 2031 09:00:00 GMT")
    answer = fetch(address)
    assert (answer.content, answer.etag, answer.last_modified) == (b"news", '"v1"', "Sat, 08 Mar 2031 09:00:00 GMT")
    with Fetcher(SourceSettings(**OPEN), max_bytes=1000) as fetcher:
        again = fetcher.get(address, etag=answer.etag, last_modified=answer.last_modified)
    assert again.unchanged and again.content == b""
    assert site.asked[-1][1]["if-modified-since"] == answer.last_modified


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0", "[::1]"],
)  # fmt: skip
def test_no_way_of_writing_the_loopback_address_is_asked(site: Site, host: str) -> None:
    site.put("/a", "inner")
    port = site.address.rsplit(":", 1)[1]
    failure = refused(f"http://{host}:{port}/a", allow_private=False)
    assert "inner address" in failure.reason or failure.reason == "not an address"
    assert not failure.transient and site.asked == []


@pytest.mark.parametrize(
    "ip",
    "10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 169.254.169.254 0.0.0.0 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: "
    "fe80::1 fe80::1%eth0 fc00::1 fec0::1 ff02::1 ::ffff:10.0.0.1 2002:a00:1:: 64:ff9b::a00:1 ::127.0.0.1 2001:db8::1".split(),
)
def test_inner_addresses_are_told_in_every_form(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize("ip", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"])
def test_addresses_of_the_open_internet_are_told(ip: str) -> None:
    assert is_public(ip)


def test_a_name_with_one_inner_address_among_open_ones_is_refused() -> None:
    settings = SourceSettings(**{**OPEN, "allow_private": False, "robots": False})
    with (
        Fetcher(settings, max_bytes=1000, resolve=lambda host, port: ["8.8.8.8", "10.0.0.7"]) as fetcher,
        pytest.raises(FetchFailed, match=r"news\.example is 10\.0\.0\.7"),
    ):
        fetcher.get("http://news.example/")


def test_a_name_that_resolves_otherwise_the_second_time_is_checked_the_second_time(site: Site) -> None:
    """DNS rebinding: what is checked is what is connected to, at every connection."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    settings = SourceSettings(**{**OPEN, "allow_private": False, "robots": False})
    address = site.put("/a", "inner").replace("127.0.0.1", "news.example")
    with Fetcher(settings, max_bytes=1000, resolve=rebinding) as fetcher:
        for _ in range(2):
            with pytest.raises(FetchFailed, match="inner address"):
                fetcher.get(address)
    assert asked == ["news.example", "news.example"] and site.asked == []


def test_a_redirect_into_the_inner_network_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback address stands for the open internet here; where the redirect leads to is checked like any other."""
    monkeypatch.setattr(transport, "is_public", lambda ip: ip == "127.0.0.1" or is_public(ip))
    port = site.address.rsplit(":", 1)[1]
    for number, inner in enumerate(("169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]", "167772161")):
        address = site.put(f"/{number}", "", status=302, Location=f"http://{inner}:{port}/secret")
        assert "inner address" in refused(address, allow_private=False, robots=False).reason
        assert site.requests(f"/{number}") == 1


def test_redirects_are_followed_and_bounded(site: Site) -> None:
    site.put("/a", "", status=301, Location="/b")
    address = site.put("/b", "there")
    assert fetch(f"{site.address}/a").address == address
    site.put("/round", "", status=302, Location="/round")
    assert "redirects" in refused(f"{site.address}/round").reason
    assert site.requests("/round") == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://news.example/a", "gopher://x/", "//", "http://"])
def test_a_redirect_leads_to_the_web_or_nowhere(site: Site, target: str) -> None:
    site.put("/a", "", status=302, Location=target)
    assert refused(f"{site.address}/a").status == 0


@pytest.mark.parametrize("address", ["ftp://a.example/x", "file:///a", "http://", "http://a.example:99999/", "javascript:1"])  # fmt: skip
def test_only_web_addresses_are_fetched(address: str) -> None:
    refused(address)


def test_a_password_in_an_address_is_neither_used_nor_repeated() -> None:
    failure = refused("http://anna:secret@news.example/")
    assert "secret" not in str(failure) and "password" in failure.reason


def test_more_than_the_limit_is_not_read(site: Site) -> None:
    assert "more than 1,000 bytes" in refused(site.put("/big", b"x" * 5000), max_bytes=1000).reason


def test_a_small_packed_answer_that_grows_without_end_is_stopped(site: Site) -> None:
    bomb = gzip.compress(b"\0" * 30_000_000)
    address = site.put("/bomb", bomb, Content_Encoding="gzip")
    assert "more than 100,000 bytes" in refused(address).reason
    with pytest.raises(FetchFailed, match="more than"):
        unpacked(bomb, limit=100_000)


def test_packed_answers_are_unpacked_and_cut_ones_told(site: Site) -> None:
    whole = gzip.compress(b"news " * 500)
    assert fetch(site.put("/a", whole, Content_Encoding="gzip")).content == b"news " * 500
    assert "cut off" in refused(site.put("/b", whole[:-20], Content_Encoding="gzip")).reason
    assert "not asked for" in refused(site.put("/c", b"xx", Content_Encoding="br")).reason


def drip(handler: BaseHTTPRequestHandler) -> Reply | None:
    """A byte now and then: each wait is short, the whole is not."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.05)
    except OSError:
        pass
    return None


def test_a_server_that_drips_is_left_after_the_total_time(site: Site) -> None:
    site.replies["/drip"] = drip
    begun = time.monotonic()
    failure = refused(f"{site.address}/drip", total_seconds=0.4, robots=False)
    assert "in time" in failure.reason and failure.transient
    assert time.monotonic() - begun < 2.0


def test_a_failure_that_may_pass_is_tried_again_and_the_servers_wish_honoured(site: Site) -> None:
    replies = [(503, {"Retry-After": "7"}, b""), (500, {}, b""), (200, {"Content-Type": "text/html"}, b"news")]
    site.replies["/a"] = lambda handler: replies.pop(0)
    waits: list[float] = []
    assert fetch(f"{site.address}/a", retries=2, waits=waits).content == b"news"
    longer = [wait for wait in waits if wait > 0]
    assert longer[0] == 7.0 and 0.5 <= longer[1] <= 2.0
    assert site.requests("/a") == 3


def test_a_wish_to_wait_for_an_hour_ends_the_attempts(site: Site) -> None:
    address = site.put("/a", "", status=429, Retry_After="3600")
    waits: list[float] = []
    failure = refused(address, retries=5, waits=waits)
    assert (failure.status, failure.transient, site.requests("/a")) == (429, True, 1)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_final_no_is_not_asked_twice(site: Site, status: int) -> None:
    failure = refused(site.put("/a", "", status=status), retries=5)
    assert (failure.status, failure.transient, site.requests("/a")) == (status, False, 1)
    assert f"the server answered {status}" in failure.reason and failure.remedy


def test_requests_to_one_host_keep_their_distance(site: Site) -> None:
    waits: list[float] = []
    settings = SourceSettings(**{**OPEN, "per_host_seconds": 5.0, "robots": False})
    with Fetcher(settings, max_bytes=1000, pause=waits.append) as fetcher:
        for path in ("/a", "/b"):
            fetcher.get(site.put(path, "x"))
        fetcher.get(site.put("/c", "x").replace("127.0.0.1", "localhost"))
    assert waits[0] == 0.0 and 4.0 < waits[1] <= 5.0 and waits[2] == 0.0


def test_the_user_agent_is_the_one_set(site: Site) -> None:
    fetch(site.put("/a", "x"), user_agent="desk/1 (+https://desk.example)")
    assert {headers["user-agent"] for _, headers, _ in site.asked} == {"desk/1 (+https://desk.example)"}


def test_what_robots_txt_forbids_is_left_alone_and_it_is_read_once(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\nCrawl-delay: 3\n", kind="text/plain")
    waits: list[float] = []
    with Fetcher(SourceSettings(**OPEN), max_bytes=1000, pause=waits.append) as fetcher:
        fetcher.get(site.put("/a", "x"))
        with pytest.raises(FetchFailed, match=r"robots\.txt"):
            fetcher.get(site.put("/private/b", "x"))
        fetcher.get(site.put("/c", "x"))
    assert site.requests("/robots.txt") == 1 and site.requests("/private/b") == 0
    assert max(waits) > 2.0, "the site's Crawl-delay is kept"
    assert fetch(f"{site.address}/private/b", robots=False).content == b"x"


def test_a_site_whose_robots_txt_fails_is_left_alone_for_now(site: Site) -> None:
    site.put("/robots.txt", "", status=503)
    failure = refused(site.put("/a", "x"))
    assert failure.transient and site.requests("/a") == 0


def test_the_proxy_of_the_environment_is_used_only_when_asked_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", site.address)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(FetchFailed, match="not known"):
        fetch("http://news.invalid/a", robots=False)
    site.replies["http://news.invalid/a"] = (200, {"Content-Type": "text/html"}, b"through the proxy")
    answer = fetch("http://news.invalid/a", robots=False, environment_proxy=True)
    assert answer.content == b"through the proxy"
    assert (
        "inner address" in refused("http://10.0.0.1/", robots=False, environment_proxy=True, allow_private=False).reason
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate of the test's server")
def test_the_certificate_is_checked_by_name_although_the_connection_goes_to_a_checked_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=news.example",
            "-addext",
            "subjectAltName=DNS:news.example",
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    settings = SourceSettings(**{**OPEN, "robots": False})
    with (
        served(tls=context) as secure,
        Fetcher(settings, max_bytes=1000, resolve=lambda host, port: ["127.0.0.1"]) as fetcher,
    ):
        secure.put("/a", "news")
        port = secure.address.rsplit(":", 1)[1]
        assert fetcher.get(f"https://news.example:{port}/a").content == b"news"
        with pytest.raises(FetchFailed, match=r"not valid for 'other\.example'"):
            fetcher.get(f"https://other.example:{port}/a")


def test_a_dead_host_is_a_failure_with_a_remedy(site: Site) -> None:
    with served() as gone:
        address = gone.address
    failure = refused(f"{address}/a", robots=False)
    assert failure.transient and failure.remedy
