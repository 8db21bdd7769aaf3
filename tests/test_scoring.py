"""Pairs against the model: both ways, and whole files with good and bad rows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from detector import scoring
from detector.errors import InputError
from detector.records import NLI_LABELS
from detector.scoring import PairRow, read_pairs, score_pairs_both_ways, score_rows, write_rows
from detector.testing import LexicalNLI

HELD = "The dam at Orsk held."
BURST = "The dam at Orsk did not hold."
RAIN = "Rain reached the coast on Monday."


def saved(tmp_path: Path, name: str, text: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def jsonl(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def answered(rows: list[PairRow], *, temperature: float = 1.0) -> list[dict[str, Any]]:
    return score_rows(rows, LexicalNLI(), temperature=temperature)


def written(rows: list[dict[str, Any]], fmt: Any) -> str:
    stream = io.StringIO()
    write_rows(rows, fmt, stream)
    return stream.getvalue()


def test_both_ways_are_scored_in_one_call_and_kept_apart() -> None:
    nli = LexicalNLI()
    longer = HELD + " Engineers had feared for it after a week of rain."
    forward, backward = score_pairs_both_ways(nli, [(longer, HELD), (HELD, BURST)])[0]
    assert nli.calls == 1
    assert forward.entailment > 0.9 and backward.entailment < 0.1


def test_no_pairs_ask_nothing_of_the_model() -> None:
    nli = LexicalNLI()
    assert score_pairs_both_ways(nli, []) == []
    assert nli.calls == 0


def test_a_contradicting_row_of_a_jsonl_file_is_found_and_its_columns_are_kept(tmp_path: Path) -> None:
    path = saved(tmp_path, "pairs.jsonl", jsonl({"id": 7, "premise": HELD, "hypothesis": BURST, "tags": ["dam"]}))
    (row,) = answered(read_pairs(path))
    assert max(NLI_LABELS, key=lambda label: row[label]) == "contradiction"
    assert row["id"] == 7 and row["tags"] == ["dam"] and row["premise"] == HELD
    assert sum(row[label] for label in NLI_LABELS) == pytest.approx(1.0, abs=1e-5)


def test_the_same_pairs_as_csv_get_the_same_scores(tmp_path: Path) -> None:
    from_json = read_pairs(saved(tmp_path, "a.jsonl", jsonl({"premise": HELD, "hypothesis": BURST})))
    from_csv = read_pairs(saved(tmp_path, "a.csv", f'hypothesis,premise\r\n"{BURST}","{HELD}"\r\n'))
    assert [answered(from_json)[0][label] for label in NLI_LABELS] == [
        answered(from_csv)[0][label] for label in NLI_LABELS
    ]


def test_rows_come_back_in_the_order_given_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "ROWS_AT_ONCE", 2)
    texts = [HELD, RAIN, BURST, HELD + " It did.", RAIN]
    rows = [{"premise": HELD, "hypothesis": text, "place": place} for place, text in enumerate(texts)]
    rows.insert(2, {"premise": HELD, "hypothesis": "", "place": "bad"})
    done: list[int] = []
    found = score_rows(
        read_pairs(saved(tmp_path, "a.jsonl", jsonl(*rows))), LexicalNLI(), temperature=1.0, progress=done.append
    )
    assert [row["place"] for row in found] == [0, 1, "bad", 2, 3, 4]
    assert [row["contradiction"] is not None and row["contradiction"] > 0.5 for row in found] == [
        False, False, False, True, False, False,
    ]  # fmt: skip
    assert done == [2, 4, 5]


def test_a_temperature_above_one_makes_the_model_less_sure() -> None:
    rows = [PairRow(HELD, BURST)]
    assert 0.5 < answered(rows, temperature=2.0)[0]["contradiction"] < answered(rows)[0]["contradiction"]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"premise": HELD}, "line 2: hypothesis is missing"),
        ({"premise": HELD, "hypothesis": None}, "line 2: hypothesis is missing"),
        ({"premise": "  ", "hypothesis": RAIN}, "line 2: premise is empty"),
        ({"premise": HELD, "hypothesis": 3.1}, "line 2: hypothesis is a number, expected text"),
        ({"premise": HELD, "hypothesis": [RAIN]}, "line 2: hypothesis is a list, expected text"),
        (
            {"premise": HELD, "hypothesis": "word " * 10_000},
            "line 2: hypothesis has 50,000 characters, more than 20,000",
        ),
        ([HELD, RAIN], "line 2: a list, expected an object"),
    ],
)
def test_a_row_that_cannot_be_scored_says_why_and_the_others_go_on(columns: Any, problem: str, tmp_path: Path) -> None:
    good = {"premise": HELD, "hypothesis": BURST}
    found = answered(read_pairs(saved(tmp_path, "a.jsonl", jsonl(good, columns, good))))
    assert found[1]["error"].startswith(problem)
    assert [found[1][label] for label in NLI_LABELS] == [None, None, None]
    assert found[0] == found[2] and found[0]["contradiction"] > 0.5 and "error" not in found[0]


def test_a_line_that_is_no_json_is_named_by_its_number_and_the_others_go_on(tmp_path: Path) -> None:
    good = jsonl({"premise": HELD, "hypothesis": RAIN})
    found = answered(read_pairs(saved(tmp_path, "a.jsonl", good + "\n" + '{"premise": "half\n' + good)))
    assert [row.get("error", "")[:16] for row in found] == ["", "line 3: not JSON", ""]


def test_a_number_too_long_or_a_list_too_deep_for_json_is_a_bad_row(tmp_path: Path) -> None:
    good = jsonl({"premise": HELD, "hypothesis": RAIN})
    text = good + "9" * 5_000 + "\n" + "[" * 100_000 + "\n"
    found = answered(read_pairs(saved(tmp_path, "a.jsonl", text)))
    assert [("error" in row) for row in found] == [False, True, True]


def test_a_csv_row_with_too_few_or_too_many_cells_is_a_bad_row(tmp_path: Path) -> None:
    text = f"premise,hypothesis\n{HELD}\n{HELD},{RAIN},and more\n{HELD},{RAIN}\n"
    errors = [row.get("error") for row in answered(read_pairs(saved(tmp_path, "a.csv", text)))]
    assert errors == ["line 2: hypothesis is missing", "line 3: 3 cells, expected 2; quote the commas", None]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "text_a,text_b\nx,y\n", r"no column premise, hypothesis; found text_a, text_b; name them in line 1"),
        ("a.csv", "", r"no column premise, hypothesis; found none"),
        ("a.csv", "premise,hypothesis\n", r"no rows"),
        ("a.csv", 'premise,hypothesis\n"open,quote\n', r"not CSV \(.*\); check its quotation marks"),
        ("a.jsonl", "", r"no rows, expected the columns premise, hypothesis"),
        ("a.jsonl", '{"a": 1}\n{"b": 2}\n', r"line 1: premise is missing; .* found a, b"),
        ("a.jsonl", "premise,hypothesis\nx,y\n", r"line 1: not JSON"),
        ("a.jsonl", b"\xff\xfe\x00", r"not UTF-8 at byte 0; save it as UTF-8"),
        ("a.txt", "x", r"\.txt, expected a \.jsonl or \.csv file"),
    ],
)
def test_a_file_of_another_form_stops_with_one_line(name: str, text: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_pairs(saved(tmp_path, name, text))
    assert "\n" not in str(caught.value)


def test_a_missing_file_stops_with_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.jsonl: cannot be read \(No such file"):
        read_pairs(tmp_path / "absent.jsonl")


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.csv", f"\ufeffpremise,hypothesis\n{HELD},{RAIN}\n")
    assert read_pairs(path)[0].error is None


def test_columns_named_like_the_answer_are_replaced_by_it(tmp_path: Path) -> None:
    old = {"premise": HELD, "hypothesis": BURST, "contradiction": 0.0, "error": "old"}
    (row,) = answered(read_pairs(saved(tmp_path, "a.jsonl", jsonl(old))))
    assert row["contradiction"] > 0.5 and "error" not in row


def test_json_lines_can_be_read_back_whatever_the_rows_held(tmp_path: Path) -> None:
    odd = {"premise": HELD, "hypothesis": RAIN, "note": "half \ud800 pair\u2028", "value": float("nan")}
    found = answered(read_pairs(saved(tmp_path, "a.jsonl", jsonl(odd))))
    text = written(found, "jsonl")
    text.encode("utf-8")
    (row,) = [json.loads(line) for line in text.split("\n") if line]
    assert row["note"] == odd["note"] and row["value"] is None


def test_csv_has_the_columns_of_all_rows_and_the_error_last() -> None:
    rows = [
        {"premise": HELD, "hypothesis": 'said "no", twice', "tags": ["a"], **dict.fromkeys(NLI_LABELS, 0.25)},
        {"id": 1, **dict.fromkeys(NLI_LABELS), "error": "line 2: premise is missing"},
    ]
    header, first, second = csv.reader(io.StringIO(written(rows, "csv")))
    assert header == ["premise", "hypothesis", "tags", "id", *NLI_LABELS, "error"]
    assert first == [HELD, 'said "no", twice', '["a"]', "", "0.25", "0.25", "0.25", ""]
    assert second == ["", "", "", "1", "", "", "", "line 2: premise is missing"]


def test_a_csv_without_bad_rows_has_no_error_column() -> None:
    assert written(answered([PairRow(HELD, RAIN, {"premise": HELD, "hypothesis": RAIN})]), "csv").startswith(
        "premise,hypothesis,entailment,neutral,contradiction\n"
    )
