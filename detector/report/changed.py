"""What changed since an earlier run and what reviewers decided, made ready to be shown beside the entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from detector.changes import Changes, ConflictChange, Edit, SettledReason
from detector.decisions.values import EvidenceChange, ReviewState
from detector.records import Review
from detector.report.values import (
    ChangedEvidence,
    Entry,
    FormerSide,
    Remark,
    Report,
    Revision,
    Settled,
    ShownChange,
    ShownChanges,
    ShownDecision,
    ShownEdit,
    ShownVote,
)
from detector.report.wording import LANE_WORDS, count_words, listed

NameOf = Callable[[str], str]
"""An outlet's name from its id."""

_WHY: dict[SettledReason, str] = {
    "merged": "It is part of another question now.",
    "withdrawn": "An article of it is kept no longer.",
    "side-gone": "What one side said does not stand there any more.",
    "edited": "Texts were changed, and what stands there now was not found to differ.",
    "not-found": "No text of it was changed: the program no longer finds or lists it.",
}


def shown_change(change: ConflictChange, labels: Mapping[int, str], name_of: NameOf) -> ShownChange:
    """What became of an entry; `labels` gives the label of each side by its place in the conflict."""
    joined = tuple(
        (labels[side.place], name_of(one)) for side in change.sides if side.place is not None for one in side.joined
    )
    left = tuple(
        ("" if side.place is None else labels[side.place], name_of(one)) for side in change.sides for one in side.left
    )
    edits = tuple(_edit(edit, name_of) for edit in change.edits)
    return ShownChange(
        state=change.state,
        rank_before=change.rank_before,
        says=tuple(_says(change, joined, left, edits)),
        joined=joined,
        left=left,
        edits=edits,
        lane_before=change.lane_before,
        related_id=change.related_id,
    )


def _says(
    change: ConflictChange,
    joined: Sequence[tuple[str, str]],
    left: Sequence[tuple[str, str]],
    edits: Sequence[ShownEdit],
) -> list[str]:
    said = []
    if change.state == "new" and change.related_id:
        said.append("Split off from a question that was there before.")
    was, now = {name: label for label, name in left}, {name: label for label, name in joined}
    for label in dict.fromkeys(label for label, _ in joined):
        names = [name for at, name in joined if at == label and name not in was]
        if names:
            said.append(f"{listed(names, most=6)} joined side {label}.")
    for name in sorted(was.keys() & now.keys(), key=str.casefold):
        from_side = f"side {was[name]}" if was[name] else "a side that is gone"
        said.append(f"{name} went from {from_side} to side {now[name]}.")
    for label in dict.fromkeys(label for label, _ in left):
        names = [name for at, name in left if at == label and name not in now]
        if names:
            said.append(f"{listed(names, most=6)} left {f'side {label}' if label else 'with a side that is gone'}.")
    if edits:
        said.append(f"{_editors(edits)} changed {'its' if len({one.outlet for one in edits}) == 1 else 'their'} text.")
    if change.lane_before is not None:
        said.append(f"It was in another list: {LANE_WORDS[change.lane_before].lower()}.")
    if change.state == "moved" and change.rank_before != change.rank:
        said.append(f"From rank {change.rank_before} to {change.rank}.")
    return said


def _editors(edits: Sequence[ShownEdit]) -> str:
    return listed(dict.fromkeys(edit.outlet for edit in edits), most=4)


def _edit(edit: Edit, name_of: NameOf) -> ShownEdit:
    return ShownEdit(edit.article, name_of(edit.article.outlet_id), edit.sentence)


def shown_changes(changes: Changes, entries: Sequence[Entry], name_of: NameOf) -> ShownChanges:
    """The part of the changes that stands with no entry."""
    ranks = {entry.conflict_id: entry.rank for entry in entries}
    return ShownChanges(
        since=changes.before,
        counts=changes.counts,
        settled=tuple(_settled(one, ranks, name_of) for one in changes.of("settled")),
        added=tuple((article, name_of(article.outlet_id)) for article in changes.added),
        revisions=tuple(
            Revision(one.after, name_of(one.after.outlet_id), one.before.revision, one.seen_at, one.sentences)
            for one in changes.revised
        ),
        setup=changes.setup,
        complete=changes.complete,
        cautions=tuple(_cautions(changes)),
    )


def _settled(change: ConflictChange, ranks: Mapping[str, int], name_of: NameOf) -> Settled:
    conflict = change.shown
    assert change.reason is not None and change.rank_before is not None
    edits = tuple(_edit(edit, name_of) for edit in change.edits)
    sides = tuple(
        FormerSide(side.position, _names(side.outlet_ids, name_of), place in change.gone)
        for place, side in enumerate(conflict.sides)
    )
    said = [_WHY[change.reason]]
    if change.reason == "side-gone":
        gone = [listed(side.outlets, most=3) for side in sides if side.gone]
        said = [f"What {listed(gone)} said does not stand there any more."]
    if edits:
        said.append(f"{_editors(edits)} changed {'its' if len({one.outlet for one in edits}) == 1 else 'their'} text.")
    return Settled(
        conflict_id=conflict.conflict_id,
        rank_before=change.rank_before,
        question=conflict.question,
        kind=conflict.kind,
        lane=conflict.lane,
        reason=change.reason,
        says=tuple(said),
        sides=sides,
        edits=edits,
        related_id=change.related_id,
        related_rank=ranks.get(change.related_id or ""),
    )


def _names(outlet_ids: Sequence[str], name_of: NameOf) -> tuple[str, ...]:
    return tuple(sorted({name_of(one) for one in outlet_ids}, key=lambda name: (name.casefold(), name)))


def _cautions(changes: Changes) -> list[str]:
    said = []
    if changes.setup:
        said.append(
            f"Not only the articles differ between the two runs: {listed(changes.setup)}. "
            "Questions may be new or gone because of that."
        )
    if not changes.complete:
        said.append("The earlier run did not keep which articles it had read: what was added or revised is not known.")
    return said


def shown_decision(state: ReviewState, ranks: Mapping[str, int], name_of: NameOf) -> ShownDecision | None:
    """The decision that stands on a conflict; None while it is open."""
    if state.status == "open" or state.review is None:
        return None
    latest = _vote(state.review)
    votes = tuple(vote for _, review in state.by_reviewer if (vote := _vote(review)))
    if latest is None:
        return None
    return ShownDecision(
        latest=latest,
        status=state.status,
        disputed=state.disputed,
        votes=votes,
        changed=_changed(state.change, name_of) if state.change and state.status == "stale" else (),
        duplicate_of=state.duplicate_of,
        duplicate_rank=ranks.get(state.duplicate_of or ""),
        folded=state.folded,
    )


def _vote(review: Review) -> ShownVote | None:
    if review.decision is None:
        return None
    return ShownVote(review.reviewer, review.decision, review.reason, review.note, review.created_at)


def _changed(change: EvidenceChange, name_of: NameOf) -> tuple[ChangedEvidence, ...]:
    """Reworded sentences first, then the others that are gone, come, or stand on another side."""
    before = {old.statement_id for old, _ in change.reworded}
    after = {new.statement_id for _, new in change.reworded}
    found = [ChangedEvidence("reworded", name_of(new.outlet_id), old.text, new.text) for old, new in change.reworded]
    found += [
        ChangedEvidence("removed", name_of(one.outlet_id), one.text, None)
        for one in change.removed
        if one.statement_id not in before
    ]
    found += [
        ChangedEvidence("added", name_of(one.outlet_id), None, one.text)
        for one in change.added
        if one.statement_id not in after
    ]
    found += [ChangedEvidence("moved", name_of(one.outlet_id), one.text, one.text) for one in change.moved]
    return tuple(found)


def remarks_of(state: ReviewState) -> tuple[Remark, ...]:
    """The notes that stand, oldest first."""
    return tuple(Remark(review.reviewer, review.created_at, review.note) for review in state.notes if review.note)


def narrowed(report: Report, keep: Callable[[Entry], bool], note: str) -> Report:
    """The report with some of its entries only, which keep their rank, and a note that says so."""
    entries = tuple(entry for entry in report.entries if keep(entry))
    ranks = {entry.rank for entry in entries}
    topics = tuple(
        replace(
            topic,
            ranks=tuple(rank for rank in topic.ranks if rank in ranks),
            publications=tuple(
                replace(one, ranks=tuple(rank for rank in one.ranks if rank in ranks)) for one in topic.publications
            ),
        )
        for topic in report.topics
    )
    left_out = len(report.entries) - len(entries)
    said = f"{note}: {count_words(len(entries), 'question')} of {len(report.entries)}." if left_out else ""
    return replace(report, entries=entries, topics=topics, notes=(*([said] if said else []), *report.notes))
