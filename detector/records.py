"""The domain's records: frozen values with their ids and invariants. Times are UTC."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args

NLI_LABELS = ("entailment", "neutral", "contradiction")

MUTUAL_RULE = "mutual"
"""The blocking rule of pairs of which each statement is the nearest to the other in its article."""
QUOTE_RULE = "same-words"
"""The blocking rule of pairs that quote the same words from two named speakers."""

StatementForm = Literal["headline", "sentence", "quote", "bullet"]
Modality = Literal[
    "asserted", "reported", "likely", "possible", "unlikely", "conditional", "planned", "denied", "uncertain"
]
Lane = Literal["conflict", "update", "forecast", "dispute"]
Kind = Literal[
    "negation", "number", "date", "place", "person", "cause", "outcome", "attribution", "antonym", "implicit"
]
Relation = Literal["contradicts", "agrees", "none"]
Stance = Literal["rejected", "unlikely", "undecided", "open", "accepted"]
STANCES: tuple[Stance, ...] = get_args(Stance)
"""The scale, from one end to the other."""
RunStatus = Literal["running", "succeeded", "failed"]
Decision = Literal["confirmed", "rejected", "unclear", "duplicate"]
RejectReason = Literal["not-same-matter", "update", "quote", "numbers-compatible", "model-error", "other"]
SourceKind = Literal["article", "feed", "opml", "sitemap", "index"]
ReviewAction = Literal["decide", "note", "undo", "split", "move", "merge"]


def digest(*parts: object, length: int = 16) -> str:
    """Hex digest of the parts; a separator keeps ("ab", "c") and ("a", "bc") apart."""
    joined = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher; outlets of one owner are not independent."""

    outlet_id: str
    name: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One published text in one revision. `text` starts with the title as its first line when there is one.

    `wire` is the agency that it credits, as the registry of outlets knew it when it was read.
    """

    article_id: str
    outlet_id: str
    outlet: str
    text: str
    text_hash: str
    revision: int = 1
    title: str | None = None
    url: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    path: str | None = None
    owner: str | None = None
    outlet_guessed: bool = False
    wire: str | None = None

    def __post_init__(self) -> None:
        _require(bool(self.article_id and self.outlet_id and self.text), "an article needs an id, an outlet and text")
        _require(self.revision >= 1, f"revision is {self.revision}, expected 1 or more")
        if self.published_at is not None:
            _require(self.published_at.tzinfo is not None, "published_at must carry a time zone")
            object.__setattr__(self, "published_at", self.published_at.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing in a statement; `key` is the same for its aliases ("Putin", "the Russian president")."""

    text: str
    label: str
    key: str


MeasureSort = Literal["", "count", "level", "change", "share", "chance"]


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number measures, as the parse tells it; empty where it does not.

    `thing` is the lemma of the noun, `kinds` the words that say which of its kind ("used car" prices), `act` the verb that tells
    it, `over` how long a change took ("year"), `since` the months it is counted from, `moment` a part of a year or "now",
    `part` that it counts some of a larger number ("including two children"), `known` that it names some told of before ("the
    two states").
    """

    thing: str = ""
    kinds: tuple[str, ...] = ()
    sort: MeasureSort = ""
    act: str = ""
    over: str = ""
    months: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    since: tuple[str, ...] = ()
    moment: str = ""
    countries: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    part: bool = False
    known: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a named thing: low and high bound it ("at least 5" has high = inf), unit is
    "count", "percent", a currency code or a unit of measure; noun is the lemma of the thing counted; measure is None
    where no parse was at hand, as in stores of earlier versions."""

    text: str
    low: float
    high: float
    unit: str = "count"
    noun: str = ""
    approximate: bool = False
    measure: Measure | None = None

    def __post_init__(self) -> None:
        _require(not math.isnan(self.low) and self.low <= self.high, f"quantity {self.text!r} has low > high")


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A date or time in a statement, resolved against the publication time where that is known.

    `clock_only`: a time of day on a day that the statement does not name; only the hours and minutes of both ends count.
    """

    text: str
    earliest: datetime | None = None
    latest: datetime | None = None
    clock_only: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence-sized span: `article.text[start:end] == text`, inside the context span shown as evidence.

    `wording` is what is embedded and scored: `text` normalised and made self-contained; `text_hash` is its hash.
    `speaker` is who asserts it, None for the outlet itself; `via` is the outlet it was taken from ("Reuters").
    `claim_gate` names why it is not a checkable claim, None when it is one.
    `question` is the yes/no question it answers ("Did the rebels sign the document?"), empty when none reads well.
    """

    statement_id: str
    article_id: str
    revision: int
    outlet_id: str
    position: int
    start: int
    end: int
    text: str
    wording: str
    text_hash: str
    form: StatementForm
    context_start: int
    context_end: int
    speaker: str | None = None
    via: str | None = None
    modality: Modality = "asserted"
    negated: bool = False
    tense: Literal["past", "present", "future", ""] = ""
    claim_score: float = 1.0
    claim_gate: str | None = None
    entities: tuple[Entity, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    times: tuple[TimeMention, ...] = ()
    lemmas: tuple[str, ...] = ()
    question: str = ""

    def __post_init__(self) -> None:
        _require(0 <= self.context_start <= self.start < self.end <= self.context_end, "statement span out of order")
        _require(self.end - self.start == len(self.text), "statement text and span differ in length")
        _require(0.0 <= self.claim_score <= 1.0, f"claim_score {self.claim_score} is not in 0..1")


@dataclass(frozen=True, slots=True)
class Topic:
    """A cluster of statements about one matter; statements of no cluster have no topic."""

    topic_id: str
    label: str
    statement_ids: tuple[str, ...]
    article_ids: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return len(self.statement_ids)


@dataclass(frozen=True, slots=True)
class Participant:
    """What blocking needs to know of a statement that is embedded and compared.

    `keys` are its names and measures ("name …", "measure …"), `claim` its check-worthiness, below 0 when it asserts nothing
    checkable, `quoted` the words of a quotation of a named speaker.
    """

    statement_id: str
    text_hash: str
    keys: tuple[str, ...] = ()
    claim: float = 1.0
    quoted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """What a run needs of an article without reading its statements again.

    `participants` are by statement id, `names` their entity keys, `terms` how many of them use each telling word, `gates`
    how many statements each gate stopped.
    """

    article_id: str
    revision: int
    outlet_id: str
    statements: int
    claims: int
    participants: tuple[Participant, ...] = ()
    names: tuple[str, ...] = ()
    terms: dict[str, int] = field(default_factory=dict)
    gates: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """Two statements of different outlets kept by blocking, with the rule that kept them."""

    pair_id: str
    left_id: str
    right_id: str
    similarity: float
    rule: str

    def __post_init__(self) -> None:
        _require(self.left_id < self.right_id, "a pair needs left_id < right_id")


@dataclass(frozen=True, slots=True)
class Probs:
    """NLI probabilities, always in this order; they sum to 1."""

    entailment: float
    neutral: float
    contradiction: float

    def __post_init__(self) -> None:
        total = self.entailment + self.neutral + self.contradiction
        _require(abs(total - 1.0) < 1e-3, f"probabilities sum to {total:.4f}, expected 1")

    def tempered(self, temperature: float) -> Probs:
        """The same logits divided by `temperature`."""
        logits = [math.log(max(p, 1e-12)) / temperature for p in (self.entailment, self.neutral, self.contradiction)]
        top = max(logits)
        weights = [math.exp(value - top) for value in logits]
        return Probs(*(weight / sum(weights) for weight in weights))


@dataclass(frozen=True, slots=True)
class PairScore:
    """Raw scores of a pair: forward is left as premise and right as hypothesis."""

    pair_id: str
    scorer_id: str
    forward: Probs
    backward: Probs


@dataclass(frozen=True, slots=True)
class Gate:
    """One named check of a pair or a statement, and why it passed or stopped."""

    name: str
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PairFinding:
    """What is made of a scored pair: its relation, how likely it excludes, every gate it met, how likely it agrees."""

    pair: CandidatePair
    score: PairScore
    relation: Relation
    probability: float
    lane: Lane
    kind: Kind
    gates: tuple[Gate, ...] = ()
    agreement: float = 0.0


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """What the store keeps of a pair judged by itself: all but its scores, which are in their cache, and its gates but the first
    that failed, `stopped_by`."""

    pair: CandidatePair
    relation: Relation
    probability: float
    agreement: float
    lane: Lane
    kind: Kind
    stopped_by: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """Statements of one conflict that agree; `position` is what they say, in words one can read.

    `stance` is its place on the scale from rejected to accepted, None where the conflict is not about a decision.
    """

    position: str
    statement_ids: tuple[str, ...]
    outlet_ids: tuple[str, ...]
    origin_count: int
    exemplar_id: str
    stance: Stance | None = None


def reading_order(sides: Sequence[Side], names: Sequence[tuple[str, ...]]) -> list[int]:
    """Places of the sides in the order in which people read them: along the scale where each stands on it, else most independent
    origins first; then by the names of their outlets, `names[i]` those of `sides[i]`."""
    on_scale = all(side.stance is not None for side in sides)

    def key(place: int) -> tuple[int, int, tuple[str, ...]]:
        stance = sides[place].stance
        return STANCES.index(stance) if on_scale and stance else 0, -sides[place].origin_count, names[place]

    return sorted(range(len(sides)), key=key)


@dataclass(frozen=True, slots=True)
class ScoreFactor:
    """One named part of a rank score: contribution = value * weight."""

    name: str
    value: float
    weight: float
    reason: str = ""

    @property
    def contribution(self) -> float:
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class Conflict:
    """One question on which outlets differ. The rank score is the sum of the factors' contributions."""

    conflict_id: str
    question: str
    kind: Kind
    lane: Lane
    sides: tuple[Side, ...]
    pair_ids: tuple[str, ...]
    factors: tuple[ScoreFactor, ...]
    evidence_hash: str
    topic_id: str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        _require(len(self.sides) >= 2, "a conflict needs two sides or more")
        _require(len(self.pair_ids) >= 1, "a conflict needs a contradicting pair")

    @property
    def score(self) -> float:
        return math.fsum(factor.contribution for factor in self.factors)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Statements of two or more outlets that say the same."""

    agreement_id: str
    position: str
    statement_ids: tuple[str, ...]
    outlet_ids: tuple[str, ...]
    origin_count: int
    score: float


@dataclass(frozen=True, slots=True)
class SeenStatement:
    """A statement as a reviewer saw it; `side` counts the sides from 0 in the order shown."""

    side: int
    statement_id: str
    outlet_id: str
    text_hash: str
    text: str
    article_id: str = ""
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Review:
    """What one person recorded of one conflict; append-only, so an undo is a review that names the undone one.

    `other_id` is a conflict for "duplicate" and "merge", a review for "undo"; `statement_id` is what "split" and "move"
    are about, `to_side` an exemplar statement of the side that "move" puts it on. `seen` is the evidence of that moment,
    `other_seen` that of the other conflict; kind, lane and factors (name and value) are those of the conflict then.
    """

    review_id: str
    conflict_id: str
    reviewer: str
    created_at: datetime
    action: ReviewAction = "decide"
    decision: Decision | None = None
    reason: RejectReason | None = None
    note: str = ""
    other_id: str | None = None
    statement_id: str | None = None
    to_side: str | None = None
    question: str = ""
    evidence_hash: str = ""
    seen: tuple[SeenStatement, ...] = ()
    other_seen: tuple[SeenStatement, ...] = ()
    kind: Kind | None = None
    lane: Lane | None = None
    factors: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        _require(bool(self.reviewer.strip()), "a review needs a reviewer")
        _require((self.action == "decide") == (self.decision is not None), "a decision belongs to the action decide")
        _require(self.reason is None or self.decision == "rejected", "only a rejection has a reason")
        _require(self.action != "undo" or self.other_id is not None, "an undo names the review that it takes back")
        _require(self.created_at.tzinfo is not None, "created_at must carry a time zone")


@dataclass(frozen=True, slots=True)
class Look:
    """When a reviewer last looked at the queue, and what the evidence of each conflict was: a hash by conflict id."""

    reviewer: str
    at: datetime
    run_id: str
    evidence: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a feed, a list of feeds or a sitemap says of an address that it names."""

    url: str
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """What is known of an address: the last answer's validators, so that the next request can be conditional.

    `listed` is what a list named, so that nothing it named is lost when the process dies; of an article, the entry that
    named it. `led_to` is where redirects ended, `article_id` the article it became. `abandoned`: it is not asked for again
    by itself. Status 0: there was no answer.
    """

    url: str
    fetched_at: datetime
    status: int
    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None
    failures: int = 0
    error: str | None = None
    kind: SourceKind = "article"
    listed: tuple[Listed, ...] = ()
    led_to: str | None = None
    article_id: str | None = None
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched answer as it came, kept so that a better extractor can read it again."""

    url: str
    fetched_at: datetime
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of life of a watching process."""

    name: str
    at: datetime
    pid: int
    host: str
    state: str = ""
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of the pipeline. `state_hash` covers articles, settings and models: equal means nothing to do."""

    run_id: str
    started_at: datetime
    status: RunStatus = "running"
    finished_at: datetime | None = None
    state_hash: str = ""
    settings: dict[str, object] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found. `findings` holds the pairs named by conflicts and agreements."""

    topics: tuple[Topic, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    findings: tuple[PairFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that was given and could not be read: where, why, and what to do."""

    path: str
    reason: str
    remedy: str


def outlet_id_of(name: str) -> str:
    """Id of an outlet from its name: letters and digits, lower case, a leading "the" dropped."""
    words = "".join(char if char.isalnum() else " " for char in name.casefold()).split()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return "-".join(words) or "unknown"


def statement_id_of(article_id: str, revision: int, start: int, end: int) -> str:
    return digest("statement", article_id, revision, start, end)


def pair_id_of(left_id: str, right_id: str) -> str:
    return digest("pair", *sorted((left_id, right_id)))


def text_hash_of(text: str) -> str:
    return digest("text", text)


def evidence_hash_of(text_hashes: Iterable[str]) -> str:
    return digest("evidence", *sorted(text_hashes))
