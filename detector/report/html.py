"""The report as one offline HTML file: no request leaves it, no script but its own runs in it."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from detector.records import Article
from detector.report import wording
from detector.report.plain import LISTED, since_words, sum_words
from detector.report.values import Entry, OutletPair, Publication, Report, ShownPair, ShownStatement, ShownTopic, Span

if TYPE_CHECKING:
    from jinja2 import Environment

MATRIX_OUTLETS = 16
"""Outlets in the matrix, what fits a desk without scrolling; the list below it holds every pair."""
TIMELINES = 12
"""Topics drawn as a timeline, those of the first entries; the table below holds every article."""
OPEN_WORDINGS = 2
"""Statements of a side shown at once; the rest are one click away."""
PAIRS = 4
"""Compared pairs listed with an entry, the strongest; the JSON report holds all."""
CONTEXT = 220
"""Characters shown before and after a statement; the JSON report holds all that is kept as evidence."""

OPEN_REVISIONS = 4
"""Edited articles up to which their sentences are shown at once."""
REVISIONS = 100
"""Edited articles shown; the JSON report holds all."""
SENTENCES = 12
"""Changed sentences shown of one article; the JSON report holds all."""
ADDED = 200
"""Added articles listed; the JSON report holds all."""
PIECE = 240
"""Characters shown of a part of a sentence that is the same, or not, in both of its wordings."""


def to_html(report: Report) -> str:
    """The whole report as one page."""
    environment = page_environment()
    style, script = _asset("report.css"), _asset("report.js")
    return environment.get_template("report.html.j2").render(
        report=report,
        style=style,
        script=script,
        policy=content_policy(style, script),
        matrix=matrix_of(report),
        timelines=[timeline_of(topic) for topic in _drawn(report.topics)],
        filters=_filters(report),
        links={entry.rank: entry.conflict_id for entry in report.entries},
        listed_entries=[entry for entry in report.entries if not entry.folded],
        folded=[entry for entry in report.entries if entry.folded],
    )


def content_policy(style: str, script: str) -> str:
    """A content security policy under which only this style and this script work, and nothing is fetched."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def page_environment() -> Environment:
    """The templates with the words and shapes they use; everything printed is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("detector.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "shown": wording.shown,
        "line": wording.one_line,
        "clip": wording.clipped,
        "link": wording.web_link,
        "day": wording.day,
        "moment": wording.moment_words,
        "iso": wording.iso,
        "counted": wording.count_words,
        "listed": wording.listed,
        "pieces": wording.pieces,
        "quoted": wording.quoted,
        "capital": wording.capital,
    }
    environment.globals |= {
        "KIND": wording.KIND_WORDS,
        "LANE": wording.LANE_WORDS,
        "LANE_MEANING": wording.LANE_MEANING,
        "OPEN_WORDINGS": OPEN_WORDINGS,
        "PAIRS": PAIRS,
        "CONTEXT": CONTEXT,
        "sureness": wording.sureness,
        "outlet_words": wording.outlet_words,
        "span_words": wording.span_words,
        "repeats": wording.repeats_statement,
        "telling": wording.telling,
        "waterfall": waterfall_of,
        "compared": compared_statements,
        "same_owner": same_owner,
        "CHANGE": wording.CHANGE_WORDS,
        "LISTED": LISTED,
        "OPEN_REVISIONS": OPEN_REVISIONS,
        "REVISIONS": REVISIONS,
        "SENTENCES": SENTENCES,
        "ADDED": ADDED,
        "since_words": since_words,
        "sum_words": sum_words,
        "decision_words": wording.decision_words,
        "change_words": wording.change_words,
        "badge_words": wording.badge_words,
        "vote_words": wording.vote_words,
        "evidence_words": wording.evidence_words,
        "decision_marks": decision_marks,
        "glance_words": glance_words,
        "revised": revised_pieces,
    }
    return environment


@dataclass(frozen=True, slots=True)
class Bar:
    """One factor of the waterfall: from where to where it takes the score, in percent of the width drawn."""

    name: str
    reason: str
    value: float
    weight: float
    contribution: float
    left: float
    width: float


def waterfall_of(entry: Entry) -> tuple[Bar, ...]:
    """A bar a factor, each starting where the one before it ended."""
    reached = [0.0]
    for factor in entry.factors:
        reached.append(reached[-1] + factor.contribution)
    low, high = min(reached), max(reached)
    scale = 100 / ((high - low) or 1.0)
    return tuple(
        Bar(
            name=factor.name,
            reason=factor.reason,
            value=factor.value,
            weight=factor.weight,
            contribution=round(factor.contribution, 6) + 0.0,  # no minus zero
            left=round((min(start, end) - low) * scale, 2),
            width=round(abs(end - start) * scale, 2),
        )
        for factor, start, end in zip(entry.factors, reached, reached[1:], strict=False)
    )


@dataclass(frozen=True, slots=True)
class Matrix:
    """Outlets against each other; `cells[row][column]` is None on the diagonal and where nothing is known."""

    outlets: tuple[str, ...]
    cells: tuple[tuple[OutletPair | None, ...], ...]
    heat: tuple[tuple[str, ...], ...]
    left_out: int


def matrix_of(report: Report) -> Matrix:
    """How often each two outlets differ and agree; those that meet most stand next to each other."""
    known = {frozenset((pair.left, pair.right)): pair for pair in report.outlet_pairs}
    partaking = {name for pair in report.outlet_pairs for name in (pair.left, pair.right)}
    names = _neighbours_together([outlet.name for outlet in report.outlets if outlet.name in partaking], known)
    kept = tuple(names[:MATRIX_OUTLETS])
    cells = tuple(tuple(known.get(frozenset((row, column))) for column in kept) for row in kept)
    most = max((pair.differ + pair.agree for pair in report.outlet_pairs), default=1)
    heat = tuple(tuple(_heat(cell, most) for cell in row) for row in cells)
    return Matrix(outlets=kept, cells=cells, heat=heat, left_out=len(names) - len(kept))


def _neighbours_together(names: Sequence[str], known: Mapping[frozenset[str], OutletPair]) -> list[str]:
    """The names in an order that lets each follow one it meets often; the first of those left starts anew."""
    meetings: dict[str, Counter[str]] = {name: Counter() for name in names}
    for pair in known.values():
        meetings[pair.left][pair.right] = meetings[pair.right][pair.left] = pair.differ + pair.agree
    waiting, placed = dict.fromkeys(names), []
    met: Counter[str] = Counter()
    while waiting:
        follows = max(waiting, key=lambda name: met[name])
        del waiting[follows]
        placed.append(follows)
        met += meetings[follows]
    return placed


def _heat(pair: OutletPair | None, most: int) -> str:
    """Class of a cell: d for mostly differing, a for mostly agreeing, 1 to 4 by how often the two meet."""
    if pair is None:
        return ""
    share = (pair.differ + pair.agree) / most
    step = 1 + sum(share > bound for bound in (0.25, 0.5, 0.75))
    return f"{'d' if pair.differ >= pair.agree else 'a'}{step}"


@dataclass(frozen=True, slots=True)
class Dot:
    """One article on its row, in percent of the time shown."""

    publication: Publication
    place: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Who published when on one topic: rows of outlets, first publication first; undated articles apart."""

    topic: ShownTopic
    rows: tuple[tuple[str, tuple[Dot, ...]], ...]
    ticks: tuple[str, ...]
    undated: tuple[Publication, ...]


def timeline_of(topic: ShownTopic) -> Timeline:
    dated = [(one, one.article.published_at) for one in topic.publications if one.article.published_at]
    times = [moment for _, moment in dated]
    rows: dict[str, list[Dot]] = {}
    if times:
        first, last = min(times), max(times)
        for publication, moment in dated:
            rows.setdefault(publication.outlet, []).append(Dot(publication, _place(moment, first, last)))
    return Timeline(
        topic=topic,
        rows=tuple((outlet, tuple(dots)) for outlet, dots in rows.items()),
        ticks=_ticks(min(times), max(times)) if times else (),
        undated=tuple(one for one in topic.publications if one.article.published_at is None),
    )


def _place(moment: datetime, first: datetime, last: datetime) -> float:
    """Where a moment stands, in percent, with a margin so that no dot is cut; the middle when all are at once."""
    length = (last - first).total_seconds()
    return round(4 + 92 * (moment - first).total_seconds() / length, 2) if length else 50.0


def _ticks(first: datetime, last: datetime) -> tuple[str, ...]:
    """The ends of the time shown: days, or times of day where the days would tell too little."""
    if first == last:
        return (wording.moment_words(first),)
    words = wording.moment_words if last - first < timedelta(days=3) else wording.day
    return (words(first), words(last))


def compared_statements(entry: Entry, pair: ShownPair) -> tuple[ShownStatement | None, ShownStatement | None]:
    """The two statements of a pair, None for one that is shown on no side."""
    known = {one.statement_id: one for side in entry.sides for one in side.statements}
    return known.get(pair.left_id), known.get(pair.right_id)


def same_owner(articles: Sequence[Article]) -> tuple[str, ...]:
    """Owners that stand behind more than one of the outlets."""
    outlets: dict[str, set[str]] = {}
    for article in articles:
        if article.owner:
            outlets.setdefault(article.owner, set()).add(article.outlet_id)
    return tuple(sorted(owner for owner, known in outlets.items() if len(known) > 1))


def revised_pieces(text: str, spans: Sequence[Span]) -> list[tuple[str, bool]]:
    """A sentence cut into (shown text, differs from its other wording); what is very long is shortened."""
    return [
        (part if len(part) <= PIECE else f"{part[: PIECE // 2]} … {part[-PIECE // 2 :]}", marked)
        for part, marked in wording.cut(text, spans)
    ]


def decision_marks(entry: Entry) -> tuple[str, ...]:
    """The values of the filter on decisions that keep the entry."""
    if entry.decision is None:
        return ("open",)
    marks = (entry.decision.latest.decision, entry.decision.status)
    return (*marks, "disputed") if entry.decision.disputed else marks


def glance_words(entry: Entry) -> str:
    """News and decision of an entry in a word or two; empty for neither."""
    words = [wording.CHANGE_WORDS[entry.change.state].lower()] if entry.change and entry.change.is_news else []
    if entry.decision:
        words.append("disputed" if entry.decision.disputed else entry.decision.latest.decision)
    return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a filter: its value on the page, its words, and how many entries it keeps."""

    value: str
    words: str
    count: int


def _filters(report: Report) -> dict[str, tuple[Choice, ...]]:
    """The options of each filter; those that would keep nothing are left out."""
    entries = report.entries
    choices = {
        "lane": [
            Choice(lane, words, sum(entry.lane == lane for entry in entries))
            for lane, words in wording.LANE_WORDS.items()
        ],
        "kind": [
            Choice(kind, words, sum(entry.kind == kind for entry in entries))
            for kind, words in wording.KIND_WORDS.items()
        ],
        "outlet": [
            Choice(
                row.outlet_id,
                row.name,
                sum(any(row.outlet_id in side.outlet_ids for side in one.sides) for one in entries),
            )
            for row in sorted(report.outlets, key=lambda row: row.name.casefold())
        ],
        "topic": [
            Choice(topic.topic_id, topic.label, len(topic.ranks))
            for topic in report.topics
            if topic.topic_id is not None
        ],
    }
    choices["change"] = [
        Choice(state, words, sum(bool(one.change and one.change.state == state) for one in entries))
        for state, words in wording.CHANGE_WORDS.items()
    ]
    choices["decision"] = [
        Choice(mark, words, sum(mark in decision_marks(one) for one in entries))
        for mark, words in wording.MARK_WORDS.items()
    ]
    return {name: tuple(one for one in options if one.count) for name, options in choices.items()}


def _drawn(topics: Sequence[ShownTopic]) -> list[ShownTopic]:
    """Topics worth a drawing: two dated articles or more, those of the first entries before others.

    Articles of no topic have no time in common and are drawn only when there are no topics.
    """
    known = [topic for topic in topics if topic.topic_id is not None] or topics
    dated = [topic for topic in known if sum(bool(one.article.published_at) for one in topic.publications) > 1]
    return dated[:TIMELINES]


@cache
def _asset(name: str) -> str:
    from importlib.resources import files

    return files("detector.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
