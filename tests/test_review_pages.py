"""The pages without a browser: what they hold, where forms lead, what they refuse, and that nothing on them is inline."""

from __future__ import annotations

import base64
import itertools
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
from desk_site import PAYLOADS, hostile_store, plain_store
from fastapi import HTTPException
from report_fixture import Sample
from starlette.testclient import TestClient

from detector.records import RejectReason
from detector.review import pages
from detector.review.app import create_app
from detector.review.desk import Desk
from detector.review.frame import LAST, REASON_WORDS, SAID, THEME, filters_of, local_path, query_of
from detector.review.security import Access, add_account
from detector.review.values import QueueFilters
from detector.testing import HashingEncoder, LexicalNLI

TRAM, FIRE, BRAND, _ = (one.conflict_id for one in Sample().outcome.conflicts)
PAGES = ("/", f"/conflicts/{TRAM}", "/ask", "/report", "/statistics", "/runs", "/account", "/help", "/conflicts/none")
STATIC = files("detector.review").joinpath("static")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store to be copied."""
    return plain_store(tmp_path_factory.mktemp("filled") / "desk.db", decided=True)


@pytest.fixture
def desk(filled: str, tmp_path: Path) -> Iterator[Desk]:
    fakes = {"encoder": HashingEncoder(), "nli": LexicalNLI(), "nlp": None}
    ticks = itertools.count()

    def clock() -> datetime:
        """Each look a second later, from after the decisions that the store holds."""
        return datetime(2031, 3, 10, tzinfo=UTC) + timedelta(seconds=next(ticks))

    with Desk(shutil.copy(filled, tmp_path / "desk.db"), models=fakes, clock=clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with Desk(hostile_store(tmp_path_factory.mktemp("hostile") / "desk.db")) as opened:
        yield client_of(opened)


def client_of(desk: Desk, access: Access | None = None) -> TestClient:
    app = create_app(desk, access or Access(reviewer="Ada Lind"))
    return TestClient(app, base_url="http://127.0.0.1:8421", follow_redirects=False)


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return client_of(desk)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return unescape(found[1])


def post(client: TestClient, path: str, *, on: str = "/help", **fields: str | list[str]) -> tuple[int, str, str]:
    """A form of a page sent: status, where it leads, what came."""
    given = {"csrf_token": field(client.get(on).text, "csrf_token"), **fields}
    answer = client.post(path, data=given)
    return answer.status_code, answer.headers.get("location", ""), answer.text


@pytest.mark.parametrize("path", PAGES)
def test_nothing_on_a_page_is_inline_or_from_elsewhere(client: TestClient, path: str) -> None:
    page = client.get(path).text
    assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)|<style|\sstyle=|\son[a-z]+=|javascript:|data:", page)
    for address in re.findall(r"<(?:link|script|img)[^>]*(?:href|src)=\"([^\"]*)\"", page):
        assert address.startswith("/static/")
    assert page.startswith("<!doctype html>") and '<html lang="en"' in page
    assert len(re.findall(r"<h1\b", page)) == 1 and "<main" in page


def test_every_file_that_a_page_or_a_script_names_is_there(client: TestClient) -> None:
    names = set(re.findall(r"/static/([a-z.]+)", client.get("/").text))
    for one in list(STATIC.iterdir()):
        names |= set(re.findall(r"from \"\./([a-z.]+)\"", one.read_text(encoding="utf-8")))
    assert names >= {"desk.css", "desk.js", "icon.svg", "swap.js", "keys.js"}
    for name in names:
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200 and answer.content


def test_scripts_and_styles_fetch_nothing_from_elsewhere() -> None:
    for one in STATIC.iterdir():
        text = one.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|\beval\b|innerHTML|insertAdjacentHTML", text), one.name


def test_the_desk_has_the_colours_of_the_reports() -> None:
    css = STATIC.joinpath("desk.css").read_text(encoding="utf-8")
    report = files("detector.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    wanted = {"paper", "card", "ink", "soft", "line", "faint", "link", "hl", "focus", "s0", "s1", "s2", "s3"}

    def colours(text: str) -> list[dict[str, str]]:
        blocks = re.findall(r"--paper: #faf9f6.*?color-scheme|--paper: #161719.*?(?=\})", text, flags=re.DOTALL)
        return [
            {name: value for name, value in re.findall(r"--(\w+): (#\w+)", one) if name in wanted} for one in blocks
        ]

    light, dark = colours(report)
    assert set(light) == set(dark) == wanted
    assert colours(css) == [light, dark, dark]


def test_a_decision_leads_on_to_the_next_conflict_and_can_be_taken_back(client: TestClient) -> None:
    page = client.get(f"/conflicts/{FIRE}?lane=conflict&state=all").text
    assert field(page, "then") == "", "the last of the filtered queue leads back to it"
    page = client.get(f"/conflicts/{FIRE}").text
    fields = {name: field(page, name) for name in ("csrf_token", "evidence_hash", "then", "query")}
    answer = client.post(f"/conflicts/{FIRE}/decide", data={**fields, "decision": "rejected", "reason": "quote"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/conflicts/{BRAND}")
    reached = client.get(answer.headers["location"]).text
    assert "Rejected" in reached and "How many people were hurt" in reached
    review = re.search(r'name="review_id" value="([^"]+)"', reached)
    assert review
    assert "data-flash" not in client.get("/").text, "it is told once"
    assert f'value="{review[1]}"' in client.get("/ask").text, "and can be taken back from anywhere"
    status, where, _ = post(client, f"/conflicts/{FIRE}/undo", review_id=review[1])
    assert (status, where) == (303, f"/conflicts/{FIRE}")


def test_the_filters_go_with_the_reviewer(client: TestClient) -> None:
    page = client.get(f"/conflicts/{TRAM}?state=all&outlet=evening-quay&page=1").text
    assert f"/conflicts/{FIRE}?state=all&amp;outlet=evening-quay" in page
    assert '"/?state=all&amp;outlet=evening-quay"' in page
    _, where, _ = post(
        client,
        f"/conflicts/{TRAM}/note",
        note="Seen.",
        query="outlet=evening-quay&state=all&evil=1&q=a%0d%0aSet-Cookie:x",
    )
    assert where == f"/conflicts/{TRAM}?outlet=evening-quay&state=all&q=a%0D%0ASet-Cookie%3Ax"


def test_a_decision_on_evidence_that_changed_shows_what_there_is_now(client: TestClient) -> None:
    status, _, page = post(client, f"/conflicts/{FIRE}/decide", decision="confirmed", evidence_hash="then")
    assert status == 409
    assert "nothing was recorded" in page and "How many people were hurt" in page


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("decide", {"decision": "rejected", "evidence_hash": "x"}, "a rejection needs a reason"),
        ("decide", {"decision": "perhaps", "evidence_hash": "x"}, "decision"),
        ("twin", {"evidence_hash": "x"}, "no other conflict is named"),
        ("twin", {"evidence_hash": "x", "named": "99"}, "no conflict has rank 99"),
        ("note", {"note": ""}, "note"),
        ("split", {"statement_id": "../../x"}, "statement_id"),
        ("move", {"statement_id": "none", "to_side": "none"}, "none"),
        ("undo", {"review_id": "none"}, "none"),
    ],
)
def test_a_form_that_does_not_fit_is_answered_in_one_line(
    client: TestClient, path: str, fields: dict[str, str], said: str
) -> None:
    status, _, page = post(client, f"/conflicts/{BRAND}/{path}", **fields)
    assert 400 <= status < 500
    message = re.search(r'class="lede" dir="auto">([^<]*)', page)
    assert message and said in unescape(message[1])
    assert (
        "no record" in client.get(f"/conflicts/{BRAND}").text
        or "Decisions and notes" not in client.get(f"/conflicts/{BRAND}").text
    )


@pytest.mark.parametrize("named", ["2", TRAM, f"http://127.0.0.1:8421/conflicts/{TRAM}?state=all"])
def test_another_conflict_is_named_by_rank_id_or_address(client: TestClient, named: str) -> None:
    wanted = {"2": FIRE}.get(named, TRAM)
    hashed = field(client.get(f"/conflicts/{BRAND}").text, "evidence_hash")
    status, _, _ = post(client, f"/conflicts/{BRAND}/twin", evidence_hash=hashed, how="duplicate", named=named)
    assert status == 303
    review = client.get(f"/api/v1/conflicts/{BRAND}").json()["history"][-1]
    assert (review["decision"], review["other_id"]) == ("duplicate", wanted)


def test_what_changed_since_the_last_decision_stands_at_the_top(client: TestClient) -> None:
    page = client.get(f"/conflicts/{FIRE}").text
    assert "What changed since the last decision" in page
    assert "Around twenty were hurt, maybe more." in page.split('class="sides')[0]


def test_reviewers_who_differ_are_shown_on_the_conflict_in_the_queue_and_in_the_figures(client: TestClient) -> None:
    assert "Reviewers differ" in client.get("/?state=all").text
    page = client.get(f"/conflicts/{TRAM}").text
    assert "Ben Aro" in page and "Both are on the record." in page
    figures = client.get("/statistics").text
    assert "Has the council of Orrin approved the tram line?" in figures.split("Where reviewers differ")[1]
    assert "How often reviewers confirm" in figures and "All</th>" in figures


def test_since_the_last_look_only_what_is_new_is_counted(client: TestClient) -> None:
    assert "the next visit tells what is new" in client.get("/").text
    assert post(client, "/look")[0] == 303
    assert "nothing new" in client.get("/").text
    fresh = client_of(client.app.state.desk, Access(reviewer="Ben Aro"))  # type: ignore[attr-defined]
    post(fresh, f"/conflicts/{BRAND}/note", note="Still chief.")
    hashed = field(fresh.get(f"/conflicts/{BRAND}").text, "evidence_hash")
    post(fresh, f"/conflicts/{BRAND}/decide", decision="confirmed", evidence_hash=hashed)
    page = client.get("/").text
    assert "1 decided by others" in page and "I have looked" in page


def test_a_form_of_another_site_is_refused(client: TestClient) -> None:
    hashed = field(client.get(f"/conflicts/{BRAND}").text, "evidence_hash")
    forged = {"decision": "confirmed", "evidence_hash": hashed}
    for fields, headers in (
        (forged, {}),
        ({**forged, "csrf_token": "x"}, {}),
        (forged, {"origin": "https://evil.example"}),
    ):
        answer = client.post(f"/conflicts/{BRAND}/decide", data=fields, headers=headers)
        assert answer.status_code == 403
    assert client.get(f"/api/v1/conflicts/{BRAND}").json()["history"] == []


def test_another_site_cannot_set_the_models_to_work(client: TestClient) -> None:
    page = client.get("/ask?claim=The+tram+was+approved", headers={"sec-fetch-site": "cross-site"})
    assert page.status_code == 200 and 'value="The tram was approved"' in page.text
    assert "Contradict it" not in page.text


def test_a_claim_that_cannot_be_asked_is_answered_with_what_to_do(client: TestClient) -> None:
    answer = client.get("/ask?claim=The+tram+was+approved")
    assert answer.status_code == 422
    assert "detector run" in answer.text, "this store was filled without an analysis"


def test_without_a_name_one_reads_and_is_asked_for_it_before_deciding(desk: Desk) -> None:
    client = client_of(desk, Access())
    page = client.get(f"/conflicts/{BRAND}").text
    assert "Your name" in page
    hashed = field(page, "evidence_hash")
    status, where, _ = post(client, f"/conflicts/{BRAND}/decide", decision="confirmed", evidence_hash=hashed)
    assert (status, where) == (303, "/login")
    back = client.get("/login", headers={"referer": f"http://127.0.0.1:8421/conflicts/{BRAND}?state=all"}).text
    assert field(back.split("<main")[1], "back") == f"/conflicts/{BRAND}?state=all"
    status, where, _ = post(client, "/account", name="Eva", back=f"/conflicts/{BRAND}")
    assert (status, where) == (303, f"/conflicts/{BRAND}")
    status, where, _ = post(client, f"/conflicts/{BRAND}/decide", decision="confirmed", evidence_hash=hashed)
    assert status == 303
    assert client.get(f"/api/v1/conflicts/{BRAND}").json()["history"][-1]["reviewer"] == "Eva"


def test_accounts_sign_in_and_out_and_see_nothing_before(desk: Desk) -> None:
    add_account(desk.store, "eva", "a long enough password")
    client = client_of(desk, Access(login="account"))
    assert client.get(f"/conflicts/{TRAM}?state=all").headers["location"].startswith("/login?next=/conflicts/")
    page = client.get(f"/login?next=/conflicts/{TRAM}").text
    assert "Password" in page and "tram line" not in page and "Queue</a>" not in page
    status, _, page = post(client, "/login", name="eva", secret="wrong wrong wrong", back="/")
    assert status == 401 and "is wrong" in page and "<form" in page
    status, where, _ = post(client, "/login", name="eva", secret="a long enough password", back="//evil.example")
    assert (status, where) == (303, "/")
    assert "tram line" in client.get("/?state=all").text
    assert "Sign out" in client.get("/account").text
    assert post(client, "/logout", on="/account")[1] == "/login"
    assert client.get("/").headers["location"] == "/login?next=/"


def test_the_start_token_signs_in_under_ones_name(desk: Desk) -> None:
    client = client_of(desk, Access(login="token", token="the-start-token"))
    assert "Token" in client.get("/login").text
    assert post(client, "/login", name="Eva", secret="the-start-token")[:2] == (303, "/")
    assert "Eva" in client.get("/").text


@pytest.mark.parametrize("told", ["x", "e30=", base64.urlsafe_b64encode(b'{"words": 1}').decode(), "%00", "Ww=="])
def test_a_bent_cookie_is_as_none(client: TestClient, told: str) -> None:
    for name in (f"{SAID}_8421", f"{LAST}_8421", THEME):
        client.cookies.set(name, told)
    page = client.get("/")
    assert page.status_code == 200 and "data-flash" not in page.text and "data-theme=" not in page.text


def test_a_cookie_cannot_put_markup_on_a_page(client: TestClient) -> None:
    told = {"words": PAYLOADS[0], "conflict_id": TRAM, "review_id": "r1", "bad": False}
    client.cookies.set(f"{SAID}_8421", base64.urlsafe_b64encode(json.dumps(told).encode()).decode())
    page = client.get("/").text
    assert "data-flash" in page and "<img" not in page


@pytest.mark.parametrize(
    ("back", "leads"),
    [
        ("/conflicts/x?state=all", "/conflicts/x?state=all"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("", "/"),
    ],
)
def test_only_pages_of_the_desk_are_led_back_to(back: str, leads: str) -> None:
    assert local_path(back) == leads


def test_filters_and_their_address_are_the_same_thing() -> None:
    filters = filters_of(
        {"state": "all", "kind": "", "outlet": "coast-radio", "changed": "true", "q": "a & b", "page": "3"}
    )
    assert filters == QueueFilters(state="all", outlet="coast-radio", changed=True, q="a & b", page=3)
    assert query_of(filters) == "state=all&outlet=coast-radio&q=a+%26+b&changed=true&page=3"
    assert query_of(filters, kind="number") == "state=all&kind=number&outlet=coast-radio&q=a+%26+b&changed=true"
    with pytest.raises(HTTPException, match="the filter kind is 'nonsense'"):
        filters_of({"kind": "nonsense"})


def test_every_reason_has_words_and_a_key(client: TestClient) -> None:
    assert set(REASON_WORDS) == set(get_args(RejectReason))
    page = client.get(f"/conflicts/{BRAND}").text
    assert re.findall(r'name="reason" value="([^"]+)" data-choice="(\d)"', page) == [
        (reason, str(place)) for place, reason in enumerate(REASON_WORDS, start=1)
    ]


def test_what_an_article_says_is_never_markup_on_any_page(hostile: TestClient) -> None:
    queue = hostile.get("/?state=all").text
    conflicts = re.findall(r'data-row="([^"]+)"', queue)
    assert len(conflicts) == len(PAYLOADS)
    pages = [queue, hostile.get("/report?show=all").text, hostile.get("/statistics").text]
    for conflict_id in conflicts:
        page = hostile.get(f"/conflicts/{conflict_id}").text
        article = re.search(r'href="(/articles/[^"#]+)', page)
        assert article
        pages += [page, hostile.get(unescape(article[1])).text]
    for page in pages:
        assert not re.search(r"<(?:img|iframe|base|script(?! type=\"module\"))|\bhref=\"(?!/|https://|#)", page)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b\x7f]", page)


def test_a_report_without_a_choice_says_so_and_keeps_what_was_written(client: TestClient) -> None:
    status, _, page = post(client, "/report", title="Mine", introduction="Dear readers", format="md")
    assert status == 422
    assert "no conflict is chosen" in page and "Dear readers" in page and 'value="Mine"' in page
    answer = client.post(
        "/report",
        data={"csrf_token": field(page, "csrf_token"), "conflict_ids": [FIRE, TRAM], "format": "md", "title": "Mine"},
    )
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.text.startswith("# Mine") and answer.text.index("Weir Dock") < answer.text.index("tram line")


def test_a_report_is_chosen_from_all_conflicts_page_by_page(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pages.SHELVES, "all", ("All", QueueFilters(state="all", size=2)))  # type: ignore[arg-type]
    first = client.get("/report?show=all").text
    assert first.count('name="conflict_ids"') == 2 and 'href="/report?show=all&amp;page=2"' in first
    second = client.get("/report?show=all&page=2").text
    assert second.count('name="conflict_ids"') == 1 and 'rel="prev"' in second and 'rel="next"' not in second


def test_a_report_of_too_many_is_refused_in_words(client: TestClient) -> None:
    many = [f"c{number}" for number in range(501)]
    status, _, page = post(client, "/report", conflict_ids=many)
    assert status == 422 and "501 conflicts are chosen; a report takes 500; tick fewer" in page


def test_a_merged_conflict_leads_to_the_one_it_is_part_of(client: TestClient) -> None:
    hashed = field(client.get(f"/conflicts/{BRAND}").text, "evidence_hash")
    status, where, _ = post(client, f"/conflicts/{BRAND}/twin", evidence_hash=hashed, how="merge", named=TRAM)
    assert status == 303
    assert client.get(where).status_code == 200
    assert "Merged" in client.get("/statistics").text or client.get("/?state=all").text.count("data-row") == 2
