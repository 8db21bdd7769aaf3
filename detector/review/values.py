"""What the desk shows and takes, as values: every page and every answer of the API is made of these.

Texts are safe to print once escaped: nothing in them reorders or hides what follows. Times are UTC; `*_words` and `when`
are for people. Ids match `ID_PATTERN`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from detector.records import Decision, Kind, Lane, Modality, RejectReason, Relation, Stance, StatementForm
from detector.report.wording import shown

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$"
MAX_NOTE = 4_000
MAX_CLAIM = 500
MAX_SEARCH = 200
MAX_INTRODUCTION = 20_000
MAX_CHOSEN = 500
"""Conflicts of one exported report."""
MAX_PAGE_SIZE = 200

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Outlet = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$")]


def _storable(text: str) -> str:
    """Half a surrogate pair can neither be stored nor sent."""
    return shown(text.encode("utf-8", "replace").decode("utf-8")).strip()


Note = Annotated[str, StringConstraints(max_length=MAX_NOTE), AfterValidator(_storable)]

QueueState = Literal["todo", "open", "decided", "stale", "disputed", "all"]
"""todo: open or stale. stale: decided, but the evidence changed since. disputed: reviewers decided differently."""
StandingState = Literal["open", "decided", "stale"]
Order = Literal["rank", "newest", "changed"]
ExportFormat = Literal["html", "md", "docx", "csv", "json", "claimreview"]


class Value(BaseModel):
    """Frozen, and nothing in it that is not named here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Value):
    """What went wrong, in one line."""

    error: str = Field(examples=["c1: no conflict of this id in the last run; open the queue to see them"])


class Piece(Value):
    """A part of a text; `marked` where it carries the difference."""

    text: str
    marked: bool = False


class Choice(Value):
    """One value of a filter, its words, and how many conflicts it would show with the other filters as they are."""

    value: str
    words: str
    count: int
    chosen: bool = False


class QueueFilters(Value):
    """What the queue is narrowed to; dates are of the newest statement of a conflict, both ends included."""

    state: QueueState = "todo"
    decision: Decision | None = None
    lane: Lane | None = None
    kind: Kind | None = None
    outlet: Outlet | None = Field(None, description="Outlet id.")
    topic: Id | None = Field(None, description="Topic id.")
    reviewer: Annotated[str, StringConstraints(max_length=80)] | None = None
    since: date | None = None
    until: date | None = None
    q: Annotated[str, StringConstraints(max_length=MAX_SEARCH)] = Field("", description="All of these words occur.")
    changed: bool = Field(False, description="Only what is new or changed since the reviewer last looked.")
    order: Order = "rank"
    page: int = Field(1, ge=1, le=100_000)
    size: int = Field(50, ge=1, le=MAX_PAGE_SIZE)


class ReviewSummary(Value):
    """Where a conflict stands among its reviewers."""

    state: StandingState = "open"
    decision: Decision | None = Field(None, description="What stands; null where nothing or no one thing stands.")
    reason: RejectReason | None = None
    words: str = Field("", examples=["Rejected: model error, by Ada"])
    reviewers: tuple[str, ...] = ()
    disputed: bool = Field(False, description="Reviewers decided differently.")
    notes: int = 0
    corrections: int = Field(0, description="Splits, moves and merges that stand.")
    duplicate_of: str | None = None
    decided_at: datetime | None = None
    when: str = ""
    mine: Decision | None = Field(None, description="The standing decision of the reviewer who asks.")


class SideLine(Value):
    """One side in a line of the queue."""

    label: str
    position: str
    outlets: tuple[str, ...]
    origins: int
    stance: Stance | None = None


class QueueEntry(Value):
    conflict_id: str
    rank: int
    score: float
    probability: float
    question: str
    kind: Kind
    kind_words: str
    lane: Lane
    lane_words: str
    topic_id: str | None
    topic: str | None
    outlets: tuple[str, ...]
    sides: tuple[SideLine, ...]
    earliest: datetime | None
    newest: datetime | None
    dates: str
    review: ReviewSummary
    new: bool = Field(False, description="Not there when the reviewer last looked.")
    changed: bool = Field(False, description="Its evidence or its reviews changed since the reviewer last looked.")


class Facets(Value):
    """Counts for each filter value, each as if that filter alone were changed."""

    states: tuple[Choice, ...]
    decisions: tuple[Choice, ...]
    lanes: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    outlets: tuple[Choice, ...]
    topics: tuple[Choice, ...]
    reviewers: tuple[Choice, ...]


class SinceLook(Value):
    """What happened since this reviewer last looked; `at` is null at the first time."""

    at: datetime | None
    when: str
    new: int
    changed: int
    gone: int = Field(description="Conflicts of then that the run of today no longer has.")
    decided_by_others: int
    words: str = Field(examples=["Since yesterday 18:02: 3 new, 2 changed, 5 decided by others"])


class RunLine(Value):
    """The run that is shown."""

    run_id: str
    finished_at: datetime | None
    when: str
    articles: int
    outlets: int
    statements: int
    conflicts: int


class QueuePage(Value):
    entries: tuple[QueueEntry, ...]
    total: int = Field(description="Conflicts that pass the filters.")
    all: int = Field(description="Conflicts of the run.")
    page: int
    pages: int
    size: int
    previous: int | None = Field(description="Number of the page before.")
    next: int | None = Field(description="Number of the page after.")
    filters: QueueFilters
    facets: Facets
    look: SinceLook
    run: RunLine | None = Field(description="Null where no run has succeeded yet.")
    reviews: int = Field(
        0, description="Reviews taken in: another number in RunProgress means that somebody recorded one."
    )


class StatementView(Value):
    """A statement with the paragraph around it and where it stands."""

    statement_id: str
    text: str
    pieces: tuple[Piece, ...]
    before: str
    after: str
    outlet_id: str
    outlet: str
    owner: str | None
    outlet_guessed: bool
    author: str | None
    title: str | None
    published_at: datetime | None
    published: str
    speaker: str | None
    via: str | None
    modality: Modality
    form: StatementForm
    telling: tuple[str, ...] = Field(description="How it is told, in words: headline, speaker, reserve.")
    url: str | None = Field(description="Only where it is a plain http(s) address.")
    article_id: str
    revision: int
    edited: bool = Field(False, description="The article has a newer revision than the one shown.")
    new: bool = Field(False, description="Not among what was seen at the last decision.")


class Wording(Value):
    """Word-for-word copies of one statement; shown as the first, the others one click away."""

    first: StatementView
    copies: tuple[StatementView, ...] = ()


class SideView(Value):
    label: str
    place: int = Field(description="From 0, in the order shown.")
    side_id: str = Field(description="Exemplar statement: what `to_side` of a move names.")
    position: str
    repeats: bool = Field(description="The position only says a statement again: it need not be shown.")
    stance: Stance | None
    outlet_ids: tuple[str, ...]
    outlets: tuple[str, ...]
    origins: int
    outlet_words: str
    wordings: tuple[Wording, ...]


class ScaleStep(Value):
    """A step from rejected to accepted, with the outlets and the labels of the sides that stand on it."""

    stance: Stance
    outlets: tuple[str, ...]
    sides: tuple[str, ...]


class TimelinePoint(Value):
    """One article; `place` is percent of the time shown, null for one without a date."""

    article_id: str
    revision: int
    outlet: str
    title: str | None
    published_at: datetime | None
    published: str
    sides: tuple[str, ...]
    statement_ids: tuple[str, ...]
    place: float | None


class FactorBar(Value):
    """One factor of the rank score; it takes the score from `start` to `end`, drawn at `left` and `width` percent."""

    name: str
    reason: str
    value: float
    weight: float
    contribution: float
    start: float
    end: float
    left: float
    width: float


class GateLine(Value):
    name: str
    passed: bool
    reason: str


class Probabilities(Value):
    entailment: float
    neutral: float
    contradiction: float


class PairView(Value):
    """Two compared statements; `left_side` and `right_side` are labels, null for one that is on no side."""

    pair_id: str
    left_id: str
    right_id: str
    left_side: str | None
    right_side: str | None
    left_text: str
    right_text: str
    relation: Relation
    probability: float
    similarity: float
    rule: str
    kind: Kind
    lane: Lane
    forward: Probabilities
    backward: Probabilities
    gates: tuple[GateLine, ...]


class RelatedConflict(Value):
    conflict_id: str
    rank: int
    question: str
    lane: Lane
    lane_words: str
    why: str = Field(examples=["same topic and 2 of the same statements"])
    review: ReviewSummary


class AgreementView(Value):
    """Statements of several outlets that say the same about the matter of the conflict."""

    agreement_id: str
    position: str
    outlets: tuple[str, ...]
    origins: int
    statements: tuple[StatementView, ...]


class HistoryLine(Value):
    """One record of the conflict, oldest first; `undone` where a later one took it back."""

    review_id: str
    reviewer: str
    action: str
    decision: Decision | None
    reason: RejectReason | None
    words: str = Field(examples=["rejected it: an update"])
    note: str
    created_at: datetime
    when: str
    undone: bool
    mine: bool
    can_undo: bool
    other_id: str | None
    statement_id: str | None


class SeenLine(Value):
    """A statement that came or went since the last decision."""

    statement_id: str
    outlet: str
    text: str
    side: str


class RewordedLine(Value):
    """A sentence that its outlet reworded since."""

    before: SeenLine
    after: SeenLine


class EvidenceChanges(Value):
    """What changed since the last decision; empty lists where nothing did. Reworded sentences are in no other list."""

    changed: bool
    words: str
    added: tuple[SeenLine, ...] = ()
    removed: tuple[SeenLine, ...] = ()
    moved: tuple[SeenLine, ...] = Field((), description="On another side than then; `side` is that of now.")
    reworded: tuple[RewordedLine, ...] = ()
    question_before: str | None = Field(None, description="The question of then, where it was another.")


class ConflictView(Value):
    """Everything of one conflict."""

    conflict_id: str
    evidence_hash: str = Field(description="Sent back with a decision: it is refused when the evidence is another.")
    rank: int
    of: int
    question: str
    kind: Kind
    kind_words: str
    lane: Lane
    lane_words: str
    lane_meaning: str
    score: float
    probability: float
    sureness: str
    note: str
    cautions: tuple[str, ...]
    topic_id: str | None
    topic: str | None
    dates: str
    sides: tuple[SideView, ...]
    scale: tuple[ScaleStep, ...] = Field(description="Empty where no decision is at stake.")
    timeline: tuple[TimelinePoint, ...]
    factors: tuple[FactorBar, ...]
    pairs: tuple[PairView, ...]
    related: tuple[RelatedConflict, ...]
    agreeing: tuple[AgreementView, ...]
    review: ReviewSummary
    history: tuple[HistoryLine, ...]
    changes: EvidenceChanges
    new: bool
    previous_id: str | None = Field(description="The one before under the filters of the call, by rank.")
    next_id: str | None = Field(description="The next one still to do under the filters of the call, by rank.")


class Visitor(Value):
    """Who is asking; `csrf` goes into the header X-CSRF-Token (or the form field csrf_token) of every change."""

    reviewer: str | None = Field(description="Null until a name is given or someone has logged in.")
    csrf: str
    login: Literal["none", "token", "account"] = Field(description="What this desk asks for.")
    allowed: bool = Field(description="May see the desk.")


class LoginRequest(Value):
    """A name and, as the desk asks for it, the start token or the password of the account."""

    name: Annotated[
        str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True), AfterValidator(_storable)
    ]
    secret: Annotated[str, StringConstraints(max_length=400)] = ""


class DecideRequest(Value):
    """A decision on the evidence that was shown."""

    decision: Decision
    reason: RejectReason | None = Field(None, description="Of a rejection; needed there.")
    note: Note = ""
    duplicate_of: Id | None = Field(None, description="Of a duplicate; needed there.")
    evidence_hash: Id

    @model_validator(mode="after")
    def _fits(self) -> DecideRequest:
        if (self.decision == "rejected") != (self.reason is not None):
            raise ValueError("a rejection needs a reason, and only a rejection has one")
        if (self.decision == "duplicate") != (self.duplicate_of is not None):
            raise ValueError("a duplicate names the other conflict, and only a duplicate does")
        return self


def _with_words(text: str) -> str:
    if not text:
        raise ValueError("a note without words; write some")
    return text


class NoteRequest(Value):
    note: Annotated[Note, AfterValidator(_with_words)]


class UndoRequest(Value):
    review_id: Id | None = Field(None, description="The reviewer's last record of the conflict when left out.")


class SplitRequest(Value):
    """Take a statement off its side: it does not belong to this conflict."""

    statement_id: Id
    note: Note = ""


class MoveRequest(Value):
    """Put a statement on another side of the same conflict."""

    statement_id: Id
    to_side: Id = Field(description="`side_id` of the side.")
    note: Note = ""


class MergeRequest(Value):
    """The other conflict is the same question: one conflict from now on."""

    other_id: Id
    note: Note = ""


class Recorded(Value):
    """What was recorded and where the conflict stands now."""

    review_id: str
    conflict_id: str
    review: ReviewSummary
    next_id: str | None = Field(description="The next one still to do, by rank.")
    todo: int
    words: str = Field(examples=["Confirmed."])
    departed: bool = Field(False, description="A correction took the conflict off the list.")
    into: str | None = Field(None, description="The conflict that it is part of now.")


class AskRequest(Value):
    claim: Annotated[str, StringConstraints(min_length=1, max_length=MAX_CLAIM), AfterValidator(_storable)]


class ReportDraft(Value):
    """A report to be made of chosen conflicts, in the order given."""

    title: Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)] = "Where outlets differ"
    introduction: Annotated[str, StringConstraints(max_length=MAX_INTRODUCTION), AfterValidator(_storable)] = ""
    conflict_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MAX_CHOSEN)]
    format: ExportFormat = "html"
    reviews: bool = Field(True, description="With the desk's decisions and notes.")
