"""What the desk answers beside the queue and a conflict: articles, claims, figures, runs. See `values.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from detector.records import Stance
from detector.review.values import Choice, RunLine, StatementView, Value

RunState = Literal["idle", "running", "succeeded", "failed"]


class ArticlePiece(Value):
    """A part of an article; `focus` is the statement that was asked for."""

    text: str
    statement_id: str | None = None
    focus: bool = False
    conflict_ids: tuple[str, ...] = ()


class Paragraph(Value):
    is_title: bool = False
    pieces: tuple[ArticlePiece, ...]


class RevisionLine(Value):
    revision: int
    when: str
    characters: int
    shown: bool


class ArticleConflict(Value):
    conflict_id: str
    rank: int
    question: str
    side: str


class ArticleView(Value):
    """A whole article with the statements that conflicts rest on marked."""

    article_id: str
    revision: int
    revisions: tuple[RevisionLine, ...]
    outlet_id: str
    outlet: str
    owner: str | None
    outlet_guessed: bool
    author: str | None
    title: str | None
    published_at: datetime | None
    published: str
    url: str | None
    language: str | None
    paragraphs: tuple[Paragraph, ...]
    conflicts: tuple[ArticleConflict, ...]


AskPosition = Literal["contradicts", "agrees", "hedges", "silent"]


class AskedView(Value):
    """A statement that bears on a claim."""

    position: AskPosition
    probability: float
    stance: Stance | None
    statement: StatementView


class AskStance(Value):
    outlet_id: str
    outlet: str
    position: AskPosition
    probability: float
    stance: Stance | None
    statements: tuple[AskedView, ...]


class AskGroup(Value):
    """The outlets of one position, the most decisive first."""

    position: AskPosition
    words: str
    stances: tuple[AskStance, ...]


class AskView(Value):
    claim: str
    groups: tuple[AskGroup, ...]


class ReviewerLine(Value):
    reviewer: str
    decisions: int
    confirmed: int
    rejected: int
    unclear: int
    duplicate: int
    last_at: datetime | None
    when: str


class Disagreement(Value):
    conflict_id: str
    rank: int | None
    question: str
    decisions: tuple[str, ...] = Field(examples=[["Ada: confirmed", "Ben: rejected (update)"]])


class DepartedLine(Value):
    """A conflict that a correction took off the list; undoing that review brings it back."""

    conflict_id: str
    question: str
    words: str = Field(examples=["Ada merged it into another"])
    into: str | None
    review_id: str
    when: str


class PrecisionLine(Value):
    """Confirmed among confirmed and rejected of one sort; `low` and `high` bound the share (Wilson, 95 %)."""

    of: Literal["all", "kind", "lane", "factor"]
    name: str
    words: str
    confirmed: int
    rejected: int
    rate: float | None
    low: float | None
    high: float | None


class StatsView(Value):
    """Where the desk stands; `alpha` is Krippendorff's, null where fewer than two reviewers share a conflict."""

    run: RunLine | None
    total: int
    todo: int
    decided: int
    stale: int
    disputed: int
    decisions: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    reviewers: tuple[ReviewerLine, ...]
    alpha: float | None
    alpha_words: str
    shared: int = Field(description="Conflicts that two or more reviewers decided.")
    disagreements: tuple[Disagreement, ...]
    days: tuple[Choice, ...] = Field(description="Decisions a day, newest first.")
    departed: tuple[DepartedLine, ...] = ()
    precision: tuple[PrecisionLine, ...] = Field((), description="Sorts with a confirmed or rejected conflict.")


class StageLine(Value):
    stage: str
    words: str
    done: int
    total: int
    finished: bool


class RunProgress(Value):
    """What is known of the run that is going on, or of the last one."""

    state: RunState
    words: str = Field(examples=["Comparing pairs: 1,200 of 5,481"])
    here: bool = Field(description="Started from this desk: stages are known. Else only what the store tells.")
    run_id: str | None = None
    started_at: datetime | None = None
    stages: tuple[StageLine, ...] = ()
    counts: dict[str, int] = Field(default_factory=dict)
    error: str | None = None
    shown_run: str | None = Field(None, description="The run whose conflicts are shown.")
    reviews: int = Field(0, description="Reviews in the store: changes with every decision of anyone.")
