"""The report as one frozen value: what a reader sees, in the order a reader sees it. Writers only lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from detector.changes import ChangeState, SentenceChange, SettledReason
from detector.records import (
    STANCES,
    Article,
    Decision,
    Gate,
    Kind,
    Lane,
    Modality,
    Probs,
    RejectReason,
    Relation,
    Run,
    ScoreFactor,
    Stance,
    StatementForm,
)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement as evidence: `article.text[start:end] == text`, with the sentences around it.

    `highlights` are spans of `text` that carry the difference, sorted and apart from each other.
    """

    statement_id: str
    text: str
    start: int
    end: int
    before: str
    after: str
    highlights: tuple[Span, ...]
    speaker: str | None
    via: str | None
    modality: Modality
    form: StatementForm
    article: Article
    outlet: str


@dataclass(frozen=True, slots=True)
class ShownSide:
    """One side of a conflict; `label` is A, B, C ... in the order shown.

    `places` says where those of its outlets stand on the scale whose own statements tell it; it is empty where the conflict is not about
    a decision.
    """

    label: str
    position: str
    outlet_ids: tuple[str, ...]
    outlets: tuple[str, ...]
    origins: int
    statements: tuple[ShownStatement, ...]
    stance: Stance | None = None
    places: tuple[tuple[str, Stance], ...] = ()

    @property
    def wordings(self) -> tuple[tuple[ShownStatement, ...], ...]:
        """The statements, word-for-word copies together, in the order shown."""
        same: dict[str, list[ShownStatement]] = {}
        for statement in self.statements:
            same.setdefault(" ".join(statement.text.casefold().split()), []).append(statement)
        return tuple(tuple(copies) for copies in same.values())


@dataclass(frozen=True, slots=True)
class ShownPair:
    """Two compared statements of one entry and everything known of the comparison."""

    pair_id: str
    left_id: str
    right_id: str
    similarity: float
    rule: str
    forward: Probs
    backward: Probs
    probability: float
    relation: Relation
    kind: Kind
    lane: Lane
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class ShownVote:
    """What one reviewer decided."""

    reviewer: str
    decision: Decision
    reason: RejectReason | None
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangedEvidence:
    """One thing that is not as a reviewer saw it; `before` is missing for what was added, `after` for what is gone."""

    what: Literal["added", "removed", "reworded", "moved"]
    outlet: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """The latest standing decision on an entry, and every reviewer's own in `votes`.

    Stale: the evidence has changed since, as `changed` tells. Folded: the entry belongs at the end of the list.
    """

    latest: ShownVote
    status: Literal["decided", "stale"]
    disputed: bool
    votes: tuple[ShownVote, ...]
    changed: tuple[ChangedEvidence, ...] = ()
    duplicate_of: str | None = None
    duplicate_rank: int | None = None
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A note that a reviewer left on an entry without deciding it."""

    reviewer: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ShownEdit:
    """A sentence that an outlet edited, with the article as it is now."""

    article: Article
    outlet: str
    sentence: SentenceChange


@dataclass(frozen=True, slots=True)
class ShownChange:
    """What became of an entry since the run compared with; `says` tells it in full sentences.

    `joined` and `left` hold the side's label and the outlet's name; the label is empty for a side that is no more.
    """

    state: ChangeState
    rank_before: int | None
    says: tuple[str, ...]
    joined: tuple[tuple[str, str], ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    edits: tuple[ShownEdit, ...] = ()
    lane_before: Lane | None = None
    related_id: str | None = None

    @property
    def is_news(self) -> bool:
        """Whether the entry itself is new or changed, not only its place in the list."""
        return self.state in ("new", "grown", "shrunk", "edited")


@dataclass(frozen=True, slots=True)
class FormerSide:
    """A side of a question that is settled; gone: none of its sentences stands as it was."""

    position: str
    outlets: tuple[str, ...]
    gone: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """A question of the earlier run that is none any more, and why."""

    conflict_id: str
    rank_before: int
    question: str
    kind: Kind
    lane: Lane
    reason: SettledReason
    says: tuple[str, ...]
    sides: tuple[FormerSide, ...]
    edits: tuple[ShownEdit, ...]
    related_id: str | None
    related_rank: int | None
    decision: ShownDecision | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """An article whose text was edited since; without sentences only their order or spacing changed, or, when it reads
    `as_before`, it was edited and then put back."""

    article: Article
    outlet: str
    revision_before: int
    read_at: datetime | None
    sentences: tuple[SentenceChange, ...]
    as_before: bool = False

    @property
    def remark(self) -> str:
        """What to say where there are no sentences to show."""
        if self.as_before:
            return "It was changed in between and reads as before again."
        return "Only the order or the spacing of its sentences changed."


@dataclass(frozen=True, slots=True)
class ShownChanges:
    """What is different since an earlier run; what became of each entry stands with the entry.

    `cautions` tell what else than the articles may have made a difference, and what is not known.
    """

    since: Run
    counts: dict[str, int]
    settled: tuple[Settled, ...]
    added: tuple[tuple[Article, str], ...]
    revisions: tuple[Revision, ...]
    setup: tuple[str, ...]
    complete: bool
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One ranked question on which outlets differ.

    `change` is None where nothing was compared with, `decision` where no decision stands.
    """

    conflict_id: str
    rank: int
    score: float
    kind: Kind
    lane: Lane
    question: str
    note: str
    topic_id: str | None
    topic: str | None
    sides: tuple[ShownSide, ...]
    pairs: tuple[ShownPair, ...]
    factors: tuple[ScoreFactor, ...]
    cautions: tuple[str, ...]
    earliest: datetime | None
    newest: datetime | None
    change: ShownChange | None = None
    decision: ShownDecision | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def folded(self) -> bool:
        """Whether reviewers set it aside: it is listed at the end."""
        return self.decision is not None and self.decision.folded

    @property
    def outlets(self) -> tuple[str, ...]:
        return tuple(sorted({name for side in self.sides for name in side.outlets}, key=str.casefold))

    @property
    def scale(self) -> tuple[tuple[Stance, tuple[str, ...]], ...]:
        """Every step from rejected to accepted with the outlets on it; empty where no decision is at stake."""
        places = [place for side in self.sides for place in side.places]
        if not places:
            return ()
        return tuple((step, tuple(name for name, stance in places if stance == step)) for step in STANCES)

    @property
    def probability(self) -> float:
        """Contradiction probability of the strongest pair; 0 when no pair is known."""
        return max((pair.probability for pair in self.pairs if pair.relation == "contradicts"), default=0.0)


@dataclass(frozen=True, slots=True)
class ShownAgreement:
    """Statements of two or more outlets that say the same."""

    agreement_id: str
    position: str
    outlets: tuple[str, ...]
    outlet_ids: tuple[str, ...]
    origins: int
    score: float
    statements: tuple[ShownStatement, ...]


@dataclass(frozen=True, slots=True)
class OutletRow:
    """One outlet: how much it published and where it takes part."""

    outlet_id: str
    name: str
    owner: str | None
    guessed: bool
    articles: int
    entries: int
    agreements: int


@dataclass(frozen=True, slots=True)
class OutletPair:
    """How often two outlets stand on different sides (conflict lane) and say the same; left sorts before right."""

    left: str
    right: str
    differ: int
    agree: int


@dataclass(frozen=True, slots=True)
class Publication:
    """One article on the timeline and the ranks of the entries it takes part in."""

    article: Article
    outlet: str
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShownTopic:
    """One matter: its articles by date (undated last) and the entries about it; topic_id None holds the rest."""

    topic_id: str | None
    label: str
    statements: int
    publications: tuple[Publication, ...]
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything any writer needs."""

    run: Run
    entries: tuple[Entry, ...]
    agreements: tuple[ShownAgreement, ...]
    topics: tuple[ShownTopic, ...]
    outlets: tuple[OutletRow, ...]
    outlet_pairs: tuple[OutletPair, ...]
    article_count: int
    earliest: datetime | None
    newest: datetime | None
    notes: tuple[str, ...]
    changes: ShownChanges | None = None

    def changed(self, *states: ChangeState) -> tuple[Entry, ...]:
        """The entries of these states, by rank."""
        return tuple(entry for entry in self.entries if entry.change and entry.change.state in states)
