"""Runs of a store by name and time, and what changed between two of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from detector.changes import Changes, Snapshot, compare, seen_of
from detector.errors import InputError
from detector.records import Article, Outcome, Run
from detector.store import Store

OutcomeOf = Callable[[Run], Outcome]
_EXAMPLES = '"yesterday", "2 days ago", "2025-03-18", "08:00" or "2025-03-18T08:00Z"'


def run_named(store: Store, name: str) -> Run:
    """The run that succeeded whose id begins with `name`; "-1" is the newest, "-2" the one before it.

    Raises InputError: there is none, or more than one.
    """
    if re.fullmatch(r"-\d{1,9}", name):
        place = int(name[1:])
        found = store.arrivals.runs(skip=place - 1, limit=1) if place else []
        if not found:
            raise InputError(
                f"{name}: the store has no such run; -1 is the newest that succeeded, -2 the one before it"
            )
        return found[0]
    found = store.arrivals.runs(starting=name)
    if not name or not found:
        raise InputError(
            f"{name or 'an empty id'}: no run that succeeded has an id that begins so; `detector status` shows the newest"
        )
    if len(found) > 1 and found[0].run_id != name and found[1].run_id != name:
        raise InputError(f"{name}: more than one run has an id that begins so; give more of it")
    return next((run for run in found if run.run_id == name), found[0])


def moment_of(words: str, *, now: datetime) -> datetime:
    """The past moment that the words name, in the time zone of `now` where they name none.

    A day alone is its beginning, and so is "today"; "yesterday" is this time of yesterday. Raises InputError: the words
    name no moment, or one to come.
    """
    said = words.strip()[:100]
    if said.casefold() == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    found = _iso(said) or _in_words(said, now)
    if found is None:
        raise InputError(f"--since {words}: that is no time; expected one such as {_EXAMPLES}")
    moment = (found if found.tzinfo else found.replace(tzinfo=now.tzinfo)).astimezone(UTC)
    if moment > now:
        raise InputError(
            f"--since {words}: {moment:%Y-%m-%d %H:%M} UTC is still to come; expected a time that has passed"
        )
    return moment


def _iso(words: str) -> datetime | None:
    try:
        return datetime.fromisoformat(words) if re.match(r"\d{4}-\d\d-\d\d", words) else None
    except ValueError:
        return None


def _in_words(words: str, now: datetime) -> datetime | None:
    """Also times of day. Bare numbers, days written with slashes and days of no calendar name no one day."""
    if re.search(r"\d[/.]\d", words) or words.isdecimal():
        return None
    if re.match(r"\d{4}-\d\d-\d\d", words) and _iso(words[:10]) is None:
        return None
    import dateparser

    found: datetime | None = dateparser.parse(
        words, languages=["en"], settings={"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "past"}
    )
    return found


def run_since(store: Store, moment: datetime) -> Run | None:
    """What a report since then compares with: the last run that had succeeded by then, else the oldest one."""
    return store.arrivals.run_by(moment) or store.arrivals.first_run()


def changes_between(store: Store, before: Run, after: Run, *, outcome_of: OutcomeOf | None = None) -> Changes:
    """What is different in the later run. `outcome_of` gives what a run found, the store's own outcome without it."""
    find = outcome_of or (lambda run: store.outcome(run.run_id))
    outcomes = (find(before), find(after))
    revisions = (store.arrivals.revisions(before.run_id), store.arrivals.revisions(after.run_id))
    keys = seen_of(*revisions)
    articles = {(one.article_id, one.revision): one for one in store.arrivals.articles(keys)}
    seen_at = store.arrivals.seen_at(keys)
    snapshots = [
        _snapshot(store, run, outcome, seen, articles, seen_at)
        for run, outcome, seen in zip((before, after), outcomes, revisions, strict=True)
    ]
    return compare(*snapshots)


def _snapshot(
    store: Store,
    run: Run,
    outcome: Outcome,
    revisions: Mapping[str, int],
    articles: Mapping[tuple[str, int], Article],
    seen_at: Mapping[tuple[str, int], datetime],
) -> Snapshot:
    named = {one for conflict in outcome.conflicts for side in conflict.sides for one in side.statement_ids}
    return Snapshot(run, outcome, store.statements_by_id(named), revisions, articles, seen_at)
