"""Watching: rounds, runs only when something arrived, signs of life, and an end at any moment that loses nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from loopback import Reply, Site, served
from sourcing import BODY, page, rss, settings

from detector import cli, models, pipeline, statements
from detector.errors import InputError, StoreBusyError
from detector.records import Heartbeat, Run
from detector.sources import RoundDone, Stopper, Watch, named_sources, seconds_of, watch_state
from detector.store import Store, open_store
from detector.testing import HashingEncoder, LexicalNLI

load_once = cache(statements.load_pipeline)
SETTINGS = "[sources]\nallow_private = true\nper_host_seconds = 0\nretries = 0\n"


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as opened:
        yield opened


@pytest.fixture
def nli(monkeypatch: pytest.MonkeyPatch) -> LexicalNLI:
    """The shipped fakes for models."""
    encoder, nli = HashingEncoder(), LexicalNLI()
    monkeypatch.setattr(statements, "load_pipeline", load_once)
    monkeypatch.setattr(models, "load_encoder", lambda settings: encoder)
    monkeypatch.setattr(models, "load_nli", lambda settings: nli)
    monkeypatch.setattr(models, "encoder_id_of", lambda settings: encoder.encoder_id)
    monkeypatch.setattr(models, "scorer_id_of", lambda settings: nli.scorer_id)
    monkeypatch.setattr(models, "temperature_of", lambda settings: 1.0)
    return nli


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nli: LexicalNLI) -> Callable[..., int]:
    monkeypatch.setenv(cli.STORE_VARIABLE, str(tmp_path / "news.db"))
    (tmp_path / "desk.toml").write_text(SETTINGS, encoding="utf-8")
    return lambda *words: cli.main([str(word) for word in words])


def news(site: Site) -> str:
    """A feed with two outlets that differ."""
    other = page("Ferries sail").replace("cancelled all sailings", "did not cancel all sailings")
    links = (
        site.put("/post", page(), etag='"p1"'),
        site.put("/times", other.replace("Harbour Post", "Times"), etag='"t1"'),
    )
    return site.put("/feed", rss(*links), etag='"v1"')


def test_a_round_reads_compares_writes_the_report_and_leaves_a_sign_of_life(
    site: Site, call: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    words = ("watch", news(site), "--once", "--settings", tmp_path / "desk.toml", "--report", report)
    assert call(*words) == 0
    captured = capsys.readouterr()
    assert captured.out == "" and "2 new, 0 revised, 0 rejected; " in captured.err
    assert json.loads(report.read_text(encoding="utf-8"))["run"]["counts"]["articles"] == 2
    assert call("status") == 0
    assert "stopped 0 seconds ago; 1 round, 2 articles arrived" in " ".join(capsys.readouterr().out.split())


def test_a_round_in_which_nothing_arrived_asks_for_no_page_and_no_model_and_leaves_the_report(
    site: Site, call: Callable[..., int], nli: LexicalNLI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    words = ("watch", news(site), "--once", "--settings", tmp_path / "desk.toml", "--report", report)
    call(*words)
    site.forget()
    calls, written = nli.calls, report.stat().st_mtime_ns
    capsys.readouterr()
    assert call(*words) == 0
    assert (site.requests("/feed"), site.requests()) == (1, 1)
    assert (nli.calls, report.stat().st_mtime_ns) == (calls, written)
    assert "nothing to compare" in capsys.readouterr().err
    report.unlink()
    assert call(*words) == 0 and report.exists()


def test_a_report_that_a_killed_process_did_not_write_is_written_by_the_next_round(
    site: Site, call: Callable[..., int], tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    words = ("watch", news(site), "--once", "--settings", tmp_path / "desk.toml", "--report", report)
    assert call(*words) == 0
    whole = report.read_bytes()
    report.write_bytes(b"of yesterday")
    yesterday = time.time() - 86_400
    os.utime(report, (yesterday, yesterday))
    assert call(*words) == 0
    assert report.read_bytes() == whole


def test_sources_may_stand_in_the_settings_seen_from_their_file(
    site: Site, call: Callable[..., int], tmp_path: Path
) -> None:
    folder = tmp_path / "desk"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.txt").write_text(f"Weather\n\n{BODY[1]}", encoding="utf-8")
    listed = f'[sources]\nlist = ["in", "{news(site)}"]\n' + SETTINGS.partition("\n")[2]
    (folder / "desk.toml").write_text(listed, encoding="utf-8")
    assert call("ingest", "--settings", folder / "desk.toml", "--quiet") == 0
    with open_store(tmp_path / "news.db", read_only=True) as store:
        assert len(store.article_heads()) == 3


def test_watching_nothing_is_a_mistake(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert call("watch") == 2 and "nothing to watch" in capsys.readouterr().err
    assert call("ingest") == 2 and "nothing to read" in capsys.readouterr().err
    assert call("watch", "-") == 2 and "read once" in capsys.readouterr().err
    assert call("watch", "https://a.example", "--every", "0m") == 2


@pytest.mark.parametrize(("duration", "seconds"), [("30s", 30), ("15m", 900), ("2h", 7200), ("1d", 86400)])
def test_a_time_between_rounds_is_a_number_with_a_unit(duration: str, seconds: int) -> None:
    assert seconds_of(duration) == seconds


@pytest.mark.parametrize("duration", ["", "15", "m", "-5m", "1.5h", "0s", "²m", "15 m", "99999999d"])
def test_any_other_time_is_a_mistake(duration: str) -> None:
    with pytest.raises(InputError, match="not a time"):
        seconds_of(duration)


def watching(
    store: Store, *sources: str, tell: Callable[[RoundDone], None], publish: Any = None, on_progress: Any = None
) -> Watch:
    return Watch(
        store,
        settings(),
        named_sources(sources),
        every=0.05,
        clock=lambda: datetime.now(UTC),
        publish=publish or (lambda run, fresh: None),
        tell=tell,
        showing=lambda: nullcontext(on_progress or (lambda _: None)),
        stopper=Stopper(),
    )


def test_what_arrives_between_two_rounds_is_compared_in_the_next_and_the_report_written_anew(
    tmp_path: Path, nli: LexicalNLI
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()

    def arrive(name: str) -> None:
        path = folder / f"{name}.txt"
        path.write_text(f"{name} ferry news\n\n{BODY[0]}\n\n{name} said so in its evening edition.", encoding="utf-8")
        os.utime(path, (0, 0))

    arrive("Post")
    rounds: list[RoundDone] = []
    published: list[tuple[Run, bool]] = []
    with open_store(tmp_path / "news.db") as store:

        def tell(done: RoundDone) -> None:
            rounds.append(done)
            if len(rounds) == 2:
                arrive("Times")
            if len(rounds) == 3:
                watch.stopper.ask()

        watch = watching(store, str(folder), tell=tell, publish=lambda run, fresh: published.append((run, fresh)))
        watch.start()
        assert [done.gathered.arrived for done in rounds] == [1, 0, 1]
        assert [fresh for _, fresh in published] == [True, False, True]
        (beat,) = store.heartbeats.all()
        assert (beat.state, beat.counts["rounds"], beat.counts["arrived"]) == ("stopped", 3, 2)


def test_a_round_that_goes_wrong_is_told_and_the_next_one_makes_up_for_it(
    site: Site, tmp_path: Path, nli: LexicalNLI, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, rounds, real = news(site), [], pipeline.run

    def busy_once(*args: Any, **named: Any) -> Run:
        if not rounds:
            raise StoreBusyError("another run holds the store")
        return real(*args, **named)

    monkeypatch.setattr(pipeline, "run", busy_once)
    with open_store(tmp_path / "news.db") as store:

        def tell(done: RoundDone) -> None:
            rounds.append(done)
            if len(rounds) == 2:
                watch.stopper.ask()

        watch = watching(store, feed, tell=tell)
        watch.start()
        assert "another run holds the store" in str(rounds[0].problem)
        assert rounds[0].gathered.arrived == 2 and rounds[1].gathered.arrived == 0
        assert rounds[1].fresh and rounds[1].run is not None


def test_being_asked_to_stop_in_the_middle_of_a_run_loses_nothing(site: Site, tmp_path: Path, nli: LexicalNLI) -> None:
    with open_store(tmp_path / "news.db") as store:

        def stop_at_first_statement(progress: pipeline.Progress) -> None:
            if progress.stage == "statements":
                watch.stopper.asked = True

        watch = watching(store, news(site), tell=lambda _: None, on_progress=stop_at_first_statement)
        watch.start()
        (run,) = store.runs()
        assert (run.status, run.error) == ("failed", "asked to stop; the next run goes on from here")
        rounds: list[RoundDone] = []
        watching(store, news(site), tell=rounds.append).start(once=True)
        assert rounds[0].run is not None and rounds[0].run.status == "succeeded"
        assert rounds[0].run.counts["articles"] == 2


def started(tmp_path: Path, *words: str) -> subprocess.Popen[bytes]:
    (tmp_path / "desk.toml").write_text(SETTINGS, encoding="utf-8")
    named = ["--settings", str(tmp_path / "desk.toml"), "--store", str(tmp_path / "news.db")]
    return subprocess.Popen(
        [sys.executable, "-m", "detector", "watch", *words, *named], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_code_0_while_it_waits(site: Site, tmp_path: Path, number: signal.Signals) -> None:
    site.put("/feed", rss(), etag='"v1"')
    process = started(tmp_path, f"{site.address}/feed", "--every", "1h")
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, b""), err
    assert b"next in 1h" in first and b"Nothing is lost" in err and b"Traceback" not in err


def test_a_signal_ends_it_at_once_in_the_middle_of_a_slow_answer_and_keeps_what_was_fetched(
    site: Site, tmp_path: Path
) -> None:
    def slow(handler: Any) -> Reply | None:
        site.asked.append(("/slow", {}, 0))
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                time.sleep(0.1)
        except OSError:
            pass
        return None

    links = site.put("/post", page()), f"{site.address}/slow"
    site.replies["/slow"] = slow
    feed = site.put("/feed", rss(*reversed(links)))
    process = started(tmp_path, feed)
    wait_for(lambda: site.requests("/slow") > 0)
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0 and b"Traceback" not in err, err
    assert time.monotonic() - begun < 10
    with open_store(tmp_path / "news.db", read_only=True) as store:
        assert [article.title for article in store.articles()] == ["Ferries stay in port"]
        assert store.heartbeats.all()[0].state == "stopped"


def test_a_process_that_gives_no_sign_of_life_is_said_to_be_silent(
    call: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    with open_store(tmp_path / "news.db") as store:
        store.heartbeats.beat(Heartbeat("desk", now - timedelta(hours=2), 4711, "news1", "waiting"))
    call("status")
    printed = " ".join(capsys.readouterr().out.split())
    assert "Watch: desk NO SIGN OF LIFE for 2 hours: process 4711 on news1 was killed or hangs" in printed


@pytest.mark.parametrize(
    ("state", "seconds", "silent"),
    [("waiting", 60, False), ("comparing", 599, False), ("waiting", 601, True), ("stopped", 90_000, False), ("waiting", -3600, False)],
)  # fmt: skip
def test_silence_is_ten_minutes_of_a_process_that_did_not_stop(state: str, seconds: float, silent: bool) -> None:
    now = datetime(2031, 3, 8, tzinfo=UTC)
    beat = Heartbeat("watch", now - timedelta(seconds=seconds), 1, socket.gethostname(), state)
    assert watch_state(beat, now).silent is silent


def test_a_feed_gone_bad_stands_in_the_status_with_its_failures_and_its_last_error(
    site: Site, call: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = site.put("/feed", "", status=500)
    for _ in range(2):
        assert call("watch", feed, "--once", "--every", "1s", "--settings", tmp_path / "desk.toml", "--quiet") == 0
        time.sleep(0.6)
    capsys.readouterr()
    call("status")
    printed = " ".join(capsys.readouterr().out.split())
    assert f"Failing {feed}: 2 times in a row, the server answered 500 Internal Server Error" in printed
    call("status", "--json")
    assert json.loads(capsys.readouterr().out)["sources"]["failing"][0]["failures"] == 2


def test_a_hostile_title_cannot_steer_the_terminal_of_a_watch(
    site: Site, call: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = f"{site.address}/a%1b%5b31m"
    feed = site.put("/feed", rss(bad, site.put("/b", "<html><title>\x1b[31m</title><p>short</p></html>")))
    call("watch", feed, "--once", "--settings", tmp_path / "desk.toml")
    captured = capsys.readouterr()
    assert "rejected" in captured.err and "\x1b" not in captured.err + captured.out


def test_kept_pages_are_read_again_by_a_command(
    site: Site, call: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("ingest", news(site), "--settings", tmp_path / "desk.toml")
    assert "Asked: 1 list (0 unchanged), 2 pages (0 unchanged)" in capsys.readouterr().out
    site.forget()
    assert call("reread") == 0
    assert "0 accepted, 2 unchanged, 0 revised, 0 rejected" in capsys.readouterr().out
    assert site.asked == []


@pytest.mark.parametrize("command", ["watch", "reread", "ingest", "run", "status"])
def test_help_loads_neither_the_network_nor_the_parsers(command: str) -> None:
    script = (
        f"from detector.cli import main\nassert main(['{command}', '--help']) == 0\nimport sys\n"
        "print('LOADED', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split("LOADED")[1].split()}
    assert loaded.isdisjoint(
        {"httpx", "httpcore", "feedparser", "listparser", "lxml", "courlan", "protego", "tenacity"}
    )
