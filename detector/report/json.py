"""The report as JSON: the published contract `detector-report/1`, with its schema beside this file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from detector.changes import SentenceChange
from detector.records import Article, Probs
from detector.report.plain import LISTED
from detector.report.values import (
    Entry,
    Report,
    Revision,
    Settled,
    ShownAgreement,
    ShownChanges,
    ShownDecision,
    ShownEdit,
    ShownPair,
    ShownSide,
    ShownStatement,
    ShownVote,
)
from detector.report.wording import iso

SCHEMA = "detector-report/1"
Row = dict[str, Any]


def to_json(report: Report) -> str:
    """The whole report; the same report gives the same bytes, and nothing of when or how long it ran is in it."""
    return _dumped(as_tree(report), indent=1) + "\n"


def to_jsonl(report: Report) -> str:
    """One conflict or agreement a line, told apart by `type`, conflicts first; at the end what is settled and revised."""
    rows = [{"type": "conflict", **_entry(entry)} for entry in report.entries]
    rows += [{"type": "agreement", **_agreement(agreement)} for agreement in report.agreements]
    if report.changes:
        rows += [{"type": "settled", **_settled(settled)} for settled in report.changes.settled]
        rows += [{"type": "revision", **_revision(revision)} for revision in report.changes.revisions]
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
        "changes": None if report.changes is None else changes_tree(report),
    }


def changes_tree(report: Report) -> Row:
    """The part on what changed; empty for a report that is compared with nothing."""
    changes = report.changes
    if changes is None:
        return {}
    return {
        "since": _since(changes),
        "counts": dict(changes.counts),
        "setup": list(changes.setup),
        "complete": changes.complete,
        "conflicts": [_changed(entry) for entry in report.changed(*LISTED)],
        "settled": [_settled(settled) for settled in changes.settled],
        "added": [{**_article(article, outlet), "path": article.path} for article, outlet in changes.added],
        "revisions": [_revision(revision) for revision in changes.revisions],
    }


def _since(changes: ShownChanges) -> Row:
    run = changes.since
    return {"run_id": run.run_id, "finished_at": iso(run.finished_at), "state_hash": run.state_hash}


def _changed(entry: Entry) -> Row:
    change = entry.change
    assert change is not None
    return {
        "conflict_id": entry.conflict_id,
        "state": change.state,
        "rank": entry.rank,
        "rank_before": change.rank_before,
        "lane": entry.lane,
        "lane_before": change.lane_before or (entry.lane if change.rank_before else None),
        "question": entry.question,
        "joined": [{"side": side or None, "outlet": outlet} for side, outlet in change.joined],
        "left": [{"side": side or None, "outlet": outlet} for side, outlet in change.left],
        "edits": [_edit(edit) for edit in change.edits],
        "related_id": change.related_id,
        "says": list(change.says),
    }


def _settled(settled: Settled) -> Row:
    return {
        "conflict_id": settled.conflict_id,
        "rank_before": settled.rank_before,
        "kind": settled.kind,
        "lane": settled.lane,
        "question": settled.question,
        "reason": settled.reason,
        "sides": [
            {"position": side.position, "outlets": list(side.outlets), "gone": side.gone} for side in settled.sides
        ],
        "edits": [_edit(edit) for edit in settled.edits],
        "related_id": settled.related_id,
        "decision": _decision(settled.decision) if settled.decision else None,
        "says": list(settled.says),
    }


def _edit(edit: ShownEdit) -> Row:
    return {"article": _article(edit.article, edit.outlet), **_sentence(edit.sentence)}


def _revision(revision: Revision) -> Row:
    return {
        "article": _article(revision.article, revision.outlet),
        "revision_before": revision.revision_before,
        "read_at": iso(revision.read_at),
        "sentences": [_sentence(sentence) for sentence in revision.sentences],
    }


def _article(article: Article, outlet: str) -> Row:
    return {
        "article_id": article.article_id,
        "outlet": outlet,
        "title": article.title,
        "published_at": iso(article.published_at),
        "url": article.url,
        "revision": article.revision,
    }


def _sentence(sentence: SentenceChange) -> Row:
    return {
        "what": sentence.kind,
        "before": sentence.before,
        "after": sentence.after,
        "before_highlights": [list(span) for span in sentence.before_spans],
        "after_highlights": [list(span) for span in sentence.after_spans],
    }


def _decision(decision: ShownDecision) -> Row:
    return {
        **_vote(decision.latest),
        "status": decision.status,
        "changed": [
            {"what": one.what, "outlet": one.outlet, "before": one.before, "after": one.after}
            for one in decision.changed
        ],
        "disputed": decision.disputed,
        "reviews": [_vote(vote) for vote in decision.votes],
        "duplicate_of": decision.duplicate_of,
        "set_aside": decision.folded,
    }


def _vote(vote: ShownVote) -> Row:
    return {
        "decision": vote.decision,
        "reason": vote.reason,
        "note": vote.note,
        "reviewer": vote.reviewer,
        "at": iso(vote.at),
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
        "decision": None if entry.decision is None else _decision(entry.decision),
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
        "change": None
        if entry.change is None
        else {"state": entry.change.state, "rank_before": entry.change.rank_before},
        "reviewer_notes": [{"reviewer": one.reviewer, "at": iso(one.at), "note": one.text} for one in entry.remarks],
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
