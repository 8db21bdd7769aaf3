"""Who may ask the desk: hosts, origins, CSRF, logins, sizes, and what every answer carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_site import plain_store
from fastapi import FastAPI
from fastapi.routing import APIRoute
from report_fixture import Sample
from starlette.testclient import TestClient

from detector.cli import main
from detector.errors import InputError
from detector.review.app import create_app
from detector.review.desk import Desk
from detector.review.guard import HEADERS, MAX_ADDRESS, MAX_BODY
from detector.review.security import COOKIE, FAILURE_SECONDS, FAILURES, Access, add_account, host_of, is_local

TRAM = Sample().outcome.conflicts[0].conflict_id
TOKEN = "a-token-of-the-desk-0123456789"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Desk(plain_store(tmp_path_factory.mktemp("desk") / "desk.db")) as opened:
        yield opened


def client_of(app: FastAPI, *, base: str = "http://127.0.0.1:8421") -> TestClient:
    return TestClient(app, base_url=base, follow_redirects=False)


@pytest.fixture
def here(desk: Desk) -> TestClient:
    """A browser on the same machine, where no login is asked for."""
    return client_of(create_app(desk, Access(reviewer="Ada")))


def csrf_of(client: TestClient) -> dict[str, str]:
    return {"x-csrf-token": client.get("/api/v1/session").json()["csrf"]}


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route, with ids filled in."""
    found: list[tuple[str, str]] = []

    def walk(routes: Any) -> None:
        for route in routes:
            if isinstance(route, APIRoute):
                path = re.sub(r"\{[^}]*\}", TRAM, route.path)
                found.extend((method, path) for method in route.methods)
            elif hasattr(route, "routes") and route.routes:
                walk(route.routes)
            elif hasattr(route, "original_router"):
                walk(route.original_router.routes)

    walk(app.routes)
    return sorted(set(found))


# Hosts and origins


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1", "x:y:z"]
)
def test_another_host_name_is_refused_so_that_no_page_can_point_its_own_name_here(here: TestClient, host: str) -> None:
    answer = here.get("/api/v1/queue", headers={"host": host})
    assert answer.status_code == 421
    assert "conflict_id" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8421", "localhost", "LOCALHOST:1", "[::1]:8421", "localhost.:80"])
def test_the_names_of_this_machine_are_known_on_any_port(here: TestClient, host: str) -> None:
    assert here.get("/api/v1/session", headers={"host": host}).status_code == 200


def test_a_desk_for_others_answers_to_addresses_and_the_names_it_was_given() -> None:
    access = Access(login="token", token=TOKEN, hosts=frozenset({"desk.example"}), any_address=True)
    assert all(map(access.knows_host, ["desk.example:443", "10.1.2.3", "[fe80::1]:8421"]))
    assert not any(map(access.knows_host, ["other.example", "", "desk.example.evil.example", "10.1.2.3.evil.example"]))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_change_from_a_page_of_another_site_is_refused_even_with_a_token(
    here: TestClient, headers: dict[str, str]
) -> None:
    answer = here.post("/api/v1/look", headers={**csrf_of(here), **headers})
    assert answer.status_code == 403
    assert here.post("/api/v1/look", headers={**csrf_of(here), "origin": "http://127.0.0.1:8421"}).status_code == 200


def test_every_change_needs_the_token_of_the_session(here: TestClient, desk: Desk) -> None:
    changes = [one for one in routes_of(here.app) if one[0] not in ("GET", "HEAD", "OPTIONS")]  # type: ignore[arg-type]
    assert len(changes) >= 11
    other = csrf_of(client_of(create_app(desk, Access(reviewer="Ada"))))
    for method, path in changes:
        for headers in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "0" * 64}, other):
            assert here.request(method, path, headers=headers, json={}).status_code == 403, (method, path)
            assert here.request(method, path, headers=headers, data={"csrf_token": "x"}).status_code == 403, path
    assert desk.store.reviews.count() == 0


def test_a_link_on_another_site_does_not_end_the_session(here: TestClient) -> None:
    here.get("/api/v1/session")
    kept = here.cookies[COOKIE]
    strict = client_of(here.app)  # type: ignore[arg-type]
    away = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    answer = strict.get("/conflicts/x?q=<script>", headers=away)
    assert "set-cookie" not in answer.headers
    assert 'content="0;url=/conflicts/x?q=%3Cscript%3E"' in answer.text
    assert 'url=/evil.example/"' in strict.get("http://127.0.0.1:8421//evil.example/", headers=away).text
    assert strict.get("/api/v1/queue", headers={"sec-fetch-site": "cross-site"}).headers.get("set-cookie") is None
    assert here.cookies[COOKIE] == kept


# What every answer carries


def test_every_answer_carries_the_headers_that_bind_the_browser(
    here: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        here.get("/api/v1/queue"),
        here.get("/"),
        here.get("/static/desk.css"),
        here.get("/nowhere"),
        here.get("/api/v1/queue", headers={"host": "evil.example"}),
        here.post("/api/v1/look"),
    ]
    desk: Desk = here.app.state.desk  # type: ignore[attr-defined]
    monkeypatch.setattr(desk, "stats", lambda _: 1 / 0)
    answers.append(here.get("/api/v1/stats"))
    assert answers[-1].status_code == 500
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, answer.url
        assert "access-control-allow-origin" not in answer.headers
    policy = HEADERS["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy


def test_nothing_but_static_files_is_kept_by_caches(here: TestClient) -> None:
    assert here.get("/api/v1/queue").headers["cache-control"] == "no-store"
    assert "no-store" not in here.get("/static/desk.css").headers["cache-control"]


def test_an_error_says_one_line_and_nothing_of_the_machine(here: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    desk: Desk = here.app.state.desk  # type: ignore[attr-defined]

    def broken(*_: object) -> None:
        raise ValueError(f"secret of {desk.store.where}")

    monkeypatch.setattr(desk, "article", broken)
    answer = here.get("/api/v1/articles/x")
    assert answer.status_code == 500
    assert list(answer.json()) == ["error"]
    assert "secret" not in answer.text and desk.store.where not in answer.text

    def lost(*_: object) -> None:
        raise InputError(f"x: no run of this id in {desk.store.where}")

    monkeypatch.setattr(desk, "article", lost)
    assert here.get("/api/v1/articles/x").json() == {"error": "x: no run of this id in the store"}


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fpyproject.toml",
        "/static//etc/passwd",
        "/static/%00",
        "/api/v1/articles/..%2f..%2fetc",
        "/api/v1/conflicts/' OR 1=1 --",
        "/api/v1/conflicts/%00",
        "/api/v1/conflicts/" + "a" * 200,
    ],
)
def test_no_path_reaches_the_file_system_or_the_database(here: TestClient, path: str) -> None:
    answer = here.get(path)
    assert answer.status_code in (404, 422), answer.text
    assert "root:" not in answer.text and "[project]" not in answer.text and "def " not in answer.text


# Sizes


def test_what_is_too_long_is_refused_before_anything_reads_it(here: TestClient) -> None:
    token = csrf_of(here)
    long = here.post("/api/v1/ask", headers=token, content=b"x" * (MAX_BODY + 1))
    assert long.status_code == 413

    def drip() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 1024 + 2):
            yield b"x" * 1024

    assert here.post("/api/v1/ask", headers=token, content=drip()).status_code == 413
    assert here.get("/api/v1/queue", params={"q": "x" * MAX_ADDRESS}).status_code == 414
    deep = here.post("/api/v1/ask", headers=token, content=b"[" * 200_000)
    assert deep.status_code in (400, 422) and list(deep.json()) == ["error"]
    assert here.post("/api/v1/ask", headers={**token, "content-length": "-1"}, content=b"").status_code == 413


# Sessions


def test_the_cookie_is_for_this_site_alone_and_no_script_reads_it(desk: Desk) -> None:
    app = create_app(desk, Access(reviewer="Ada"))
    plain = client_of(app).get("/api/v1/session").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(plain.split("; "))
    assert "Secure" not in plain.split("; ")
    safe = client_of(app, base="https://127.0.0.1:8421").get("/api/v1/session").headers["set-cookie"]
    assert "Secure" in safe.split("; ")


@pytest.mark.parametrize("cookie", ["x", "a.b.c", '["sid","Eve",""].x.y', "x" * 3000])
def test_a_forged_cookie_is_nobody(desk: Desk, cookie: str) -> None:
    client = client_of(create_app(desk, Access(login="token", token=TOKEN)))
    client.cookies.set(COOKIE, cookie)
    assert client.get("/api/v1/queue").status_code == 401


def test_without_a_login_the_reviewer_may_change_the_name(here: TestClient) -> None:
    answer = here.post("/api/v1/session", json={"name": "  Ben   Aro "}, headers=csrf_of(here))
    assert answer.json()["reviewer"] == "Ben Aro"
    assert here.get("/api/v1/session").json()["reviewer"] == "Ben Aro"
    assert here.post("/api/v1/session", json={"name": "\u200b "}, headers=csrf_of(here)).status_code == 422


# Logins


@pytest.fixture
def guarded(desk: Desk) -> TestClient:
    return client_of(create_app(desk, Access(login="token", token=TOKEN)))


def test_nothing_is_shown_without_the_login(guarded: TestClient) -> None:
    open_to_all = {"/api/v1/session", "/api/v1/openapi.json", "/login", "/help"}
    for method, path in routes_of(guarded.app):  # type: ignore[arg-type]
        if method != "GET" or path in open_to_all:
            continue
        answer = guarded.get(path)
        if path.startswith("/api/"):
            assert answer.status_code == 401, path
        else:
            assert answer.status_code == 303 and answer.headers["location"].startswith("/login"), path
        assert "Orrin" not in answer.text


def test_the_token_and_a_name_open_the_desk_and_logging_out_closes_it(guarded: TestClient) -> None:
    wrong = guarded.post("/api/v1/session", json={"name": "Ada", "secret": "x"}, headers=csrf_of(guarded))
    assert wrong.status_code == 401
    before = guarded.cookies[COOKIE]
    right = guarded.post("/api/v1/session", json={"name": "Ada", "secret": TOKEN}, headers=csrf_of(guarded))
    assert (right.json()["reviewer"], right.json()["allowed"]) == ("Ada", True)
    assert guarded.get("/api/v1/queue").status_code == 200
    assert guarded.cookies[COOKIE] != before
    kept = guarded.cookies[COOKIE]
    assert guarded.delete("/api/v1/session", headers=csrf_of(guarded)).status_code == 204
    guarded.cookies.set(COOKIE, kept)
    assert guarded.get("/api/v1/queue").status_code == 401


def test_a_program_uses_the_token_without_a_session(guarded: TestClient, desk: Desk) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "x-reviewer": "Night desk"}
    assert guarded.get("/api/v1/queue", headers=headers).status_code == 200
    assert guarded.post("/api/v1/look", headers=headers).status_code == 200
    guarded.post("/api/v1/look", headers={**headers, "x-reviewer": "Zoë Åkesson".encode()})  # type: ignore[dict-item]
    assert desk.store.looks.get("Zoë Åkesson") is not None
    assert guarded.post("/api/v1/look", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 401
    assert guarded.get("/api/v1/queue", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert guarded.get("/api/v1/queue", headers={"authorization": f"Basic {TOKEN}"}).status_code == 401


def test_where_no_login_is_asked_for_no_bearer_token_is_right(here: TestClient) -> None:
    assert here.get("/api/v1/queue", headers={"authorization": "Bearer "}).status_code == 401


def test_who_fails_too_often_has_to_wait(desk: Desk) -> None:
    app = create_app(desk, Access(login="token", token=TOKEN))
    now = [0.0]
    app.state.doorkeeper._clock = lambda: now[0]
    client = client_of(app)
    right = {"name": "Ada", "secret": TOKEN}
    for _ in range(FAILURES):
        assert client.post("/api/v1/session", json={**right, "secret": "x"}, headers=csrf_of(client)).status_code == 401
    tired = client.post("/api/v1/session", json=right, headers=csrf_of(client))
    assert tired.status_code == 429
    assert 0 < int(tired.headers["retry-after"]) <= FAILURE_SECONDS
    now[0] = FAILURE_SECONDS + 1
    assert client.post("/api/v1/session", json=right, headers=csrf_of(client)).status_code == 200


def test_an_account_opens_the_desk_under_its_name_until_it_is_gone_or_has_a_new_password(tmp_path: Path) -> None:
    with Desk(plain_store(tmp_path / "desk.db")) as desk:
        add_account(desk.store, "Ada  Lind", PASSWORD)
        kept = desk.store.accounts.password_hash("Ada Lind")
        assert kept is not None and PASSWORD not in kept and kept.startswith("$argon2id$")
        client = client_of(create_app(desk, Access(login="account")))

        def log_in(name: str, password: str) -> int:
            asked = {"name": name, "secret": password}
            return client.post("/api/v1/session", json=asked, headers=csrf_of(client)).status_code

        assert (log_in("Ada Lind", "wrong"), log_in("Nobody", PASSWORD)) == (401, 401)
        assert log_in("Ada Lind", PASSWORD) == 200
        assert client.get("/api/v1/session").json()["reviewer"] == "Ada Lind"
        add_account(desk.store, "Ada Lind", "a new password")
        assert client.get("/api/v1/queue").status_code == 401
        assert log_in("Ada Lind", "a new password") == 200
        desk.store.accounts.remove("Ada Lind")
        assert client.get("/api/v1/queue").status_code == 401


def test_a_short_password_makes_no_account(desk: Desk) -> None:
    with pytest.raises(InputError, match="10 or more"):
        add_account(desk.store, "Ada", "short")
    assert desk.store.accounts.names() == []


# The commands


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "--allow-remote"),
        (["--host", "0.0.0.0", "--allow-remote"], "--token or --accounts"),
        (["--host-name", "desk.example"], "--token or --accounts"),
        (["--token", "--accounts"], "one of the two"),
        (["--accounts"], "detector account add"),
        (["--certificate", "x.pem"], "belong together"),
        (["--store", "nowhere.db"], "there is no store"),
    ],
)
def test_a_desk_that_others_could_open_without_a_login_does_not_start(
    desk: Desk, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = [] if "--store" in words else ["--store", desk.store.where]
    assert main(["review", "--no-open", *words, *store]) == 2
    assert said in capsys.readouterr().err


def test_a_token_of_the_environment_must_be_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DETECTOR_DESK_TOKEN", "short")
    assert main(["review", "--no-open", "--token", "--store", desk.store.where]) == 2
    assert "16 or more" in capsys.readouterr().err


def test_accounts_are_added_listed_and_removed_with_the_password_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    store = ["--store", str(tmp_path / "s.db")]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["account", "add", "Ada Lind", *store]) == 0
    assert main(["account", "list", "--json", *store]) == 0
    assert '{"accounts": ["Ada Lind"]}' in capsys.readouterr().out
    assert main(["account", "remove", "Ada Lind", *store]) == 0
    assert main(["account", "remove", "Ada Lind", *store]) == 2
    assert main(["account", "add", *store]) == 2


@pytest.mark.parametrize(("host", "local"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False), ("10.0.0.7", False), ("desk.example", False)])  # fmt: skip
def test_only_loopback_addresses_are_local(host: str, local: bool) -> None:
    assert is_local(host) is local


def test_the_host_is_read_without_port_and_brackets() -> None:
    assert [host_of(one) for one in ("A.example:1", "[::1]:2", "::1", "a b", "x/y", "u@h")] == [
        "a.example",
        "::1",
        "",
        "",
        "",
        "",
    ]
