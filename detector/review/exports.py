"""Files of chosen conflicts: for readers (HTML, Markdown, DOCX), for machines (CSV, JSON), and drafts of claim reviews."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detector.decisions.values import ReviewState
from detector.errors import InputError
from detector.report.values import Entry, Report, ShownSide
from detector.report.wording import count_words, day, iso, one_line, shown, web_link
from detector.review.desk import Export
from detector.review.document import Chosen, blocks_of, to_docx, to_html, to_markdown
from detector.review.queue import decision_words
from detector.review.snapshot import Snapshot, Unknown, require_row
from detector.review.values import ReportDraft
from detector.review.views import report_on

DRAFT = "DRAFT. Not published, not signed. To be filled in by the person who publishes it: author, url, reviewRating."
MAKER = (
    "Outlets differ on what is told here. The list was made by a program that compares wording and can be wrong; "
    "it does not say who is right."
)


@dataclass(frozen=True, slots=True)
class _Work:
    """What every format is made of."""

    draft: ReportDraft
    snapshot: Snapshot
    report: Report
    now: datetime

    def chosen(self) -> list[Chosen]:
        return [_chosen(entry, self.snapshot, reviews=self.draft.reviews) for entry in self.report.entries]


def export(draft: ReportDraft, snapshot: Snapshot | None, *, now: datetime) -> Export:
    """The file that a draft describes.

    Raises Unknown: a chosen conflict is not in the run. InputError: one is chosen twice, or a claim review is wanted
    of one that is not decided.
    """
    if snapshot is None:
        raise Unknown("no run has succeeded yet: no conflict can be exported; make one with `detector run`")
    if len(set(draft.conflict_ids)) < len(draft.conflict_ids):
        raise InputError("a conflict was chosen twice; choose each once")
    rows = [require_row(snapshot, conflict_id) for conflict_id in draft.conflict_ids]
    work = _Work(draft, snapshot, report_on(rows, snapshot, reviews=draft.reviews), now)
    suffix, media_type, write = _FORMATS[draft.format]
    return Export(f"outlets-differ-{now:%Y-%m-%d}.{suffix}", media_type, write(work))


def _chosen(entry: Entry, snapshot: Snapshot, *, reviews: bool) -> Chosen:
    state = snapshot.state(entry.conflict_id)
    if not reviews or not state.reviews:
        return Chosen(entry, "", ())
    said = [
        f"{decision_words(review)} ({one_line(name)}, {day(review.created_at)})" for name, review in state.by_reviewer
    ]
    if state.disputed:
        said.append("reviewers differ")
    if state.status == "stale":
        said.append("the evidence changed since the last decision")
    noted = [*(review for _, review in state.by_reviewer if review.note), *state.notes]
    notes = sorted(noted, key=lambda review: review.created_at)
    remarks = tuple(f"{one_line(one.reviewer)}: {one_line(one.note)}" for one in notes)
    return Chosen(entry, "; ".join(said), remarks)


def _blocks(work: _Work) -> Any:
    run = work.snapshot.base.run
    articles = count_words(run.counts.get("articles", len(work.snapshot.base.cards)), "article")
    closing = f"{MAKER} Made from {articles}, as of {day(run.finished_at or run.started_at)}."
    return blocks_of(work.draft.title or "Where outlets differ", work.draft.introduction, work.chosen(), closing)


def _html(work: _Work) -> bytes:
    return _encoded(to_html(_blocks(work)))


def _markdown(work: _Work) -> bytes:
    return _encoded(to_markdown(_blocks(work)))


def _docx(work: _Work) -> bytes:
    return to_docx(_blocks(work), now=work.now)


def _csv(work: _Work) -> bytes:
    from detector.report.tables import to_csv

    return _encoded(to_csv(work.report))


def _json(work: _Work) -> bytes:
    from detector.report.json import to_json

    tree = {
        "title": work.draft.title,
        "introduction": work.draft.introduction,
        "report": json.loads(to_json(work.report)),
    }
    return _dumped(tree)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _dumped(tree: object) -> bytes:
    return _encoded(json.dumps(tree, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


# Claim reviews


def _claim_review(work: _Work) -> bytes:
    """Drafts of schema.org ClaimReview, one a side. The program gives no rating and signs nothing."""
    open_ones = [entry for entry in work.report.entries if not _is_settled(work.snapshot.state(entry.conflict_id))]
    if open_ones:
        first = open_ones[0]
        raise InputError(
            f"{count_words(len(open_ones), 'chosen conflict')} not decided with one voice on the evidence of now, "
            f"the first {first.conflict_id} (rank {first.rank}); decide them, or leave them out"
        )
    graph = [_side_review(side, entry, work) for entry in work.report.entries for side in entry.sides]
    return _safe_in_pages(_dumped({"@context": "https://schema.org", "@graph": graph}))


def _safe_in_pages(content: bytes) -> bytes:
    """The same JSON for a <script> element, where such markup is put: no text of an article may end the element."""
    return content.replace(b"&", b"\\u0026").replace(b"<", b"\\u003c").replace(b">", b"\\u003e")


def _is_settled(state: ReviewState) -> bool:
    return state.status == "decided" and not state.disputed


def _side_review(side: ShownSide, entry: Entry, work: _Work) -> dict[str, Any]:
    first = side.statements[0]
    dates = [one.article.published_at for one in side.statements if one.article.published_at]
    decided = _chosen(entry, work.snapshot, reviews=True)
    return {
        "@type": "ClaimReview",
        "creativeWorkStatus": "Draft",
        "abstract": DRAFT,
        "dateModified": iso(work.now),
        "name": one_line(entry.question),
        "claimReviewed": one_line(side.position) or one_line(first.text),
        "itemReviewed": {
            "@type": "Claim",
            "text": shown(first.text),
            "datePublished": iso(min(dates)) if dates else None,
            "author": [{"@type": "Organization", "name": one_line(name)} for name in side.outlets],
            "appearance": _appearances(side),
        },
        "reviewBody": f"Decision of the desk on the conflict as a whole: {decided.decision}."
        if work.draft.reviews
        else "",
        "identifier": entry.conflict_id,
    }


def _appearances(side: ShownSide) -> list[Mapping[str, Any]]:
    known: dict[tuple[str, int], Mapping[str, Any]] = {}
    for one in side.statements:
        article = one.article
        named = {
            "@type": "NewsArticle",
            "headline": one_line(article.title) if article.title else None,
            "url": web_link(article.url),
            "datePublished": iso(article.published_at),
            "publisher": {"@type": "Organization", "name": one_line(one.outlet)},
        }
        known[article.article_id, article.revision] = {key: value for key, value in named.items() if value is not None}
    return list(known.values())


_Write = Callable[[_Work], bytes]
_FORMATS: dict[str, tuple[str, str, _Write]] = {
    "html": ("html", "text/html; charset=utf-8", _html),
    "md": ("md", "text/markdown; charset=utf-8", _markdown),
    "docx": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", _docx),
    "csv": ("csv", "text/csv; charset=utf-8", _csv),
    "json": ("json", "application/json", _json),
    "claimreview": ("draft.jsonld", "application/ld+json", _claim_review),
}
