"""The invented run of the report tests, a day later: a question is new, one grew, one lost a side, a text was edited.

Reviewers have been at it: one decision stands, one is stale, two disagree, one question is set aside.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from report_fixture import HOSTILE, Sample, article, conflict, finding, side, statement

from detector.changes import Changes, Snapshot, compare
from detector.decisions.values import EvidenceChange, ReviewState
from detector.records import Article, Decision, Outcome, RejectReason, Review, Run, SeenStatement, Statement
from detector.report import Report, build_report

MONDAY = datetime(2031, 3, 8, 6, 0, tzinfo=UTC)


def snapshot(run: Run, outcome: Outcome, articles: list[Article], statements: list[Statement]) -> Snapshot:
    heads = {one.article_id: one.revision for one in articles}
    return Snapshot(
        run=run,
        outcome=outcome,
        statements={one.statement_id: one for one in statements},
        revisions=heads,
        articles={(one.article_id, one.revision): one for one in articles},
        seen_at={(one.article_id, one.revision): datetime(2031, 3, 9, 12, 0, tzinfo=UTC) for one in articles},
    )


def changes_of(sample: Sample) -> Changes:
    """Since a run that had neither the update nor Coast Radio, and had the first text of the Orrin Post's fire story."""
    tram, toll, _, hostile = sample.outcome.conflicts
    radio = [one.article_id for one in sample.articles if one.outlet == "Coast Radio"]
    kept = [one for one in sample.statements if one.article_id not in radio]
    ids = {one.statement_id for one in kept}
    sides = tuple(
        replace(
            part,
            statement_ids=tuple(one for one in part.statement_ids if one in ids),
            outlet_ids=tuple(one for one in part.outlet_ids if one != "coast-radio"),
        )
        for part in tram.sides
    )
    post = next(one for one in sample.articles if one.title == "Fire at Weir Dock")
    first = replace(
        post,
        revision=1,
        text=post.text.replace("The fire hurt 12 people", "The fire hurt nobody").replace(
            "Eleven of 40", f"Some {HOSTILE}"
        ),
    )
    nobody = statement(first, "The fire hurt nobody, the brigade said.", speaker="the brigade")
    spoke = next(one for one in sample.statements if one.text.startswith("The fire hurt 12"))
    burnt = article("Dock Notes", "All boats were saved.", title="Boats", published="2031-03-06")
    lost = article("Evening Quay", "No boat was saved. The owner wept.", title="Lost", published="2031-03-06")
    gone = replace(lost, revision=2, text=lost.text.replace("No boat was saved. ", ""))
    saved, unsaved = statement(burnt, "All boats were saved."), statement(lost, "No boat was saved.")
    boats = conflict("Were the boats saved?", [side("All boats were saved", [saved]), side("No boat was saved", [unsaved])], [finding(saved, unsaved, 0.9)], kind="negation")  # fmt: skip
    old_toll = replace(
        toll,
        sides=tuple(
            replace(part, statement_ids=(nobody.statement_id,)) if spoke.statement_id in part.statement_ids else part
            for part in toll.sides
        ),
    )
    before = snapshot(
        replace(sample.run, run_id="run-0", started_at=MONDAY, finished_at=MONDAY),
        replace(sample.outcome, conflicts=(replace(tram, sides=sides), boats, old_toll, hostile)),
        [*(one for one in sample.articles if one.article_id not in (*radio, post.article_id)), first, burnt, lost],
        [*kept, nobody, saved, unsaved],
    )
    after = snapshot(sample.run, sample.outcome, [*sample.articles, burnt, gone], sample.statements)
    return compare(before, after)


def review(
    conflict_id: str,
    reviewer: str,
    decision: Decision,
    *,
    reason: RejectReason | None = None,
    note: str = "",
    day: int = 8,
) -> Review:
    at = datetime(2031, 3, day, 15, 0, tzinfo=UTC)
    return Review(f"{conflict_id}-{reviewer}", conflict_id, reviewer, at, decision=decision, reason=reason, note=note)


def decided(*reviews: Review, change: EvidenceChange | None = None, note: Review | None = None) -> ReviewState:
    decisions = {one.decision for one in reviews}
    return ReviewState(
        status="stale" if change else "decided",
        decision=reviews[-1].decision,
        review=reviews[-1],
        reviews=reviews,
        by_reviewer=tuple((one.reviewer, one) for one in reviews),
        disputed=len(decisions) > 1,
        change=change or EvidenceChange(),
        notes=(note,) if note else (),
    )


def states_of(sample: Sample) -> dict[str, ReviewState]:
    tram, toll, boss, hostile = (one.conflict_id for one in sample.outcome.conflicts)
    old = SeenStatement(0, "x", "orrin-post", "h", "The fire hurt nobody, the brigade said.")
    new = SeenStatement(0, "y", "orrin-post", "i", "The fire hurt 12 people, the brigade said.")
    more = SeenStatement(2, "z", "dock-notes", "j", "Around twenty were hurt, maybe more.")
    change = EvidenceChange(added=(new, more), removed=(old,), reworded=((old, new),))
    remark = replace(review(boss, "Ana", "unclear"), action="note", decision=None, note="The board calls back at noon.")
    return {
        tram: decided(review(tram, "Ana", "rejected", reason="update"), review(tram, "Ben", "confirmed", note="Minutes of the council seen.")),
        toll: decided(review(toll, "Ana", "confirmed", note="Called the brigade."), change=change),
        boss: ReviewState(reviews=(remark,), notes=(remark,)),
        hostile: decided(review(hostile, HOSTILE, "rejected", reason="not-same-matter", note=HOSTILE)),
    }  # fmt: skip


def reviewed_report() -> Report:
    sample = Sample()
    return build_report(
        run=sample.run,
        outcome=sample.outcome,
        articles=sample.articles,
        statements=sample.statements,
        changes=changes_of(sample),
        states=states_of(sample),
    )
