"""The commands as users meet them: what they print where, their exit codes, and no traceback for a mistake."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from detector import cli, models, pipeline, statements
from detector.records import NLI_LABELS
from detector.testing import HashingEncoder, LexicalNLI

POST = {
    "outlet": "Harbour Post",
    "published": "2031-04-02",
    "title": "Ferries stay in port",
    "url": "https://harbourpost.example/ferries",
    "text": "The ferry company Norline cancelled all sailings on Wednesday after its crews walked out. "
    "The mayor of Port Ellery met the union on Tuesday evening.",
}
TIMES = {
    "outlet": "Ellery Times",
    "published": "2031-04-02",
    "title": "Ferries sail",
    "url": "https://ellerytimes.example/ferries",
    "text": "The ferry company Norline did not cancel all sailings on Wednesday after its crews walked out. "
    "The mayor of Port Ellery has not met the union so far this week.",
}
RADIO = {
    "outlet": "Radio Ellery",
    "published": "2031-04-02",
    "title": "Weather",
    "url": "https://radioellery.example/weather",
    "text": "Heavy rain will reach the northern coast on Thursday morning, forecasters said. Farmers welcome it after the dry spring.",
}

Call = Callable[..., int]
load_once = cache(statements.load_pipeline)


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    for name, article in (("post", POST), ("times", TIMES), ("radio", RADIO)):
        (folder / f"{name}.json").write_text(json.dumps(article), encoding="utf-8")
    return folder


class SureNLI(LexicalNLI):
    """Certain of a contradiction wherever the two texts differ by a "not"."""

    def score(self, pairs: Any, *, progress: Any = None) -> Any:
        rows = super().score(pairs, progress=progress)
        for row, (premise, hypothesis) in zip(rows, pairs, strict=True):
            if (" not " in premise) != (" not " in hypothesis):
                row[:] = (0.005, 0.005, 0.99)
        return rows


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command in this process on a store of its own, with the shipped fakes for models."""
    encoder, nli = HashingEncoder(), SureNLI()
    monkeypatch.setattr(statements, "load_pipeline", load_once)
    monkeypatch.setattr(models, "load_encoder", lambda settings: encoder)
    monkeypatch.setattr(models, "load_nli", lambda settings: nli)
    monkeypatch.setattr(models, "encoder_id_of", lambda settings: encoder.encoder_id)
    monkeypatch.setattr(models, "scorer_id_of", lambda settings: nli.scorer_id)
    monkeypatch.setattr(models, "temperature_of", lambda settings: 1.0)
    monkeypatch.setenv(cli.STORE_VARIABLE, str(tmp_path / "store" / "news.db"))
    (tmp_path / "store").mkdir()

    def run_command(*words: object) -> int:
        return cli.main([str(word) for word in words])

    return run_command


def test_ingest_says_what_became_of_each_article_and_why_one_was_rejected(
    news: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    (news / "empty.txt").write_text("", encoding="utf-8")
    assert call("ingest", news) == 0
    printed = capsys.readouterr().out
    assert "3 accepted, 0 unchanged, 0 revised, 1 rejected" in printed
    assert "rejected: news/empty.txt\n  why: " in printed
    assert "\n  do:  " in printed


def test_reading_the_same_folder_again_does_nothing(news: Path, call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    call("ingest", news)
    capsys.readouterr()
    assert call("ingest", news) == 0
    assert "0 accepted, 3 unchanged, 0 revised, 0 rejected" in capsys.readouterr().out


def test_an_edited_article_is_named_as_revised(news: Path, call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    call("ingest", news)
    edited = {**POST, "text": POST["text"] + " Sailings resume on Friday at noon, the company added later."}
    (news / "post.json").write_text(json.dumps(edited), encoding="utf-8")
    capsys.readouterr()
    assert call("ingest", news) == 0
    printed = capsys.readouterr().out
    assert "2 unchanged, 1 revised" in printed
    assert "revised: news/post.json is now revision 2" in printed


def test_a_rejected_file_becomes_an_exit_code_when_asked_for(news: Path, call: Call) -> None:
    assert call("ingest", news, "--fail-on", "rejected") == 0
    (news / "empty.txt").write_text("", encoding="utf-8")
    assert call("ingest", news, "--fail-on", "rejected") == 1


def test_ingest_fails_when_all_it_was_given_is_rejected(
    news: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    (news / "empty.txt").write_text("", encoding="utf-8")
    assert call("ingest", news) == 0
    assert call("ingest", news / "empty.txt") == 2
    told = capsys.readouterr()
    assert "0 accepted, 0 unchanged, 0 revised, 1 rejected" in told.out
    assert "detector: no article could be read; 1 rejected, the first: empty.txt: " in told.err


def test_run_shows_the_report_on_stdout_and_everything_else_on_stderr(
    news: Path, call: Call, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page, table = tmp_path / "out" / "report.html", tmp_path / "out" / "report.csv"
    assert call("run", news, "--report", page, "--report", table) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Where outlets differ")
    assert "Harbour Post" in captured.out and "Ellery Times" in captured.out
    assert "3 accepted" in captured.err and f"Written: {page}" in captured.err
    assert "<html" in page.read_text(encoding="utf-8") and table.read_text(encoding="utf-8").startswith("conflict_id,")


def test_report_shows_the_last_run_again_without_a_model(
    news: Path, call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call("run", news)
    first = capsys.readouterr().out
    monkeypatch.setattr(models, "load_nli", lambda settings: pytest.fail("a model was loaded"))
    assert call("report") == 0
    assert capsys.readouterr().out == first
    assert call("run") == 0
    assert capsys.readouterr().out == first


def test_json_prints_the_contract_and_nothing_else(news: Path, call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("run", news, "--json", "--quiet") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["schema"] == "detector-report/1"
    assert captured.err == ""


def test_a_quiet_run_prints_nothing_and_still_writes_its_files(
    news: Path, call: Call, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("run", news, "--quiet", "--report", tmp_path / "report.json") == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["schema"] == "detector-report/1"


def test_a_conflict_becomes_an_exit_code_when_asked_for(news: Path, call: Call) -> None:
    assert call("run", news / "post.json", news / "radio.json", "--fail-on", "conflict") == 0
    assert call("run", news, "--fail-on", "conflict") == 1
    assert call("report", "--fail-on", "conflict") == 1
    assert call("report", "--fail-on", "forecast") == 0


def test_ask_shows_every_outlet_in_one_place(news: Path, call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    call("run", news, "--quiet")
    assert call("ask", "The ferry company Norline did not cancel all sailings on Wednesday.") == 0
    printed = capsys.readouterr().out
    assert printed.index("Contradict it (1 outlet)") < printed.index("Harbour Post")
    assert printed.index("Silent on it") < printed.index("Radio Ellery")
    assert all(len(line) <= 80 for line in printed.splitlines())


def test_ask_takes_a_claim_from_every_outlet_once_in_json(
    news: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    call("run", news, "--quiet")
    assert call("ask", "Norline cancelled all sailings.", "--json") == 0
    stances = json.loads(capsys.readouterr().out)["stances"]
    assert sorted(stance["outlet"] for stance in stances) == ["Ellery Times", "Harbour Post", "Radio Ellery"]


def test_explain_shows_scores_gates_and_factors_of_a_conflict_by_the_beginning_of_its_id(
    news: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    call("run", news, "--json", "--quiet")
    first = json.loads(capsys.readouterr().out)["conflicts"][0]
    assert call("explain", first["conflict_id"][:8]) == 0
    printed = capsys.readouterr().out
    assert f"Score {first['score']:.2f}, the sum of" in printed
    assert all(factor["name"] in printed for factor in first["factors"])
    assert "Raw scores      entailment  neutral  contradiction" in printed
    assert "passed  same matter: " in printed


def test_explain_says_why_a_pair_was_never_flagged(news: Path, call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    from detector.settings import Settings
    from detector.store import open_store

    call("run", news, "--quiet")
    with open_store(os.environ[cli.STORE_VARIABLE], read_only=True) as store:
        statements = store.statements(Settings().fingerprint("statements"))
    ferry, rain = (next(s for s in statements if word in s.text) for word in ("cancelled all", "Heavy rain"))
    assert call("explain", ferry.statement_id, rain.statement_id) == 0
    printed = capsys.readouterr().out
    assert "neither contradicts nor agrees" in printed
    assert "stopped " in printed


def test_status_says_what_the_next_run_would_do(news: Path, call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    call("ingest", news / "post.json", news / "times.json", "--quiet")
    call("status")
    assert "Pending          2 articles to read and compare" in capsys.readouterr().out
    call("run", "--quiet")
    call("status")
    assert "Pending          nothing\n" in capsys.readouterr().out
    call("ingest", news, "--quiet")
    call("status", "--json")
    state = json.loads(capsys.readouterr().out)
    assert state["pending"].startswith("1 article to read")
    assert state["counts"]["articles"] == 3


def test_doctor_passes_models_whose_labels_prove_right(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    call("doctor")
    printed = capsys.readouterr().out
    assert f"ok     NLI labels: {', '.join(NLI_LABELS)}" in printed
    assert "ok     packages" in printed


def test_doctor_finds_a_model_that_swaps_its_labels_and_says_what_to_do(
    call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Swapped(LexicalNLI):
        def score(self, pairs: Any, *, progress: Any = None) -> Any:
            return super().score(pairs, progress=progress)[:, ::-1]

    monkeypatch.setattr(models, "load_nli", lambda settings: Swapped())
    assert call("doctor") == 1
    printed = capsys.readouterr().out
    assert "WRONG  NLI labels" in printed
    assert "do: " in printed and "id2label" in printed


def test_doctor_finds_a_damaged_store(call: Call, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8000)
    assert call("doctor", "--store", damaged) == 1
    assert "WRONG  store" in capsys.readouterr().out


def test_score_keeps_the_rows_in_order_with_their_columns_and_says_which_could_not_be_scored(
    call: Call, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.jsonl"
    rows = [
        {
            "id": 7,
            "premise": "The council approved the budget.",
            "hypothesis": "The council did not approve the budget.",
        },
        {"id": 8, "premise": "The council approved the budget."},
    ]
    pairs.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert call("score", pairs) == 0
    captured = capsys.readouterr()
    first, second = (json.loads(line) for line in captured.out.splitlines())
    assert first["id"] == 7 and first["contradiction"] > 0.5
    assert second["id"] == 8 and second["contradiction"] is None and "hypothesis" in second["error"]
    assert captured.err == "1 of 2 rows could not be scored; `error` says why\n"


def test_score_writes_the_form_asked_for_into_a_file(
    call: Call, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pairs, out = tmp_path / "pairs.csv", tmp_path / "scored.csv"
    pairs.write_text("premise,hypothesis\nIt rained.,It rained.\n", encoding="utf-8")
    assert call("score", pairs, "--out", out) == 0
    assert out.read_text(encoding="utf-8").startswith(
        "premise,hypothesis,entailment,neutral,contradiction\nIt rained.,"
    )
    assert call("score", pairs, "--format", "jsonl") == 0
    assert json.loads(capsys.readouterr().out)["premise"] == "It rained."


def test_evaluate_prints_figures_for_every_story_and_loads_the_models_once(
    call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loaded: list[str] = []
    nli = SureNLI()
    monkeypatch.setattr(models, "load_nli", lambda settings: loaded.append("nli") or nli)
    for name in ("ceasefire-30-days", "quillan-hepatitis"):
        shutil.copytree(Path(__file__).parent.parent / "corpus" / name, tmp_path / "stories" / name)
    assert call("evaluate", tmp_path / "stories") == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Reports against gold\n") and "\npooled" in captured.out
    assert "Gold conflicts found, per kind" in captured.out
    assert captured.err == "Evaluating ceasefire-30-days\nEvaluating quillan-hepatitis\n"
    assert loaded == ["nli"]


MISTAKES = [
    ("run", "no/such/folder"),
    ("run", "news", "--report", "report.pdf"),
    ("run", "news", "--settings", "missing.toml"),
    ("run", "news", "--settings", "wrong.toml"),
    ("run", "news", "--store", "news"),
    ("run", "empty"),
    ("report",),
    ("ask", "Anything at all."),
    ("explain", "0000"),
    ("status", "--store", "absent.db"),
    ("status", "--store", "wrong.toml"),
    ("evaluate", "news"),
    ("score", "absent.jsonl"),
    ("score", "pairs.csv", "--out", "no/folder/scored.csv"),
]


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_a_mistake_is_answered_with_one_line_and_code_2(
    words: tuple[str, ...], news: Path, call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(news.parent)
    (news.parent / "empty").mkdir()
    (news.parent / "pairs.csv").write_text("premise,hypothesis\nIt rained.,It rained.\n", encoding="utf-8")
    (news.parent / "wrong.toml").write_text("[conflicts]\ncontradictions = 0.5\n", encoding="utf-8")
    assert call(*words) == 2
    captured = capsys.readouterr()
    said = [line for line in captured.err.splitlines() if not line.startswith("Articles: ")]
    assert len(said) == 1 and said[0].startswith("detector: "), captured.err
    assert captured.out == ""


def test_a_wrong_report_format_is_said_before_any_work_is_done(news: Path, call: Call, tmp_path: Path) -> None:
    assert call("run", news, "--report", tmp_path / "report.docx") == 2
    assert not (tmp_path / "store" / "news.db").exists()


def test_a_wrong_option_shows_how_the_command_is_used(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("run", "--nonsense") == 2
    shown = capsys.readouterr().err
    assert shown.startswith("Usage: detector run") and "--nonsense" in shown


def test_ctrl_c_says_that_nothing_is_lost(
    news: Path, call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run", stop)
    assert call("run", news) == 130
    assert capsys.readouterr().err.splitlines()[-1].startswith("detector: stopped. Nothing is lost")


def test_a_reader_that_stops_reading_is_no_error(news: Path, call: Call) -> None:
    call("run", news, "--quiet")
    child = subprocess.Popen(
        [sys.executable, "-m", "detector", "report", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None and child.stderr is not None
    child.stdout.close()
    said = child.stderr.read()
    child.wait(timeout=120)
    assert said == b""


def test_article_text_cannot_steer_the_terminal(news: Path, call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    for name, article in (("post", POST), ("times", TIMES)):
        hostile = {
            **article,
            "text": article["text"].replace("Norline", "Nor\x1b[31mline\u202e"),
            "outlet": article["outlet"] + "\x1b]0;x\x07",
        }
        (news / f"{name}.json").write_text(json.dumps(hostile), encoding="utf-8")
    call("run", news)
    call("ask", "Norline cancelled all sailings.")
    printed = capsys.readouterr().out
    assert "Harbour Post" in printed
    assert not {"\x1b", "\x07", "\u202e"} & set(printed)


def test_without_a_store_named_the_users_data_folder_is_taken(
    news: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(cli.STORE_VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert call("ingest", news, "--quiet") == 0
    assert len(list(tmp_path.rglob("detector.db"))) == 1


def test_version_is_that_of_the_package(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    from detector import __version__

    assert call("--version") == 0
    assert capsys.readouterr().out == f"detector {__version__}\n"
