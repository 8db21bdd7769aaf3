"""The report as one frozen value: what a reader sees, in the order a reader sees it. Writers only lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from detector.records import (
    Article,
    Gate,
    Kind,
    Lane,
    Modality,
    Probs,
    Relation,
    Run,
    ScoreFactor,
    Stance,
    StatementForm,
)

Span = tuple[int, int]

STANCES: tuple[Stance, ...] = get_args(Stance)
"""The scale, from one end to the other."""


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

    `places` says where each of its outlets stands on the scale; it is empty where the conflict is not about a decision.
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
class Entry:
    """One ranked question on which outlets differ."""

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
