"""The kept sample report is what the program says of the sample corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from detector.corpus import read_paths
from detector.records import Article
from detector.report.json import schema
from detector.settings import Settings

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "reports" / "sample"


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    report: dict[str, Any] = json.loads((SAMPLE / "report.json").read_text(encoding="utf-8"))
    return report


def test_the_sample_report_keeps_the_published_contract(sample: dict[str, Any]) -> None:
    jsonschema.validate(sample, schema())
    assert sample["schema"] == "detector-report/1"


def test_every_statement_of_the_sample_report_stands_in_its_article(sample: dict[str, Any]) -> None:
    read = [found for found in read_paths([ROOT / "corpus"], Settings().reading) if isinstance(found, Article)]
    texts = {article.article_id: article.text for article in read}
    statements = [s for entry in sample["conflicts"] for side in entry["sides"] for s in side["statements"]]
    assert statements
    for statement in statements:
        text = texts[statement["article"]["article_id"]]
        assert text[statement["start"] : statement["end"]] == statement["text"]


def test_the_sample_report_is_kept_in_every_form_a_person_reads() -> None:
    for name in ("report.html", "report.md"):
        assert (SAMPLE / name).stat().st_size > 1000
