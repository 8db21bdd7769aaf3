"""The report as JSON: the published contract `detector-report/1`, with its schema beside this file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from detector.records import Probs
from detector.report.values import Entry, Report, ShownAgreement, ShownPair, ShownSide, ShownStatement
from detector.report.wording import iso

SCHEMA = "detector-report/1"
Row = dict[str, Any]


def to_json(report: Report) -> str:
    """The whole report; the same report gives the same bytes, and nothing of when or how long it ran is in it."""
    return _dumped(as_tree(report), indent=1) + "\n"


def to_jsonl(report: Report) -> str:
    """One conflict or agreement a line, told apart by `type`, conflicts first."""
    rows = [{"type": "conflict", **_entry(entry)} for entry in report.entries]
    rows += [{"type": "agreement", **_agreement(agreement)} for agreement in report.agreements]
    return "".join(_dumped(row, indent=None) + "\n" for row in rows)


def as_tree(report: Report) -> Row:
    """The report as plain dicts and lists in the order of the contract."""
    run = report.run
    return {
        "schema": SCHEMA,
        "run": {
            "state_hash": run.state_hash,
            "counts": _sorted(run.counts),
            "models": _sorted(run.models),
            "versions": _sorted(run.versions),
            "settings": _sorted(run.settings),
        },
        "notes": list(report.notes),
        "conflicts": [_entry(entry) for entry in report.entries],
        "agreements": [_agreement(agreement) for agreement in report.agreements],
        "topics": [
            {
                "topic_id": topic.topic_id,
                "label": topic.label,
                "statements": topic.statements,
                "ranks": list(topic.ranks),
            }
            for topic in report.topics
            if topic.topic_id is not None
        ],
        "outlets": [
            {
                "outlet_id": outlet.outlet_id,
                "name": outlet.name,
                "owner": outlet.owner,
                "guessed": outlet.guessed,
                "articles": outlet.articles,
                "conflicts": outlet.entries,
                "agreements": outlet.agreements,
            }
            for outlet in report.outlets
        ],
        "outlet_pairs": [
            {"left": pair.left, "right": pair.right, "differ": pair.differ, "agree": pair.agree}
            for pair in report.outlet_pairs
        ],
    }


def schema() -> Row:
    """The JSON schema (draft 2020-12) that every report of this version meets."""
    text = files("detector.report").joinpath("detector-report-1.schema.json").read_text(encoding="utf-8")
    tree: Row = json.loads(text)
    return tree


def _entry(entry: Entry) -> Row:
    return {
        "conflict_id": entry.conflict_id,
        "rank": entry.rank,
        "score": _number(entry.score),
        "kind": entry.kind,
        "lane": entry.lane,
        "question": entry.question,
        "decision": None,
        "topic": None if entry.topic_id is None else {"topic_id": entry.topic_id, "label": entry.topic},
        "note": entry.note,
        "cautions": list(entry.cautions),
        "probability": _number(entry.probability),
        "sides": [_side(side) for side in entry.sides],
        "pairs": [_pair(pair) for pair in entry.pairs],
        "factors": [
            {
                "name": factor.name,
                "value": _number(factor.value),
                "weight": _number(factor.weight),
                "contribution": _number(factor.contribution),
                "reason": factor.reason,
            }
            for factor in entry.factors
        ],
    }


def _side(side: ShownSide) -> Row:
    return {
        "position": side.position,
        "outlets": list(side.outlets),
        "origins": side.origins,
        "stance": side.stance,
        "outlet_stances": dict(side.places),
        "statements": [_statement(statement) for statement in side.statements],
    }


def _agreement(agreement: ShownAgreement) -> Row:
    return {
        "agreement_id": agreement.agreement_id,
        "position": agreement.position,
        "outlets": list(agreement.outlets),
        "origins": agreement.origins,
        "score": _number(agreement.score),
        "statements": [_statement(statement) for statement in agreement.statements],
    }


def _statement(statement: ShownStatement) -> Row:
    article = statement.article
    return {
        "statement_id": statement.statement_id,
        "text": statement.text,
        "start": statement.start,
        "end": statement.end,
        "speaker": statement.speaker,
        "modality": statement.modality,
        "article": {
            "article_id": article.article_id,
            "outlet": statement.outlet,
            "title": article.title,
            "published_at": iso(article.published_at),
            "url": article.url,
            "path": article.path,
            "revision": article.revision,
            "outlet_guessed": article.outlet_guessed,
        },
        "form": statement.form,
        "via": statement.via,
        "context": {"before": statement.before, "after": statement.after},
        "highlights": [list(span) for span in statement.highlights],
    }


def _pair(pair: ShownPair) -> Row:
    return {
        "pair_id": pair.pair_id,
        "left": pair.left_id,
        "right": pair.right_id,
        "similarity": _number(pair.similarity),
        "rule": pair.rule,
        "forward": _probs(pair.forward),
        "backward": _probs(pair.backward),
        "relation": pair.relation,
        "probability": _number(pair.probability),
        "kind": pair.kind,
        "lane": pair.lane,
        "gates": [{"name": gate.name, "passed": gate.passed, "reason": gate.reason} for gate in pair.gates],
    }


def _probs(probs: Probs) -> Row:
    return {
        "entailment": _number(probs.entailment),
        "neutral": _number(probs.neutral),
        "contradiction": _number(probs.contradiction),
    }


def _number(value: float) -> float:
    """Four decimals, and no minus zero."""
    return round(float(value), 4) + 0.0


def _sorted(value: Any) -> Any:
    """The same tree with the keys of every mapping in order and floats to four decimals."""
    if isinstance(value, Mapping):
        return {str(key): _sorted(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_sorted(part) for part in value]
    return _number(value) if isinstance(value, float) else value


def _dumped(tree: Row, *, indent: int | None) -> str:
    text = json.dumps(tree, ensure_ascii=False, indent=indent, allow_nan=False)
    # Half a surrogate pair has no UTF-8 form; inside a JSON string its escape says the same.
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half.group()):04x}", text)
