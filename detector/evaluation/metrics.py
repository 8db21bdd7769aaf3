"""How a report is scored against a story's gold: overlap, hits, recall and precision at k, decoys, lanes, agreements.

The definition is in corpus/README.md; every function here is pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from detector.errors import InputError
from detector.evaluation.gold import Decoy, Evidence, GoldAgreement, GoldConflict, GoldStory
from detector.records import outlet_id_of

KS = (5, 10, 20)
SHARED_WORDS = 0.6
FEWEST_SHARED = 4
CONFLICT_LANE = "conflict"
_WORD = re.compile(r"\d+(?:[.,:]\d+)*\w*|\w+")


@dataclass(frozen=True, slots=True)
class Said:
    """A text of one outlet as the overlap rule sees it: its words, case and punctuation gone."""

    outlet_id: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a report: a conflict of any lane."""

    rank: int
    lane: str
    kind: str
    question: str
    sides: tuple[tuple[Said, ...], ...]


@dataclass(frozen=True, slots=True)
class Reported:
    """What of a report is scored: its entries in reading order, its agreements."""

    entries: tuple[Entry, ...]
    agreements: tuple[tuple[Said, ...], ...]

    @property
    def conflict_lane(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.lane == CONFLICT_LANE)


@dataclass(frozen=True, slots=True)
class EntryVerdict:
    """What gold says of one entry. `place` counts from 1 within the entry's lane."""

    place: int
    lane: str
    kind: str
    question: str
    hits: tuple[str, ...]
    wrong_lane: tuple[str, ...]
    decoys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StoryScore:
    """A report scored against one gold. `found` holds the place in the conflict lane of the first entry that hits.

    `elsewhere` names the lane of a conflict that only entries of other lanes hit; `first_true` is the place of the first
    entry of any lane that hits. `scale` multiplies every k: with several stories in one store the first k entries of
    each become the first k x stories of all.
    """

    gold: GoldStory
    verdicts: tuple[EntryVerdict, ...]
    found: Mapping[str, int]
    elsewhere: Mapping[str, str]
    wrong_lane: tuple[str, ...]
    decoys: tuple[int, ...]
    agreements: tuple[int, ...]
    first_true: int | None = None
    scale: int = 1

    @property
    def story(self) -> str:
        return self.gold.story

    @property
    def entries(self) -> int:
        """Entries in the conflict lane."""
        return len(self.verdicts)

    def found_within(self, k: int) -> tuple[str, ...]:
        """Ids of the gold conflicts hit by one of the first k entries."""
        return tuple(name for name, place in self.found.items() if place <= k * self.scale)

    def shown_within(self, k: int) -> int:
        return min(k * self.scale, self.entries)

    def true_within(self, k: int) -> int:
        """Entries among the first k that hit a gold conflict."""
        return sum(bool(verdict.hits) for verdict in self.verdicts[: k * self.scale])

    def recall(self, k: int) -> float:
        return ratio(len(self.found_within(k)), len(self.gold.flagged))

    def precision(self, k: int) -> float:
        return ratio(self.true_within(k), self.shown_within(k))


def ratio(part: float, whole: float) -> float:
    """part / whole; NaN when there is nothing to share out."""
    return part / whole if whole else float("nan")


def said(outlet: str, text: str) -> Said:
    straight = text.replace("’", "'").replace("‘", "'").casefold()
    return Said(outlet_id=outlet_id_of(outlet), words=tuple(_WORD.findall(straight)))


def overlaps(statement: Said, quote: Said) -> bool:
    """Same outlet, and either holds the other or they share 60 % of the shorter one's words, at least four."""
    if statement.outlet_id != quote.outlet_id:
        return False
    shorter, longer = sorted((statement.words, quote.words), key=len)
    if not shorter:
        return False
    if any(longer[at : at + len(shorter)] == shorter for at in range(len(longer) - len(shorter) + 1)):
        return True
    shared = (Counter(shorter) & Counter(longer)).total()
    return shared >= FEWEST_SHARED and shared >= SHARED_WORDS * len(shorter)


def stand_apart(sides: Sequence[Iterable[Said]], parts: Sequence[Iterable[Said]]) -> bool:
    """Whether two different sides hold statements that overlap quotes of two different parts."""
    parts = [tuple(part) for part in parts]
    met = [
        {number for number, part in enumerate(parts) if any(overlaps(one, quote) for one in side for quote in part)}
        for side in map(tuple, sides)
    ]
    return any(one and other and len(one | other) > 1 for one, other in combinations(met, 2))


def quotes(evidence: Iterable[Evidence]) -> tuple[Said, ...]:
    return tuple(said(piece.outlet, piece.quote) for piece in evidence)


def hits(entry: Entry, conflict: GoldConflict) -> bool:
    return stand_apart(entry.sides, [quotes(side.evidence) for side in conflict.sides])


def flags(entry: Entry, decoy: Decoy) -> bool:
    return stand_apart(entry.sides, [quotes([half]) for half in decoy.pair])


def agrees(statements: Sequence[Said], agreement: GoldAgreement) -> bool:
    met = [quote for quote in quotes(agreement.evidence) if any(overlaps(one, quote) for one in statements)]
    return len(met) >= 2


def score_report(gold: GoldStory, report: Mapping[str, Any], *, scale: int = 1) -> StoryScore:
    """A report in its JSON form, scored against one gold.

    Raises InputError: the report is not of the form of schema "detector-report/1".
    """
    reported = read_report(report)
    verdicts = tuple(_verdict(place, entry, gold) for place, entry in enumerate(reported.conflict_lane, start=1))
    found: dict[str, int] = {}
    for verdict in verdicts:
        for name in verdict.hits:
            found.setdefault(name, verdict.place)
    return StoryScore(
        gold=gold,
        verdicts=verdicts,
        found=found,
        elsewhere=_elsewhere(gold, reported, found),
        wrong_lane=tuple(sorted({name for verdict in verdicts for name in verdict.wrong_lane})),
        decoys=tuple(sorted({number for verdict in verdicts for number in verdict.decoys})),
        agreements=tuple(
            number
            for number, agreement in enumerate(gold.agreements)
            if any(agrees(statements, agreement) for statements in reported.agreements)
        ),
        first_true=next(
            (
                place
                for place, entry in enumerate(reported.entries, start=1)
                if any(hits(entry, conflict) for conflict in gold.flagged)
            ),
            None,
        ),
        scale=scale,
    )


def _verdict(place: int, entry: Entry, gold: GoldStory) -> EntryVerdict:
    return EntryVerdict(
        place=place,
        lane=entry.lane,
        kind=entry.kind,
        question=entry.question,
        hits=tuple(conflict.id for conflict in gold.flagged if hits(entry, conflict)),
        wrong_lane=tuple(conflict.id for conflict in gold.unflagged if hits(entry, conflict)),
        decoys=tuple(number for number, decoy in enumerate(gold.decoys) if flags(entry, decoy)),
    )


def _elsewhere(gold: GoldStory, reported: Reported, found: Mapping[str, int]) -> dict[str, str]:
    lanes: dict[str, str] = {}
    others = [entry for entry in reported.entries if entry.lane != CONFLICT_LANE]
    for conflict in gold.flagged:
        if conflict.id not in found:
            for entry in others:
                if hits(entry, conflict):
                    lanes.setdefault(conflict.id, entry.lane)
    return lanes


class _Contract(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Article(_Contract):
    outlet: str


class _Statement(_Contract):
    text: str
    article: _Article


class _Side(_Contract):
    statements: tuple[_Statement, ...]


class _Conflict(_Contract):
    rank: int
    sides: tuple[_Side, ...]
    lane: str = CONFLICT_LANE
    kind: str = ""
    question: str = ""


class _Agreement(_Contract):
    statements: tuple[_Statement, ...]


class _Report(_Contract):
    schema_: str = Field(alias="schema", pattern=r"^detector-report/1$")
    conflicts: tuple[_Conflict, ...]
    agreements: tuple[_Agreement, ...] = ()


def read_report(report: Mapping[str, Any]) -> Reported:
    """The scored part of a report in its JSON form, entries by rank.

    Raises InputError: not of that form.
    """
    try:
        contract = _Report.model_validate(report)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the report"
        raise InputError(f"{where}: {first['msg']}; expected a report of schema detector-report/1") from error
    entries = [
        Entry(
            rank=conflict.rank,
            lane=conflict.lane,
            kind=conflict.kind,
            question=conflict.question,
            sides=tuple(_said_all(side.statements) for side in conflict.sides),
        )
        for conflict in contract.conflicts
    ]
    return Reported(
        entries=tuple(sorted(entries, key=lambda entry: entry.rank)),
        agreements=tuple(_said_all(agreement.statements) for agreement in contract.agreements),
    )


def _said_all(statements: Iterable[_Statement]) -> tuple[Said, ...]:
    return tuple(said(statement.article.outlet, statement.text) for statement in statements)
