"""Logs are for machines: quiet unless asked for, one line an event, on stderr or in the file, never a word of an article."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from detector import cli, logs, models, statements
from detector.logs import LogFormat, LogLevel
from detector.testing import HashingEncoder, LexicalNLI

Call = Callable[..., int]
load_once = cache(statements.load_pipeline)
SECRET = "Zanzibar walruses"


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    yield
    logs.set_up()


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    encoder, nli = HashingEncoder(), LexicalNLI()
    monkeypatch.setattr(statements, "load_pipeline", load_once)
    monkeypatch.setattr(models, "load_encoder", lambda settings: encoder)
    monkeypatch.setattr(models, "load_nli", lambda settings: nli)
    monkeypatch.setattr(models, "encoder_id_of", lambda settings: encoder.encoder_id)
    monkeypatch.setattr(models, "scorer_id_of", lambda settings: nli.scorer_id)
    monkeypatch.setattr(models, "temperature_of", lambda settings: 1.0)
    monkeypatch.setenv(cli.STORE_VARIABLE, str(tmp_path / "news.db"))
    for name in ("DETECTOR_LOG_FORMAT", "DETECTOR_LOG_FILE", "DETECTOR_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: cli.main([str(word) for word in words])


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    for outlet, verb in (("Post", "counted"), ("Times", "did not count")):
        text = f"The mayor of Port Ellery {verb} the {SECRET} on Tuesday evening, after the union had left the hall."
        (folder / f"{outlet}.txt").write_text(f"Outlet: {outlet}\nTitle: {SECRET}\nDate: 2031-04-02\n\n{text}")
    (folder / "broken\x1b[31m.json").write_text(f'{{"text": "{SECRET}')
    return folder


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_nothing_is_logged_unless_asked_for(call: Call, news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("run", news, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_json_on_stderr_is_one_event_a_line_and_stdout_is_what_it_was(
    call: Call, news: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--log-format", "json", "run", news, "--json", "--report", tmp_path / "r.html") == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    told = events(printed.err)
    names = [one["event"] for one in told]
    for expected in ("stage begun", "stage ended", "rejected", "articles read", "run finished", "remark"):
        assert expected in names
    read = next(one for one in told if one["event"] == "articles read")
    assert (read["accepted"], read["rejected"]) == (2, 1)
    finished = next(one for one in told if one["event"] == "run finished")
    assert finished["counts"]["articles"] == 2 and set(finished["seconds"]) > {"statements", "conflicts"}
    assert all(list(one)[:3] == ["time", "level", "event"] for one in told)
    assert [one["stage"] for one in told if one["event"] == "stage begun"] == [
        one["stage"] for one in told if one["event"] == "stage ended"
    ]


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_word_of_an_article_and_no_control_character_is_logged(
    call: Call, news: Path, tmp_path: Path, form: str
) -> None:
    log = tmp_path / "detector.log"
    call("--log-format", form, "--log-file", log, "--log-level", "debug", "run", news)
    call("--log-format", form, "--log-file", log, "--log-level", "debug", "ask", SECRET)
    text = log.read_text(encoding="utf-8")
    assert "run finished" in text
    for word in SECRET.split():
        assert word not in text
    assert text.isascii() and "\x1b" not in text


def test_text_is_one_line_an_event_with_its_fields(call: Call, news: Path, tmp_path: Path) -> None:
    log = tmp_path / "detector.log"
    call("--log-file", log, "ingest", news)
    line = log.read_text().splitlines()[-1]
    assert line.endswith("info    articles read  accepted=2  unchanged=0  revised=0  rejected=1")


def test_a_mistake_is_an_event_in_the_file_and_still_one_line_for_people(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "detector.log"
    assert call("--log-format", "json", "--log-file", log, "ingest", tmp_path / "nowhere") == 2
    assert capsys.readouterr().err.count("\n") == 1
    (told,) = [one for one in events(log.read_text()) if one["level"] == "error"]
    assert (told["event"], told["type"], told["exit_code"]) == ("error", "InputError", 2)
    assert "nowhere" in told["detail"]


def test_with_json_on_stderr_a_mistake_is_json_as_well(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--log-format", "json", "ingest", tmp_path / "nowhere") == 2
    assert [one["event"] for one in events(capsys.readouterr().err)] == ["error"]


def test_the_environment_sets_the_same(call: Call, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "detector.log"
    monkeypatch.setenv("DETECTOR_LOG_FORMAT", "json")
    monkeypatch.setenv("DETECTOR_LOG_FILE", str(log))
    monkeypatch.setenv("DETECTOR_LOG_LEVEL", "warning")
    call("ingest", news)
    assert [one["event"] for one in events(log.read_text())] == ["rejected"]


def test_a_log_that_was_moved_away_is_opened_again(tmp_path: Path) -> None:
    log = tmp_path / "detector.log"
    logs.set_up(form=LogFormat.json, file=log)
    logs.event("first")
    log.rename(tmp_path / "detector.log.1")
    logs.event("second")
    assert [one["event"] for one in events(log.read_text())] == ["second"]


def test_a_log_file_that_cannot_be_opened_stops_the_call_in_one_line(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--log-file", tmp_path / "none" / "x.log", "status") == 2
    assert capsys.readouterr().err.startswith("detector: --log-file ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which stands for a full disk")
def test_a_full_disk_under_the_log_is_said_once_and_the_work_goes_on(
    call: Call, news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--log-file", "/dev/full", "run", news, "--quiet") == 0
    assert capsys.readouterr().err.count("the log cannot be written") == 1


def test_any_part_logs_through_the_standard_library(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(form=LogFormat.json, level=LogLevel.info)
    logging.getLogger("detector.watching").info("poll", extra={"feeds": 3})
    logging.getLogger("some.library").info("not ours")
    logging.getLogger("some.library").warning("odd %s", "thing")
    told = [(one["event"], one["level"]) for one in events(capsys.readouterr().err)]
    assert told == [("poll", "info"), ("odd thing", "warning")]


def test_an_error_of_the_program_is_one_line_and_its_place_is_logged_for_those_who_mend_it(
    call: Call, news: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("c0ffee\nand more")

    monkeypatch.setattr("detector.pipeline.run", broken)
    assert call("run", news, "--quiet") == 2
    printed = capsys.readouterr().err
    assert printed.startswith("detector: an error in the program, KeyError: ") and printed.count("\n") == 1
    assert "test_logs.py" in printed and "--log-level debug" in printed
    call("--log-level", "debug", "--log-format", "json", "run", news, "--quiet")
    trace = next(one for one in events(capsys.readouterr().err) if one["event"] == "trace")
    assert any("running.py" in frame for frame in trace["frames"])


def test_logging_is_loaded_only_when_asked_for() -> None:
    import subprocess
    import sys

    code = "import sys; from detector import cli; cli.main(['--help']); print('structlog' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stdout.splitlines()[-1] == "False"
