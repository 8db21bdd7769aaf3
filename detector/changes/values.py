"""What a comparison of two runs gives: frozen values, without words for a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from detector.records import Article, Conflict, Lane, Outcome, Run, Statement

ChangeState = Literal["new", "grown", "shrunk", "edited", "moved", "settled", "unchanged"]
CHANGE_STATES: tuple[ChangeState, ...] = get_args(ChangeState)
SettledReason = Literal["edited", "side-gone", "merged", "withdrawn", "not-found"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one run saw and found.

    `revisions` is the revision of each article that the run saw, by article id; empty where that was not kept.
    `statements` holds those that the outcome's conflicts name. `articles`, by id and revision, holds at least the two
    texts of each article whose revision differs between the runs compared, and those that only the later run saw.
    """

    run: Run
    outcome: Outcome
    statements: Mapping[str, Statement]
    revisions: Mapping[str, int]
    articles: Mapping[tuple[str, int], Article] = field(default_factory=dict)
    seen_at: Mapping[tuple[str, int], datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """One sentence of an edited article; the spans are the parts of each text that differ.

    `before` is None for a sentence that was added, `after` for one that was removed.
    """

    before: str | None
    after: str | None
    before_spans: tuple[Span, ...] = ()
    after_spans: tuple[Span, ...] = ()

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True, slots=True)
class RevisedArticle:
    """An article whose text was edited between the runs. No sentences: only their order or spacing changed."""

    before: Article
    after: Article
    sentences: tuple[SentenceChange, ...]
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """An edited sentence that is evidence of a conflict, and the article that it stands in now."""

    article: Article
    sentence: SentenceChange


@dataclass(frozen=True, slots=True)
class SideChange:
    """Who joined and who left one side.

    `place` counts the sides of the later conflict, `place_before` those of the earlier one; None: there is no such side.
    """

    place: int | None
    place_before: int | None
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConflictChange:
    """What became of one conflict between two runs.

    `conflict` is the later one, `before` the earlier; a new one has no `before`, a settled one no `conflict`. `sides`
    holds the sides that someone joined or left. `reason`, `gone` (places of the earlier sides of which no sentence
    stands any more) and `related_id` are about a settled one; `related_id` also names what a new one was split from.
    """

    state: ChangeState
    conflict: Conflict | None
    before: Conflict | None
    rank: int | None
    rank_before: int | None
    sides: tuple[SideChange, ...] = ()
    edits: tuple[Edit, ...] = ()
    lane_before: Lane | None = None
    reason: SettledReason | None = None
    gone: tuple[int, ...] = ()
    related_id: str | None = None

    @property
    def shown(self) -> Conflict:
        """The later conflict, the earlier one where it is settled."""
        found = self.conflict or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between two runs, conflicts in the order of the later run, then the settled ones.

    `setup` names what else differs than the articles: settings sections, models, the program. `complete` is False
    where the earlier run did not keep which articles it saw, so that `added` and `revised` are not known.
    """

    before: Run
    after: Run
    conflicts: tuple[ConflictChange, ...] = ()
    added: tuple[Article, ...] = ()
    revised: tuple[RevisedArticle, ...] = ()
    setup: tuple[str, ...] = ()
    complete: bool = True

    def of(self, *states: ChangeState) -> tuple[ConflictChange, ...]:
        return tuple(change for change in self.conflicts if change.state in states)

    @property
    def counts(self) -> dict[str, int]:
        """How many conflicts of each state, and how many articles were added and revised."""
        counted: dict[str, int] = {state: len(self.of(state)) for state in CHANGE_STATES}
        return counted | {"added": len(self.added), "revised": len(self.revised)}
